/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wanted of the figures: bounds (--expect), and no worse than an earlier run
 * (--baseline). */
#ifndef RXELAB_TOOLS_BENCH_EXPECT_H
#define RXELAB_TOOLS_BENCH_EXPECT_H

#include <jansson.h>

#include "tools/bench/summary.h"

/* "write-bw>=30,send-lat<=200": bandwidths in MB/s, latencies (medians) in microseconds, of tests
 * that are selected. Judges the words; RX_USAGE. NULL is good. */
int rx_expect_judge(const char *text, const struct rx_bench_parameters *p, struct rx_err *err);
/* Tells each pair and size that does not hold what was expected, and returns how many. One that was
 * not measured does not hold. */
unsigned rx_expect_count(const char *text, const struct rx_bench *bench);

/* The results of an earlier run, as bench --format json printed them. NULL: they cannot be read
 * (RX_USAGE). The caller calls json_decref. */
json_t *rx_baseline_load(const char *file, struct rx_err *err);
/* Tells each measurement that is worse now, beyond the spread of both runs and by 10 %, or that is
 * not measured any more; then what else keeps the runs from being compared. Returns how many are
 * worse; that no measurement is common to both counts as one. */
unsigned rx_baseline_count(const json_t *earlier, const struct rx_bench *bench);
/* Whether values are worse than they were. */
bool rx_is_worse(const struct rx_spread *then, const struct rx_spread *now, enum rx_figure figure);

#endif
