/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef RXELAB_NETNS_VIEW_VIEW_PRIV_H
#define RXELAB_NETNS_VIEW_VIEW_PRIV_H

#include "netns/kernel/route.h"
#include "netns/ledger/ledger.h"
#include "netns/view/snapshot.h"
#include "netns/view/view.h"

/* Append a difference, "; " between two. */
void rx_view_drift(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define DRIFT(of, ...) rx_view_drift((of)->drift, sizeof((of)->drift), __VA_ARGS__)

/* What the namespace of the node before showed, taken again where the next one lives elsewhere; and
 * what init_net shows, where that is another. */
struct rx_shots {
	struct rx_snapshot own, host;
	struct rx_rule *rules; /* of init_net, where they matter; owned */
	size_t n_rules;
};

#define RX_SHOTS_NONE \
	{ \
		.own = RX_SNAPSHOT_NONE, .host = RX_SNAPSHOT_NONE, .rules = NULL \
	}

/* Endpoints are whole though RXE stays in init_net. */
bool rx_view_has_twins(const struct rx_view *view);

/* Fill node, whose want is set. index: what was made, to be compared with what is there; NULL: it
 * was made a moment ago. */
void rx_view_look_at_node(struct rx_view *view, struct rx_shots *shots,
			  const struct rx_ledger_index *index, struct rx_node_view *node);

/* What lies on the netdevs of such an endpoint, and leads to them. */
void rx_view_look_at_ways(struct rx_shots *shots, const struct rx_ledger_index *index,
			  const struct rx_node_view *node, struct rx_iface_view *view);

#endif
