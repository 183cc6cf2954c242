/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about qdiscs and filters, and lists of filters; for netem.c and steer*.c. */
#ifndef RXELAB_NETNS_KERNEL_TC_H
#define RXELAB_NETNS_KERNEL_TC_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "netns/kernel/netlink.h"

/* type: RTM_NEWQDISC and so on; parent: TC_H_ROOT, or a hook of clsact. In buffer, which stays the
 * caller's. */
static inline struct nlmsghdr *rx_tc_request(char *buffer, uint16_t type, uint16_t flags,
					     unsigned ifindex, uint32_t parent)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *body;

	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->tcm_family = AF_UNSPEC;
	body->tcm_ifindex = (int)ifindex;
	body->tcm_parent = parent;
	return request;
}

#define RX_TC_SMALL 256 /* bytes of a request that has few attributes */

struct rx_tc_place {
	unsigned hook; /* of clsact: TC_H_MIN_INGRESS or TC_H_MIN_EGRESS */
	unsigned priority;
	uint16_t protocol; /* ETH_P_*, as a number of the host */
	const char *kind;  /* "bpf", "flower" */
};

/* The beginning of a request about a filter, whose handle is 1. */
struct nlmsghdr *rx_tc_filter(char *buffer, uint16_t type, uint16_t flags, unsigned ifindex,
			      const struct rx_tc_place *place);

/* The attribute of that type in a nest (NULL: in none), or NULL. */
const struct nlattr *rx_tc_attr(const struct nlattr *nest, unsigned type);

/* Called for each filter; options: its TCA_OPTIONS. */
typedef void rx_tc_filter_fn(const char *kind, unsigned priority, const struct nlattr *options,
			     void *arg);
int rx_tc_filters(struct rx_nl *nl, unsigned ifindex, unsigned hook, rx_tc_filter_fn *fn, void *arg,
		  struct rx_err *err);

#endif
