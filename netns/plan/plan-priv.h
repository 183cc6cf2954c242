/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by make.c and judge.c only. */
#ifndef RXELAB_NETNS_PLAN_PLAN_PRIV_H
#define RXELAB_NETNS_PLAN_PLAN_PRIV_H

#include "netns/plan/plan.h"

/* Up to here every pair's neighbours are made permanent at once; N = 64 took 93 ms, and beyond that
 * the table's gc_thresh3 (1024, net/ipv4/arp.c) comes near for those that are not permanent. */
#define RX_PRIME_ALL_MAX 64

/* What the netdevs of one network hang on. */
struct segment {
	char lower[IFNAMSIZ];  /* macvlans on this */
	char bridge[IFNAMSIZ]; /* veths into this */
	bool veth;
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
};

/* Decide plane, RDMA mode, parent and MTU, or refuse with the reason. */
int rx_plan_judge(struct maker *m, struct rx_err *err);
/* The netdev is this lab's own: there already when missing things are made. */
bool rx_maker_owns(const struct maker *m, const struct rx_link_info *link);
void rx_maker_warn(struct maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
