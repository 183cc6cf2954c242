/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured, in which order: repeats outermost, then pairs, sizes and tests, so that RDMA
 * and TCP of one size follow each other closely and a drift of the machine hits both. */
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/bench/measure.h"
#include "tools/cli/output.h"
#include "tools/verbs/prime.h"

static void progress(const struct rx_bench *bench, const struct rx_bench_test *test, uint32_t size,
		     unsigned repeat)
{
	char text[16];

	rx_progress("bench %s: %s, %s bytes, repeat %u of %u, %zu records", bench->view->lab.name,
		    test->name, rx_size_text(size, text), repeat, bench->p.repeats, bench->n);
}

static void run_alone(struct rx_bench *bench, struct rx_flow *flow, unsigned repeat)
{
	bool beside = bench->p.perftest && !flow->fault.kind && flow->transport != RX_TCP;

	flow->slot = 0;
	if (rx_bench_stopped(bench))
		rx_flow_not_run(bench, flow, repeat);
	else
		rx_flows_run(bench, &flow, 1, repeat);
	if (beside) {
		/* our own is not perftest's */
		memset(&flow->fault, 0, sizeof(flow->fault));
		rx_bench_perftest(bench, flow, rx_flow_record(bench, flow, repeat));
	}
}

/* Every ordered pair of the list, one after the other or all at once. */
static void run_cell(struct rx_bench *bench, const struct rx_bench_test *test, uint32_t size,
		     unsigned repeat)
{
	size_t most = rx_pairs_count(&bench->pairs), n = 0, i;
	struct rx_flow **flow = rx_alloc(most + 1, sizeof(*flow));
	unsigned d;

	progress(bench, test, size, repeat);
	for (i = 0; i < bench->pairs.n; i++)
		for (d = 0; d < 2; d++) {
			const struct rx_pair *pair = &bench->pairs.pair[i];

			if (pair->directions & (d ? RX_BACKWARD : RX_FORWARD)) {
				flow[n] = rx_flow_new(bench, &bench->fabric, test,
						      d ? pair->b : pair->a, d ? pair->a : pair->b,
						      size);
				flow[n]->slot = (unsigned)n;
				n++;
			}
		}
	if (bench->p.concurrent && !rx_bench_stopped(bench)) {
		rx_flows_run(bench, flow, n, repeat);
	} else {
		for (i = 0; i < n; i++)
			run_alone(bench, flow[i], repeat);
	}
	for (i = 0; i < n; i++)
		rx_flow_free(flow[i]);
	free(flow);
}

int rx_bench_run(struct rx_bench *bench, struct rx_err *err)
{
	unsigned repeat, size, test;

	rx_fabric_open(bench->view, &bench->fabric);
	if (bench->p.compare_links)
		return rx_bench_links(bench);
	if (rx_prime(&bench->fabric, &bench->pairs, err))
		rx_warn("neighbours could not be primed: %s", err->text);
	for (repeat = 1; repeat <= bench->p.repeats; repeat++)
		for (size = 0; size < bench->p.n_sizes; size++)
			for (test = 0; test < rx_n_bench_tests; test++) {
				/* an atomic has one size */
				if (!bench->p.selected[test] ||
				    (rx_bench_tests[test].verb == RX_VERB_ATOMIC && size))
					continue;
				run_cell(bench, &rx_bench_tests[test], bench->p.sizes[size],
					 repeat);
			}
	return 0;
}
