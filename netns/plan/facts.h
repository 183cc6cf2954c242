/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine is like, found by looking and by probing behaviour, never by version number. */
#ifndef RXELAB_NETNS_PLAN_FACTS_H
#define RXELAB_NETNS_PLAN_FACTS_H

#include <sys/types.h>

#include "netns/kernel/route.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/steer.h"
#include "netns/lab/lab.h"

/* A container that an endpoint lives in, as it runs now (tools/lab/container.c finds it). */
struct rx_container_fact {
	pid_t pid;       /* of its first process; 0: only a namespace is known */
	uint64_t inode;  /* of its network namespace; 0: it does not run */
	char netns[128]; /* the namespace's file */
	bool own_dev;    /* it has a mount namespace of its own, so a /dev too */
};

struct rx_op;

struct rx_facts {
	char kernel[65]; /* uname -r, for people; no decision reads it */
	/* from kmod-helpers/probe.c */
	bool netns_plane; /* RXE inside a namespace opens its UDP 4791 socket there */
	char netns_plane_reason[200];
	bool can_move; /* exclusive mode moves devices (a try, when it was needed) */
	bool move_tried;
	/* a device that was moved has no QP1 any more (docs/dev/upstream/qp1-index.md) */
	bool move_loses_gsi;
	/* exclusive mode: the device is born in the netdev's namespace, no move */
	bool born_in_netns;
	/* from kmod-helpers/host.c, in the hosted plane */
	enum rx_steer_kind steer;
	char steer_reason[240]; /* "" or why it is flower */
	/* from kmod-helpers/host.c */
	unsigned gid_table;    /* entries of the devices' GID tables; 0: 1,024, as RXE has them */
	bool born_with_task;   /* exclusive mode: it is born in the namespace of who asks for it */
	bool rdma_mode_chosen; /* this lab took exclusive mode by itself */
	/* from netns/plan/facts.c */
	enum rx_rdma_mode rdma_mode; /* the mode now */
	bool rdma_mode_fixed;        /* other namespaces exist: the kernel will not change it */
	char rdma_mode_holder[160];  /* the first of them, in words */
	unsigned namespaces;         /* network namespaces of the host, init_net included */
	uint64_t mem_available;      /* bytes, MemAvailable */
	unsigned uverbs_used;        /* RDMA devices there are already */
	char rdma_foreign[64];       /* one that is not rxelab's; "": there is none */
	size_t present; /* RXE devices of this very lab that are there (up on a lab that is up) */
	struct rx_link_info *links; /* of init_net; owned */
	size_t n_links;
	struct rx_addr_info *addrs; /* of init_net; owned */
	size_t n_addrs;
	struct rx_rule *rules; /* of init_net, both families; owned */
	size_t n_rules;
	bool no_ipv6;   /* not in the kernel, or disabled when it was booted */
	bool rp_filter; /* init_net asks of what comes in that it came by its way back (conf/all) */
	/* of netdevs that are not theirs, what labs have changed and want (the host's ledger);
	 * owned */
	struct rx_op *wants;
	size_t n_wants;
	struct rx_container_fact *containers; /* one for each node of the lab, or NULL; owned */
	const char *only; /* the node whose container was looked for; NULL: all were */
};

/* Fill what needs no probing. rdma: an open NETLINK_RDMA socket, or NULL when InfiniBand is not
 * loaded. */
int rx_facts_gather(struct rx_nl *route, struct rx_nl *rdma, struct rx_facts *facts,
		    struct rx_err *err);
void rx_facts_free(struct rx_facts *facts);

/* Who holds a network namespace other than ours, in words; never empty. false: nobody that can be
 * seen. */
bool rx_facts_namespace_holder(char *holder, size_t size);

/* The netdev of that name, or of that index; NULL. */
const struct rx_link_info *rx_facts_link(const struct rx_facts *facts, const char *name);
const struct rx_link_info *rx_facts_link_index(const struct rx_facts *facts, unsigned ifindex);
/* The VLAN netdev with that id on the netdev of that index; NULL. */
const struct rx_link_info *rx_facts_vlan(const struct rx_facts *facts, unsigned lower,
					 unsigned vlan);
/* An address of the netdev that is no link-local one; NULL. */
const struct rx_addr_info *rx_facts_address(const struct rx_facts *facts, unsigned ifindex);

/* What a lab is made of, as far as memory is concerned. */
struct rx_load {
	size_t devices;        /* RXE devices, each with a netdev */
	size_t own_namespaces; /* that the lab makes */
	unsigned namespaces;   /* of the host before, init_net included */
	enum rx_rdma_mode mode;
	bool without_gsi; /* the devices lose their QP1, and its buffers */
	unsigned gids;    /* entries of a device's GID table; 0: 1,024 */
};

/* Memory that a lab will take, bytes: the rule and its source are in facts.c and
 * docs/explanation/memory-and-time.md. */
uint64_t rx_predict_memory(const struct rx_load *load);

/* A line of /proc/meminfo, in bytes; 0: there is none of that name. */
uint64_t rx_meminfo(const char *name);

#endif
