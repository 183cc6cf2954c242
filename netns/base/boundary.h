/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a kill can fall: tests that kill us everywhere count these places and stop at the K-th. */
#ifndef RXELAB_NETNS_BASE_BOUNDARY_H
#define RXELAB_NETNS_BASE_BOUNDARY_H

/* Called at every boundary, when set; while it is set, apply works with one thread, so that the
 * K-th boundary is the same one in every run. where: "before intent: netdev rxl..-1: macvlan on
 * eth0". */
extern void (*rx_boundary_hook)(const char *where);

/* The caller is between two changes. Costs nothing when no hook is set. */
void rx_boundary(const char *where);

#endif
