/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running lab as the kernel shows it now, beside what the ledger says was made.
 * inspect, verify, bench, exec, env, graph, watch and capture all read this and nothing else. */
#ifndef RXELAB_NETNS_VIEW_VIEW_H
#define RXELAB_NETNS_VIEW_VIEW_H

#include <stdint.h>

#include "netns/kernel/gid.h"
#include "netns/kernel/steer.h"
#include "netns/lab/lab.h"

/* One netdev + RXE of a node. Strings are "" and numbers 0 for what the kernel no longer has. */
struct rx_iface_view {
	const struct rx_iface *want; /* what the lab says; owned by the lab */
	const char *network;         /* its network's name */
	char netdev[IFNAMSIZ];
	/* hosted, whole: RXE's and the wire's netdev, in init_net; else "" */
	char rxe_netdev[IFNAMSIZ], wire_netdev[IFNAMSIZ];
	enum rx_steer_kind steer; /* what passes frames between those, where it is complete */
	unsigned ifindex, mtu;
	bool up; /* IFF_UP */
	char mac[18];
	/* the lab's address if the netdev has it, with prefix length; else "" */
	char ipv4[24], ipv6[56];
	char rdma_dev[RX_DEV_NAME_SIZE];
	uint32_t rdma_index;
	char uverbs[32]; /* "uverbs0" */
	dev_t uverbs_devt;
	int gid_index; /* the RoCE v2 GID of ipv4 (of ipv6 where there is no ipv4); -1: none */
	char gid[40];
	struct rx_gid *gids; /* owned */
	size_t n_gids;
	char port_state[16];     /* "ACTIVE", "DOWN", ... */
	unsigned rdma_mtu;       /* active_mtu in bytes */
	struct rx_impair impair; /* what netem does to what it sends, now */
	/* "" or what differs from what was made, e.g. "mac 02:.. instead of 02:.." */
	char drift[256];
};

struct rx_node_view {
	const struct rx_node *want;
	/* /run/netns/..., also for that of a container; "" if the endpoint has none */
	char netns[96];
	/* where its netdevs live: = netns, or "" for init_net (control: none) */
	char data_netns[96];
	char rdma_netns[96];          /* where RXE lives: = netns, or "" for init_net (hosted) */
	struct rx_iface_view *ifaces; /* owned; one for each of want->ifaces */
	size_t n_ifaces;
	char drift[256]; /* of the namespace itself */
	bool seen;       /* looked at already, by rx_view_node_made */
};

/* How much of a lab is looked at. GIDs are in sysfs alone, of which each namespace has its own; to
 * put one away waits for RCU (namespace_unlock, fs/namespace.c): half the time of a look at an
 * endpoint. */
enum rx_view_depth {
	RX_VIEW_ALL,
	RX_VIEW_WITHOUT_GIDS, /* for who opens the devices and reads their GID tables by verbs */
	/* what the ledger says alone, for who opens the devices and asks for the rest only if they
	 * fail */
	RX_VIEW_UNSEEN,
};

/* The netdev by which an interface's frames come and go, and the namespace that it is in: what is
 * to be impaired, captured and counted. Both belong to the view. */
const char *rx_view_wire(const struct rx_node_view *node, const struct rx_iface_view *iface,
			 const char **netns);

struct rx_ledger;
struct rx_worker;

struct rx_view {
	struct rx_lab lab; /* completed; owned unless lent */
	bool lab_is_lent;
	enum rx_plane plane; /* never AUTO */
	char plane_reason[256];
	enum rx_rdma_mode rdma_mode; /* as the kernel says now; never AUTO */
	char kernel[65];             /* uname -r */
	struct rx_node_view *nodes;  /* owned; endpoints first, then routers, as in lab */
	size_t n_nodes, n_endpoints;
	enum rx_view_depth depth;
	char drift[256]; /* of the lab as a whole: RDMA mode, parent */
};

/* Look at a running lab. Returns 0, -ENOENT (no such lab; the text names the nearest), or an
 * error. */
int rx_view_open(const char *lab_name, struct rx_view *view, struct rx_err *err);
/* The same, no deeper than depth. */
int rx_view_open_to(const char *lab_name, enum rx_view_depth depth, struct rx_view *view,
		    struct rx_err *err);
/* A view of a lab that is being made, in three steps: begin; then node_made for each node when it
 * is done, by the thread that did it, which has open what else would be opened again (a fifth of
 * the time of up); then finish, which looks at the rest. lab: completed, lent: it must outlive the
 * view; ledger: open, stays the caller's. */
void rx_view_begin(const struct rx_lab *lab, const struct rx_ledger *ledger, struct rx_view *view);
void rx_view_node_made(struct rx_view *view, struct rx_worker *worker, unsigned node);
void rx_view_finish(struct rx_view *view, const struct rx_ledger *ledger);
/* A view without a look at any namespace takes that look, in place. */
int rx_view_look(struct rx_view *view, struct rx_err *err);
void rx_view_close(struct rx_view *view);

/* The endpoint named in "LAB/ENDPOINT"; opens the view. *node points into it. */
int rx_view_open_endpoint(const char *operand, struct rx_view *view,
			  const struct rx_node_view **node, struct rx_err *err);
/* The same, or a lab whole ("LAB"): then *node is NULL. */
int rx_view_open_operand(const char *operand, struct rx_view *view,
			 const struct rx_node_view **node, struct rx_err *err);

/* Every interface of every node in turn:
 *     const struct rx_node_view *node = NULL;
 *     const struct rx_iface_view *iface = NULL;
 *     while (rx_view_next(view, &node, &iface)) */
bool rx_view_next(const struct rx_view *view, const struct rx_node_view **node,
		  const struct rx_iface_view **iface);
/* Whether words name this interface: "" all, a node, a network, or NODE:NETWORK. */
bool rx_view_is_named(const char *words, const struct rx_node_view *node,
		      const struct rx_iface_view *iface);

#endif
