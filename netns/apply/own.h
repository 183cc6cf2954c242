/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which object is the one that an operation made, whatever its name is now. */
#ifndef RXELAB_NETNS_APPLY_OWN_H
#define RXELAB_NETNS_APPLY_OWN_H

#include "netns/apply/worker.h"
#include "netns/kernel/rtnl.h"

struct rx_own_link {
	struct rx_link_info info;
	struct rx_nl *route; /* of the namespace that it is in */
	struct rx_nl other;  /* route, where that is none of the worker's */
	bool stranger;       /* another netdev has its name and place */
};

/* The netdev that op made: with the index and the tag that were recorded, or with the tag and the
 * MAC, here or in another namespace; after a kill (certain is false) also what has name, kind and
 * MAC and no tag yet. Never what has the tag of another lab. 1: found, rx_own_link_close ends it;
 * 0: it is gone; or -errno. */
int rx_own_link(struct rx_worker *worker, const struct rx_op *op, bool certain,
		struct rx_own_link *own, struct rx_err *err);
void rx_own_link_close(struct rx_own_link *own);
/* The tag of what the worker makes. Returns buf. */
const char *rx_own_tag(const struct rx_worker *worker, char buf[RX_TAG_SIZE]);

#endif
