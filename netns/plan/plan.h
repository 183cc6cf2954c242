/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan: what will be done to the machine, as data. `up --dry-run` prints it, apply.c does it,
 * the ledger keeps it, and undo walks it backwards: one list, four readers. */
#ifndef RXELAB_NETNS_PLAN_PLAN_H
#define RXELAB_NETNS_PLAN_PLAN_H

#include <jansson.h>

#include "netns/lab/lab.h"
#include "netns/plan/facts.h"

#define RX_DEVICE_DIR "/dev/infiniband"
#define RX_DEVICE_CM "rdma_cm"
/* the control netdev of the hosted plane, in a container */
#define RX_CONTROL_NETDEV "rdmactl0"

enum rx_op_kind {
	RX_OP_MODULE,    /* load module name with options value */
	RX_OP_RDMA_MODE, /* RDMA namespace mode := value */
	RX_OP_NETNS_DIR, /* /run/netns as ip-netns(8) keeps it */
	RX_OP_EXPEDITE,  /* /sys/kernel/rcu_expedited := 1 for the time of the command */
	RX_OP_MTU,       /* MTU of a netdev that is not ours := mtu */
	RX_OP_MASTER,    /* a netdev that is not ours becomes a port of master */
	/* namespace name under /run/netns: a new one, or (value) that of a container */
	RX_OP_NETNS,
	RX_OP_LINK,   /* netdev name of link_kind on lower, port of master, in netns */
	RX_OP_SYSCTL, /* name := value in netns */
	RX_OP_ADDR,   /* addr on netdev name */
	RX_OP_UP,     /* netdev name up */
	RX_OP_RXE,    /* RXE name on netdev lower */
	RX_OP_MOVE,   /* RXE name from init_net into netns */
	/* wait: RXE name has an ACTIVE port and the GID of addr; value: it is to be moved there
	 * next */
	RX_OP_READY,
	RX_OP_NEIGHBOURS, /* permanent neighbours of node owner for all its peers */
	RX_OP_ROUTE,      /* addr by via on netdev name */
	RX_OP_QDISC,      /* netem on netdev name */
	RX_OP_DEV_DIR,    /* a private name (a tmpfs) in the mount namespace of process pid */
	/* the device node of RXE name (value uverbs) or of rdma_cm in there, and leave to use it */
	RX_OP_DEVICE,
	RX_OP_KINDS,
};

/* One operation. Which members count follows from the kind, above; the others are zero. */
struct rx_op {
	enum rx_op_kind kind;
	/* Order: phases one after the other; in a phase, chains overlap; in a chain, one after the
	 * other.
	 * So an operation depends on all earlier phases and on what stands before it in its
	 * chain. */
	unsigned phase, chain;
	char owner[RX_NODE_NAME_MAX + 1]; /* the node that it is for; "" for the lab or the host */
	char netns[96]; /* where the object lives: name under /run/netns, or a path; "" init_net */
	char name[128];
	char lower[IFNAMSIZ], master[IFNAMSIZ], peer[IFNAMSIZ], link_kind[12];
	unsigned vlan, mtu, metric, pid;
	uint8_t mac[6];
	struct rx_cidr addr, via;
	struct rx_impair impair;
	char value[128];
	/* Set by apply, kept by the ledger, read by undo. */
	char before[256]; /* what was there */
	unsigned ifindex;
	uint64_t inode;  /* network namespace; of a container it is known before */
	uint64_t cookie; /* the same, of one that we made (rx_ns_cookie); 0: not known */
};

struct rx_plan {
	struct rx_op *ops;                 /* owned */
	size_t n, room;
	enum rx_plane plane;               /* decided: never AUTO */
	char plane_reason[256];
	enum rx_rdma_mode rdma_mode;       /* decided: never AUTO */
	char rdma_reason[256];
	uint64_t memory;                   /* predicted, bytes */
	char warnings[4][256];
	size_t n_warnings;
};

/* Judge the lab against the machine and decide every operation. Nothing is touched. */
int rx_plan_make(const struct rx_lab *lab, const struct rx_facts *facts, struct rx_plan *plan,
		 struct rx_err *err);
void rx_plan_free(struct rx_plan *plan);
/* Add a zeroed operation; NULL when out of memory. The pointer holds until the next call. */
struct rx_op *rx_plan_add(struct rx_plan *plan, enum rx_op_kind kind, unsigned phase,
			  unsigned chain);

/* The inode of the container's namespace that operations of a node are about; 0: a namespace of its
 * own, or none. */
uint64_t rx_op_container(const struct rx_op *op);
/* Leave only the operations whose owner keep says yes to. */
void rx_plan_keep(struct rx_plan *plan, bool (*keep)(const struct rx_op *op, const void *arg),
		  const void *arg);

/* "netdev rxl12ab-1: macvlan on eth0 in rxl.quad.ep1": the line of --dry-run and -v. Returns
 * buf. */
const char *rx_op_text(const struct rx_op *op, char *buf, size_t size);
const char *rx_op_kind_name(enum rx_op_kind kind);
/* What makes two operations the same object: kind, namespace and name (and address). Returns
 * buf. */
const char *rx_op_key(const struct rx_op *op, char *buf, size_t size);

json_t *rx_op_to_json(const struct rx_op *op);
/* Returns 0 or -EBADMSG with a sentence on what is wrong. */
int rx_op_from_json(const json_t *json, struct rx_op *op, struct rx_err *err);
/* The members of to that are not as in from (null: zero now), and back: op comes in as from and
 * goes out as to. */
json_t *rx_op_changes_to_json(const struct rx_op *from, const struct rx_op *to);
int rx_op_changes_from_json(const json_t *json, struct rx_op *op, struct rx_err *err);

#endif
