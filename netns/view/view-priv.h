/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by view.c and node.c only. */
#ifndef RXELAB_NETNS_VIEW_VIEW_PRIV_H
#define RXELAB_NETNS_VIEW_VIEW_PRIV_H

#include "netns/ledger/ledger.h"
#include "netns/view/snapshot.h"
#include "netns/view/view.h"

/* Append a difference, "; " between two. */
void rx_view_drift(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define DRIFT(of, ...) rx_view_drift((of)->drift, sizeof((of)->drift), __VA_ARGS__)

/* Fill node, whose want is set. shot: what the namespace of the node before showed, taken anew
 * where this one lives elsewhere. index: what was made, to be compared with what is there; NULL: it
 * was made a moment ago. */
void rx_view_look_at_node(struct rx_view *view, struct rx_snapshot *shot,
			  const struct rx_ledger_index *index, struct rx_node_view *node);

#endif
