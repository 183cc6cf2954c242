/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Latencies in buckets that are never wider than 1/64 of their value, so any percentile is right to
 * 1.6 %. */
#ifndef RXELAB_TOOLS_BENCH_HISTOGRAM_H
#define RXELAB_TOOLS_BENCH_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define RX_HISTOGRAM_SUB 64u
#define RX_HISTOGRAM_POWERS 36u /* up to 2^41 ns, 36 minutes */

struct rx_histogram {
	uint64_t count, min, max;
	uint32_t bucket[RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB];
};

void rx_histogram_add(struct rx_histogram *histogram, uint64_t value);
/* The value that this share (0 to 1) of all values does not exceed; NAN if there are none. */
double rx_histogram_at(const struct rx_histogram *histogram, double share);
/* HdrHistogram's percentile output, of nanoseconds in microseconds. */
void rx_histogram_print(const struct rx_histogram *histogram, FILE *out);

#endif
