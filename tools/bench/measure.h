/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_BENCH_MEASURE_H
#define RXELAB_TOOLS_BENCH_MEASURE_H

#include "tools/bench/flow.h"

/* Run flows at once, within one window, and add a record for each. They share the processors: their
 * CPU time is divided by bytes. */
void rx_flows_run(struct rx_bench *bench, struct rx_flow *flow[], size_t n, unsigned repeat);
/* A record of a flow that was not begun, because the command was stopped. */
void rx_flow_not_run(struct rx_bench *bench, const struct rx_flow *flow, unsigned repeat);
/* A new record of this flow: what it was, and its fault. */
struct rx_bench_record *rx_flow_record(struct rx_bench *bench, const struct rx_flow *flow,
				       unsigned repeat);
/* What the record's status is, when all is filled in. A failure stays one, and has no figures; what
 * was stopped (at that rx_now(); INFINITY: it was not) before it was whole is "not run". */
void rx_flow_judge(const struct rx_flow *flow, double stopped, struct rx_bench_record *record);
/* MB/s of each interval of the whole window. What is left at its end is no whole value. */
void rx_flow_series(const struct rx_flow *flow, struct rx_bench_record *record);

#endif
