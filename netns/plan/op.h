/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation: what is done to the machine, as data, as text and as JSON.
 *   op.c       kinds, members, text and JSON, from tables
 *   plan.c     a list of operations; plan-priv.h: shared with judge.c and make.c
 *   facts.c    what the machine is like
 *   judge.c    what is refused, and what is left to the machine decided
 *   add.c      operations that several layers of a plan add
 *   make-hosted.c  an endpoint that is whole in the hosted plane
 *   make.c     lab + facts -> plan */
#ifndef RXELAB_NETNS_PLAN_OP_H
#define RXELAB_NETNS_PLAN_OP_H

#include <jansson.h>
#include <net/if.h>
#include <stdint.h>

#include "netns/base/error.h"
#include "netns/lab/lab.h"

#define RX_DEVICE_DIR "/dev/infiniband"
#define RX_DEVICE_CM "rdma_cm"

/* Every kind of operation: RX_OP_KIND, its rx_op_type in netns/apply/op-*.c (rx_op_kind), its name
 * in JSON, and its line of text: $member is the value, [...$member...] is left out when that is
 * empty, [...|else] has something else then. A new one is a row here and its rx_op_type. */
#define RX_OP_LIST(X) \
	/* load module name with options value */ \
	X(MODULE, module, "module", "module $name: load[ with $value]") \
	/* RDMA namespace mode := value; name "ib_core": by loading that, else "netns" */ \
	X(RDMA_MODE, rdma_mode, "rdma-mode", "RDMA namespace mode: $value") \
	/* /run/netns as ip-netns(8) keeps it */ \
	X(NETNS_DIR, netns_dir, "netns-dir", \
	  "directory $name: make it a shared mount, as ip netns does") \
	/* /sys/kernel/rcu_expedited := 1 for the time of the command */ \
	X(EXPEDITE, expedite, "expedite", "$name: 1 for the time of this command") \
	/* MTU of a netdev that is not ours := mtu */ \
	X(MTU, mtu, "mtu", "netdev $name: MTU $mtu") \
	/* a netdev that is not ours becomes a port of master */ \
	X(MASTER, master, "master", "netdev $name: port of bridge $master") \
	/* a netdev that is not ours is set up */ \
	X(RAISE, raise, "raise", "netdev $name: up, for as long as a lab needs it") \
	/* namespace name under /run/netns: a new one, or (value) that of a container */ \
	X(NETNS, netns, "netns", "namespace $name: [that of $value|add]") \
	/* netdev name of link_kind on lower, port of master, in netns; with ifindex `index`, or one
	 * \ near it that is free there and in init_net; or with that of twin in twin_netns */ \
	X(LINK, link, "link", \
	  "netdev $name: $link_kind[ id $vlan][ on $lower][ with peer $peer][ in bridge $master]" \
	  "[ mac $mac][ mtu $mtu][ index $index][ index of $twin][, in $netns]") \
	/* name := value in netns */ \
	X(SYSCTL, sysctl, "sysctl", "sysctl $name: $value[, in $netns]") \
	/* addr on netdev name; in the GID table of RXE value it is behind via on netdev twin in \
	 * twin_netns */ \
	X(ADDR, addr, "address", "netdev $name: address $addr[, in $netns]") \
	/* netdev name up; value: "arp" or "allmulticast" on as well */ \
	X(UP, up, "up", "netdev $name: up[ with $value][, in $netns]") \
	/* RXE name on netdev lower, which with twin is in init_net whatever netns is, and whose \
	 * addresses are behind those of twin in its GID table */ \
	X(RXE, rxe, "rxe", "RXE device $name: on netdev $lower[, in $netns]") \
	/* RXE name from init_net into netns */ \
	X(MOVE, move, "move", "RXE device $name: move into $netns") \
	/* wait: RXE name has an ACTIVE port and the GID of addr, on netdev lower; value: it is to \
	 * be moved there next */ \
	X(READY, ready, "ready", \
	  "RXE device $name: wait for an ACTIVE port and the GID of $addr:host[ on $lower]") \
	/* permanent neighbours of node owner for all its peers */ \
	X(NEIGHBOURS, neighbours, "neighbours", \
	  "node $owner: permanent neighbours for its peers[, in $netns]") \
	/* addr by via on netdev name, in table; value "local": it is this namespace itself */ \
	X(ROUTE, route, "route", \
	  "route to[ $value] $addr[ by $via:host] on $name[, in table $table][, in $netns]") \
	/* addr of netdev name is none of init_net's own: out of its table local */ \
	X(NOT_LOCAL, not_local, "not-local", \
	  "netdev $name: address $addr:host is not the host's own") \
	/* from addr, out by netdev name, with mark: look in table; metric is its priority */ \
	X(RULE, rule, "rule", \
	  "rule $metric: from $addr[ out by $name][ with mark $mark/$mask]: table $table") \
	/* netdev name: RoCE that comes in goes to lower, what that sends out goes by it; by \
	 * filters of flower where value says so */ \
	X(STEER, steer, "steer", \
	  "netdev $name: [$value|eBPF]: RoCE to netdev $lower with mark $mark, all else to its " \
	  "macvlan") \
	/* netem on netdev name */ \
	X(QDISC, qdisc, "qdisc", "netdev $name: netem $impair[, in $netns]") \
	/* a private name (a tmpfs) in the mount namespace of process pid */ \
	X(DEV_DIR, dev_dir, "dev-dir", "$name in the container of process $pid: a private one") \
	/* the device node of RXE name (value uverbs) or of rdma_cm in there, with permission \
	 * to use it */ \
	X(DEVICE, device, "device", \
	  "device node of $name: into the container of process $pid, with permission to use it")

#define RX_OP_KIND(kind, ...) RX_OP_##kind,
enum rx_op_kind { RX_OP_LIST(RX_OP_KIND) RX_OP_KINDS };
#undef RX_OP_KIND

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
	char twin[IFNAMSIZ], twin_netns[96];
	unsigned vlan, mtu, index, metric, table, mark, mask, pid;
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

/* The inode of the container's namespace that operations of a node are about; 0: a namespace of its
 * own, or none. */
uint64_t rx_op_container(const struct rx_op *op);
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
