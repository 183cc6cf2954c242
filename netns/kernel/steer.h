/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way in and the way out of an endpoint of the hosted plane: small eBPF programs at tc, or
 * filters of flower that do the same (docs/explanation/planes-and-rdma-modes.md has the picture).
 *
 * Three netdevs make such an endpoint: the wire's (init_net), RXE's (a dummy, init_net), and its
 * own (a macvlan on RXE's, in its namespace), which has the wire's MAC and ifindex. */
#ifndef RXELAB_NETNS_KERNEL_STEER_H
#define RXELAB_NETNS_KERNEL_STEER_H

#include "netns/kernel/rtnl.h"

/* What comes in for RXE has a mark, by which it finds its addresses: this in the upper half, below
 * it the number of the interface where that matters, in fourteen bits (kube-proxy drops 0x8000, and
 * rewrites 0x4000). */
#define RX_STEER_MARK 0x72780000u
#define RX_STEER_MASK 0xffff0000u
#define RX_STEER_NUMBERS 0x4000u

enum rx_steer_way { RX_STEER_IN, RX_STEER_OUT, RX_STEER_WAYS };

/* RoCE frames that came in by the wire's netdev for the endpoint, or that went to it to be sent,
 * before its qdisc; no others. Bytes with Ethernet's header. */
struct rx_steer_count {
	uint64_t frames, bytes;
};

enum rx_steer_kind { RX_STEER_NONE, RX_STEER_EBPF, RX_STEER_FLOWER };
const char *rx_steer_kind_name(enum rx_steer_kind kind); /* "", "ebpf", "flower" */

/* Whether the kernel takes the programs: they are loaded and forgotten. */
int rx_steer_try(struct rx_err *err);

/* What comes in by wire: RoCE for the endpoint goes to RXE's netdev, answers about neighbours to
 * both the endpoint and the wire's netdev, the rest to the endpoint. What the endpoint sends, which
 * leaves by RXE's netdev, goes out by wire. What is there
 * already is replaced. Socket of init_net. */
int rx_steer(struct rx_nl *nl, enum rx_steer_kind kind, const struct rx_link_info *wire,
	     const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err);

/* What was counted since rx_steer at the wire's netdev of that ifindex: 1; 0: nothing counts there;
 * or -errno with err filled. Socket of init_net. */
int rx_steer_counts(struct rx_nl *nl, unsigned wire, struct rx_steer_count count[RX_STEER_WAYS],
		    struct rx_err *err);

/* Take what is at tc on one of them away, whoever put it there. */
int rx_steer_end(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err);

/* Which kind is there, complete; or -errno with err filled. */
int rx_steer_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
		      const struct rx_link_info *rxe, struct rx_err *err);

#endif
