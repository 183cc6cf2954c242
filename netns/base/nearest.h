/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean": what a mistyped word may have been. */
#ifndef RXELAB_NETNS_BASE_NEAREST_H
#define RXELAB_NETNS_BASE_NEAREST_H

/* The word of names (ends with NULL) that is nearest to word, or NULL if none is near. */
const char *rx_nearest(const char *word, const char *const names[]);

#endif
