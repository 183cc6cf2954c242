/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What netem is asked for, with the units that tc(8) has. */
#ifndef RXELAB_NETNS_BASE_IMPAIR_H
#define RXELAB_NETNS_BASE_IMPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/base/error.h"
#include "netns/base/position.h"

/* A member that is 0 was not asked for. */
struct rx_impair {
	uint64_t delay_us, jitter_us;
	double loss, duplicate, reorder, corrupt; /* per cent, 0..100 */
	uint64_t rate_bps;                        /* bits a second */
	struct rx_pos pos;
};

bool rx_impair_any(const struct rx_impair *impair);
/* Parse one value into *impair. key: delay, jitter, loss, duplicate, reorder, corrupt, rate. */
int rx_impair_parse(const char *key, const char *value, struct rx_impair *impair,
		    struct rx_err *err);
/* Jitter and reordering need a delay; what: the start of the sentence. RX_USAGE. */
int rx_impair_judge(const struct rx_impair *impair, const char *what, struct rx_err *err);
/* "delay 2ms loss 1%" with " " and " ", "delay: 2ms, loss: 1%" with ": " and ", "; "" if nothing
 * is asked for. Returns buf. */
const char *rx_impair_join(const struct rx_impair *impair, const char *colon, const char *comma,
			   char *buf, size_t size);
const char *rx_impair_text(const struct rx_impair *impair, char *buf, size_t size);

#endif
