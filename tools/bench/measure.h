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

#endif
