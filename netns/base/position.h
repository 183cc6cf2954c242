/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_NETNS_BASE_POSITION_H
#define RXELAB_NETNS_BASE_POSITION_H

/* Where something stands in a text; line 0: it came from elsewhere. Both count from 1. */
struct rx_pos {
	unsigned line, column;
};

#endif
