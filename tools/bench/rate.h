/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes over time: the average, and the best whole interval. */
#ifndef RXELAB_TOOLS_BENCH_RATE_H
#define RXELAB_TOOLS_BENCH_RATE_H

#include <stdint.h>

#define RX_INTERVAL 0.1   /* seconds */

struct rx_rate {
	double start, last;          /* seconds; where counting begins, of the last completion */
	uint64_t bytes, messages;    /* since start */
	uint64_t all_bytes, all_messages;
	uint64_t interval, interval_bytes, best;
	unsigned whole;              /* intervals that were looked at */
};

/* Counting begins warm_up seconds after now. */
void rx_rate_start(struct rx_rate *rate, double now, double warm_up);
void rx_rate_add(struct rx_rate *rate, double now, uint64_t bytes, uint64_t messages);
/* MB/s (10^6 bytes); NAN where nothing was measured: peak needs two whole intervals, and one as
 * fast as the average (what came last, in no whole one, may have been faster). */
double rx_rate_average(const struct rx_rate *rate);
double rx_rate_peak(const struct rx_rate *rate);

#endif
