/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Impairments: the netem qdisc at a netdev's root, by rtnetlink. */
#ifndef RXELAB_NETNS_KERNEL_NETEM_H
#define RXELAB_NETNS_KERNEL_NETEM_H

#include "netns/base/impair.h"
#include "netns/kernel/netlink.h"

/* Packets that netem may hold. Its default of 1,000 drops at the tail under a delay, and one packet
 * dropped in the sender's own qdisc kills an RC queue pair at once (status 5), so this is far above
 * any window. */
#define RX_NETEM_LIMIT 1000000

/* Put netem on the netdev in place of what its root qdisc is. libnl-route's netem knows neither
 * rate nor 64-bit delays, so this is encoded here (struct tc_netem_qopt and TCA_NETEM_*,
 * include/uapi/linux/pkt_sched.h). */
int rx_netem_set(struct rx_nl *nl, unsigned ifindex, const char *netdev,
		 const struct rx_impair *impair, struct rx_err *err);
/* Back to the kernel's default qdisc; 0 also when there was no netem. */
int rx_netem_clear(struct rx_nl *nl, unsigned ifindex, const char *netdev, struct rx_err *err);

/* A netem qdisc that is there, with what the kernel counted since it was set. */
struct rx_netem_info {
	unsigned ifindex;
	struct rx_impair impair;
	uint32_t limit;            /* packets */
	uint64_t bytes, packets;   /* sent on */
	uint32_t dropped, backlog; /* packets lost by it; packets it holds now */
};
/* All netem qdiscs of the namespace; *list is owned by the caller. */
int rx_netem_list(struct rx_nl *nl, struct rx_netem_info **list, size_t *n, struct rx_err *err);

#endif
