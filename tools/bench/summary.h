/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repeats of the same measurement put together: median and range. */
#ifndef RXELAB_TOOLS_BENCH_SUMMARY_H
#define RXELAB_TOOLS_BENCH_SUMMARY_H

#include "tools/bench/bench.h"

/* Median and range of one figure over the repeats that have it; NAN where none does. */
struct rx_spread {
	double median, low, high;
	size_t n;
};

struct rx_spread rx_spread_of(double *values, size_t n); /* sorts them */

struct rx_summary {
	/* stands for all: same test, tool, transport, pair, link, size */
	const struct rx_bench_record *first;
	size_t repeats, passed, failed;
	struct rx_spread spread[RX_FIGURES];
	const char *note;   /* the first detail; "" */
	const char *status; /* of the repeat whose detail that is */
};

/* One for each kind of measurement, in the order of the first records; the caller frees. */
struct rx_summary *rx_summarise(const struct rx_bench *bench, size_t *n);
/* Of the same test and tool, at the same size: what one picture or map has. */
bool rx_same_kind(const struct rx_bench_record *a, const struct rx_bench_record *b);
bool rx_first_of_kind(const struct rx_summary *list, size_t i);
/* The figure that its test is about. */
const struct rx_spread *rx_figure_of(const struct rx_summary *summary);
/* "RC", "RC perftest" */
const char *rx_by(const struct rx_bench_record *record, char buf[48]);
/* "write-bw RC", and what tells it from the others: the link, or the pair if there are several. */
void rx_plot_title(const struct rx_bench *bench, const struct rx_bench_record *record, char *buf,
		   size_t size);
/* Jain's index of the bandwidths of one test and size over its pairs: 1 all alike, 1/n one has all.
 * A pair that only failed has none. NAN for fewer than two pairs. */
double rx_fairness(const struct rx_summary *list, size_t n, const struct rx_summary *like);

#endif
