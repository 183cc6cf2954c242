/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a flow is carried. */
#ifndef RXELAB_TOOLS_BENCH_ENGINE_H
#define RXELAB_TOOLS_BENCH_ENGINE_H

#include "tools/bench/flow.h"

struct rx_engine {
	const char *name;
	/* Everything before the first byte, kept in flow->own. 0, or -1 with flow->fault filled. */
	int (*open)(struct rx_flow *flow);
	/* Fills flow->fault, rate, latency, seconds. */
	void (*run)(struct rx_flow *flow);
	void (*close)(struct rx_flow *flow); /* also after an open that failed */
};

extern const struct rx_engine rx_engine_tcp, rx_engine_rdma_bandwidth, rx_engine_rdma_latency,
	rx_engine_rdma_paced;

#endif
