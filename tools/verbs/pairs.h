/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which endpoints talk to which: --pairs as data, in an order that lets disjoint pairs run at
 * once. */
#ifndef RXELAB_TOOLS_VERBS_PAIRS_H
#define RXELAB_TOOLS_VERBS_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/view/view.h"

#define RX_FORWARD 1u  /* a to b */
#define RX_BACKWARD 2u /* b to a */
#define RX_BOTH (RX_FORWARD | RX_BACKWARD)
#define RX_ANY_NETWORK 0
#define RX_DIRECTION(d) (1u << (d)) /* of a meeting: 0 is forward, 1 backward */

struct rx_pair {
	unsigned a, b;       /* endpoints by number, a < b */
	unsigned directions; /* RX_FORWARD, RX_BACKWARD */
	unsigned network;    /* one of the lab's, from 1; RX_ANY_NETWORK: the first common one */
};

struct rx_pairs {
	struct rx_pair *pair; /* owned */
	size_t n;
	bool given; /* the user chose them */
};

/* Judge the grammar alone: all, ring, star, random:K, A:B,... (before the machine is looked at).
 * NULL: all. */
int rx_pairs_judge(const char *text, struct rx_err *err);
/* The pairs themselves; an unknown name is RX_USAGE. all: a round-robin tournament. */
int rx_pairs_make(const char *text, const struct rx_view *view, struct rx_pairs *pairs,
		  struct rx_err *err);
/* Each pair once for every network that both endpoints are on, so that each carries traffic of its
 * own; only: for this network alone, unless it is RX_ANY_NETWORK. Pairs without a common one stay
 * as they are, or go where a network was chosen. */
void rx_pairs_spread(struct rx_pairs *pairs, const struct rx_view *view, unsigned only);
/* The number of this network of the lab, for the above; NULL: RX_ANY_NETWORK. An unknown name is
 * RX_USAGE. */
int rx_pairs_network(const char *name, const struct rx_view *view, unsigned *network,
		     struct rx_err *err);
void rx_pairs_free(struct rx_pairs *pairs);
/* How many ordered pairs. */
size_t rx_pairs_count(const struct rx_pairs *pairs);

#endif
