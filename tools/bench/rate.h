/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes over time, within a window that all flows at once have in common. What completes at one
 * instant has flowed evenly since the completion before: so a part of a large message counts where
 * the window begins or ends in its midst, and the peak is no whole number of messages. */
#ifndef RXELAB_TOOLS_BENCH_RATE_H
#define RXELAB_TOOLS_BENCH_RATE_H

#include <stddef.h>
#include <stdint.h>

#define RX_INTERVAL 0.1 /* seconds */

/* Seconds of rx_now(). Work begins, counting begins, counting and posting end. */
struct rx_window {
	double began, start;
	double end; /* INFINITY: with the last message */
};

struct rx_rate {
	struct rx_window window;
	double last;  /* of the last completion; first: when work began */
	double bytes; /* within the window */
	uint64_t all_bytes, all_messages;
	uint64_t interval;
	double interval_bytes, best;
	unsigned whole; /* intervals that were looked at */
	double *series; /* owned: bytes of each interval of the window */
	size_t n_series;
};

void rx_rate_start(struct rx_rate *rate, const struct rx_window *window);
void rx_rate_free(struct rx_rate *rate);
void rx_rate_add(struct rx_rate *rate, double now, uint64_t bytes, uint64_t messages);
/* MB/s (10^6 bytes); NAN where nothing was measured. The average is over the whole window, whenever
 * the last byte came. The peak is that of the best whole interval of 0.1 s; it needs two, and one
 * as fast as the average. */
double rx_rate_average(const struct rx_rate *rate);
double rx_rate_peak(const struct rx_rate *rate);

#endif
