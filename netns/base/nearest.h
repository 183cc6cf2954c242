/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who mistyped a word may have meant. */
#ifndef RXELAB_NETNS_BASE_NEAREST_H
#define RXELAB_NETNS_BASE_NEAREST_H

#include <stddef.h>

/* " (did you mean "NEAREST"?)" for the end of a sentence, or "" where none of names (NULL at its
 * end) is near. Returns buf. */
const char *rx_did_you_mean(const char *word, const char *const names[], char *buf, size_t size);

#endif
