/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way in and the way out of an endpoint of the hosted plane: small eBPF programs at tc
 * (docs/explanation/planes-and-rdma-modes.md has the picture).
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

/* What comes in by wire: RoCE for the endpoint goes to RXE's netdev, answers about neighbours to
 * both the endpoint and the wire's netdev, the rest to the endpoint. What the endpoint sends, which
 * leaves by RXE's netdev, goes out by wire. Both are replaced where they are there already. Socket
 * of init_net. */
int rx_steer(struct rx_nl *nl, const struct rx_link_info *wire, const struct rx_link_info *rxe,
	     uint32_t mark, struct rx_err *err);

/* Take what is at tc on one of them away, whoever put it there. */
int rx_steer_end(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err);

/* Whether both are there, by their names. 1, 0 or -errno with err filled. */
int rx_steer_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
		      const struct rx_link_info *rxe, struct rx_err *err);

#endif
