/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by add.c, make.c, make-hosted.c and judge.c only. */
#ifndef RXELAB_NETNS_PLAN_PLAN_PRIV_H
#define RXELAB_NETNS_PLAN_PLAN_PRIV_H

#include "netns/plan/plan.h"

/* Up to here every pair's neighbours are made permanent at once; N = 64 took 93 ms, and beyond that
 * the table's gc_thresh3 (1024, net/ipv4/arp.c) comes near for those that are not permanent. */
#define RX_PRIME_ALL_MAX 64

/* All that makes a node is one chain: its worker is in the node's namespace and has its sockets,
 * and of what a node waits for (RCU, mostly) nothing has to wait for another node. */
enum { PHASE_HOST = RX_PHASE_HOST, PHASE_SEGMENT, PHASE_NODE };

#define TEXT(to, ...) snprintf(to, sizeof(to), __VA_ARGS__)

/* What the netdevs of one network hang on. */
struct segment {
	char lower[IFNAMSIZ];  /* macvlans on this */
	char bridge[IFNAMSIZ]; /* veths into this */
	bool veth;
	unsigned mtu; /* of what is below, where the host has it; 0: not known */
};

struct maker {
	const struct rx_lab *lab;
	const struct rx_facts *facts;
	struct rx_plan *plan;
	const struct rx_link_info *parent; /* NULL: none */
	struct segment *segments;
	struct rx_routes *routes;
	unsigned hash; /* the lab's four hex digits */
	unsigned mtu;  /* of the endpoints' netdevs; 0: the kernel's choice */
	bool raise_mtu;
	bool parent_taken; /* an untagged network has it */
	/* the hosted plane with whole endpoints: netdevs in namespaces, RXE beside them in init_net
	 */
	bool twins;
	bool isolated;         /* and RXE's device is in the endpoint's namespace, by the helper */
	unsigned first_number; /* of its tables and netdevs */
	unsigned first_mark;   /* of its interfaces, where each has one of its own; 0: none has */
};

/* Decide plane, RDMA mode, parent and MTU, or refuse with the reason. */
int rx_plan_judge(struct maker *m, struct rx_err *err);
/* The netdev is this lab's own: there already when missing things are made. */
bool rx_maker_owns(const struct maker *m, const struct rx_link_info *link);
/* The bridge that labs share and that the netdev is a port of; NULL. */
const struct rx_link_info *rx_maker_shared_bridge(const struct maker *m,
						  const struct rx_link_info *port);
/* One more operation; the pointer holds until the next. */
struct rx_op *rx_maker_add(struct maker *m, enum rx_op_kind kind, unsigned phase, unsigned chain,
			   const char *owner);
/* The same of node number chain, and of what lies on its netdevs. */
struct rx_op *rx_maker_node(struct maker *m, enum rx_op_kind kind, unsigned chain);
struct rx_op *rx_maker_up(struct maker *m, unsigned phase, unsigned chain, const char *owner,
			  const char *netns, const char *netdev);
void rx_maker_sysctl(struct maker *m, unsigned chain, const char *netns, const char *value,
		     const char *fmt, const char *netdev);
void rx_maker_addr(struct maker *m, unsigned chain, const char *netns, const char *netdev,
		   const struct rx_cidr *addr);
/* A netdev of the network, called name, where it belongs: a macvlan or a veth in netns. */
struct rx_op *rx_maker_netdev(struct maker *m, unsigned chain, const struct rx_iface *iface,
			      const char *netns, const char *name);
/* make-hosted.c: the lab's own, and one interface of an endpoint that is whole though RXE stays in
 * init_net; the routes of node i by gateways, for RXE. */
void rx_maker_hosted_lab(struct maker *m);
void rx_maker_hosted_iface(struct maker *m, unsigned chain, const struct rx_iface *iface);
void rx_maker_hosted_route(struct maker *m, unsigned chain, const struct rx_iface *iface,
			   const struct rx_op *route);
void rx_maker_warn(struct maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
