/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: routes, and the rules that say which table is asked. Every function works in the
 * namespace that its socket was opened in. */
#ifndef RXELAB_NETNS_KERNEL_ROUTE_H
#define RXELAB_NETNS_KERNEL_ROUTE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/base/address.h"
#include "netns/kernel/netlink.h"

#define RX_TABLE_MAIN 254  /* RT_TABLE_MAIN */
#define RX_TABLE_LOCAL 255 /* RT_TABLE_LOCAL */

struct rx_route_spec {
	struct rx_cidr to;      /* what is beyond the prefix is left out */
	struct rx_cidr gateway; /* family 0: on the link */
	unsigned ifindex;
	unsigned metric;  /* 0: the kernel's choice */
	uint32_t table;   /* 0: main */
	bool local;       /* what is sent there is for this namespace itself */
	uint8_t protocol; /* who put it there, RTPROT_...; 0: RTPROT_STATIC */
};

/* Returns 0 or -errno with err filled: -EEXIST when there is one like it. */
int rx_route_add(struct rx_nl *nl, const struct rx_route_spec *route, struct rx_err *err);
/* -ESRCH: there is none like it. */
int rx_route_delete(struct rx_nl *nl, const struct rx_route_spec *route, struct rx_err *err);
/* All routes of both families, in all tables; *list is owned by the caller. */
int rx_route_list(struct rx_nl *nl, struct rx_route_spec **list, size_t *n, struct rx_err *err);
/* Whether that route is what was wanted: its metric and gateway count where one was wanted. */
bool rx_route_is(const struct rx_route_spec *route, const struct rx_route_spec *wanted);

/* "What is from there, leaves by that netdev and has that mark asks this table." */
struct rx_rule {
	struct rx_cidr from; /* the family counts always; prefix 0: from everywhere */
	char oif[IFNAMSIZ];  /* "": any; a rule may name a netdev that is not there */
	uint32_t mark, mask; /* of what is marked, these bits are asked; mask 0: nothing */
	uint32_t table;
	unsigned priority; /* rules are asked in this order, those of one priority as they came */
};

/* -EEXIST when there is one like it, and -ENOENT when there is none. */
int rx_rule_add(struct rx_nl *nl, const struct rx_rule *rule, struct rx_err *err);
int rx_rule_delete(struct rx_nl *nl, const struct rx_rule *rule, struct rx_err *err);
/* All rules of both families; *list is owned by the caller. */
int rx_rule_list(struct rx_nl *nl, struct rx_rule **list, size_t *n, struct rx_err *err);
bool rx_rule_is(const struct rx_rule *rule, const struct rx_rule *wanted);

#endif
