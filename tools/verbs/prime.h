/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours. A cold one costs 1 s for each QP (ib_core's resolver sleeps its whole second), and
 * more than about 1,000 learnt ones overflow the neighbour table (gc_thresh3). `up` primes all
 * pairs of up to RX_PRIMED endpoints. */
#ifndef RXELAB_TOOLS_VERBS_PRIME_H
#define RXELAB_TOOLS_VERBS_PRIME_H

#include "netns/kernel/rtnl.h"
#include "tools/verbs/fabric.h"
#include "tools/verbs/pairs.h"

#define RX_PRIMED 64

/* A permanent entry for each address of peer, on port's netdev. Returns how many. */
size_t rx_neighbours(const struct rx_port *port, const struct rx_iface *peer,
		     struct rx_neigh_spec list[2]);

/* Make permanent neighbour entries for the pairs that are going to be used, where `up` made
 * none. */
int rx_prime(const struct rx_fabric *fabric, const struct rx_pairs *pairs, struct rx_err *err);

/* The same for one IPv6 GID. */
void rx_prime_gid(struct rx_port *port, const union ibv_gid *gid, const uint8_t mac[6]);

#endif
