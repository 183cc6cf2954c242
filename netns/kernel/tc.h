/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a request about a qdisc or a filter; for netem.c and steer.c. */
#ifndef RXELAB_NETNS_KERNEL_TC_H
#define RXELAB_NETNS_KERNEL_TC_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

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

#endif
