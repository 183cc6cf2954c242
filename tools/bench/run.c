/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured, in which order: repeats outermost, then pairs, sizes and tests, so that RDMA
 * and TCP of one size follow each other closely and a drift of the machine hits both. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/bench/bench.h"
#include "tools/bench/cpu.h"
#include "tools/cli/output.h"
#include "tools/verbs/conn.h"
#include "tools/verbs/prime.h"

#define ATOMIC_SIZE 8u
#define GRACE 10.0        /* seconds past the duration in which the last message must complete */
#define IN_FLIGHT (8u << 20)
#define SLOW 1e6 /* bytes a second: slower is dead; RXE under emulation does 2 to 10 MB/s */
#define MOST_WARM_UP 1.0  /* seconds */
#define SLOWEST 30.0      /* seconds for a measurement of so many iterations */

struct rx_bench_record *rx_bench_add(struct rx_bench *bench)
{
	struct rx_bench_record *record;

	if (bench->n == bench->room) {
		bench->room = bench->room ? 2 * bench->room : 64;
		bench->record = realloc(bench->record, bench->room * sizeof(*bench->record));
		if (!bench->record)
			abort();
	}
	record = &bench->record[bench->n++];
	memset(record, 0, sizeof(*record));
	record->tool = "rxelab";
	record->status = "pass";
	record->average = record->peak = record->messages_per_s = record->cpu_s_per_gb = NAN;
	record->min = record->median = record->p99 = record->p999 = record->max = NAN;
	return record;
}

void rx_flow_pin(const struct rx_flow *flow, unsigned side)
{
	const struct rx_bench_parameters *p = &flow->bench->p;
	cpu_set_t set;

	if (!p->n_cpus)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)p->cpus[(2 * flow->slot + side) % p->n_cpus], &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

double rx_flow_warm_up(const struct rx_flow *flow)
{
	double duration = flow->bench->p.duration;

	if (flow->test->figure != RX_BANDWIDTH || duration <= 0)
		return 0;
	return duration / 4 < MOST_WARM_UP ? duration / 4 : MOST_WARM_UP;
}

bool rx_flow_goes_on(const struct rx_flow *flow, unsigned long sent, double started, double now)
{
	const struct rx_bench *bench = flow->bench;

	if (atomic_load(&bench->stop) || (bench->deadline > 0 && now > bench->deadline))
		return false;
	if (bench->p.duration > 0)
		return now - started < rx_flow_warm_up(flow) + bench->p.duration;
	return sent < bench->p.iterations && now - started < SLOWEST;
}

unsigned rx_flow_depth(const struct rx_flow *flow)
{
	unsigned most = IN_FLIGHT / flow->size, depth = flow->bench->p.depth;

	return depth <= most ? depth : most > 2 ? most : depth < 2 ? depth : 2;
}

double rx_flow_patience(const struct rx_flow *flow)
{
	return RX_WAIT + flow->size / SLOW;
}

double rx_flow_limit(const struct rx_flow *flow, double started)
{
	const struct rx_bench_parameters *p = &flow->bench->p;

	double goes = p->duration > 0 ? rx_flow_warm_up(flow) + p->duration : SLOWEST;

	return started + goes + GRACE + rx_flow_depth(flow) * (flow->size / SLOW);
}

/* The flow runs in a thread of its own, or pinning one would pin what comes after. */
static void *run_flow(void *arg)
{
	struct rx_flow *flow = arg;

	if (flow->transport == RX_TCP)
		rx_flow_tcp(flow);
	else
		rx_flow_rdma(flow);
	return NULL;
}

static enum rx_transport transport_of(const struct rx_bench *bench,
				      const struct rx_bench_test *test)
{
	return test->verb == RX_VERB_TCP ? RX_TCP : bench->p.transport;
}

/* NULL, or why this combination makes no sense. */
static const char *nonsense(const struct rx_flow *flow)
{
	unsigned mtu = rx_mtu_bytes(flow->port[0]->port.active_mtu);

	if (flow->transport == RX_UC && flow->test->verb >= RX_VERB_READ)
		return "UC has neither READ nor atomics";
	if (flow->transport == RX_UD && flow->test->verb != RX_VERB_SEND)
		return "UD has SEND only";
	if (flow->transport == RX_UD && flow->size > mtu)
		return "larger than the path MTU, and a UD message is one packet";
	return NULL;
}

struct rx_flow *rx_flow_new(struct rx_bench *bench, const struct rx_fabric *fabric,
			    const struct rx_bench_test *test, unsigned from, unsigned to,
			    uint32_t size)
{
	struct rx_flow *flow = calloc(1, sizeof(*flow));
	bool routed;

	if (!flow)
		abort();
	flow->bench = bench;
	flow->test = test;
	flow->transport = transport_of(bench, test);
	flow->number[0] = from;
	flow->number[1] = to;
	flow->size = test->verb == RX_VERB_ATOMIC ? ATOMIC_SIZE : size;
	if (rx_fabric_route(fabric, from, to, flow->port, &routed))
		rx_fault(&flow->fault, RX_FAULT_SKIP, 0, "not connected by the topology");
	else if (nonsense(flow))
		rx_fault(&flow->fault, RX_FAULT_SKIP, 0, "%s", nonsense(flow));
	return flow;
}

/* What arrived counts; where only the initiator knows (WRITE, READ, atomics) what it was told. */
static const struct rx_rate *rate_of(const struct rx_flow *flow)
{
	return &flow->rate[flow->rate[1].all_bytes ? 1 : 0];
}

/* By their counters: which netdevs carried at least the payload. */
static void find_path(const struct rx_flow *flow, const struct rx_reading before[2],
		      const struct rx_reading after[2], uint64_t bytes,
		      struct rx_bench_record *record)
{
	uint64_t out = after[0].netdev.tx_bytes - before[0].netdev.tx_bytes;
	uint64_t in = after[1].netdev.rx_bytes - before[1].netdev.rx_bytes;
	uint64_t lo = after[0].lo.tx_bytes - before[0].lo.tx_bytes;

	/* a READ's data flows to the one who asks */
	if (flow->test->verb == RX_VERB_READ) {
		out = after[1].netdev.tx_bytes - before[1].netdev.tx_bytes;
		in = after[0].netdev.rx_bytes - before[0].netdev.rx_bytes;
	}
	if (out >= bytes && in >= bytes)
		snprintf(record->path, sizeof(record->path), "%s > %s",
			 flow->port[0]->iface->want->netdev, flow->port[1]->iface->want->netdev);
	else if (lo >= bytes)
		snprintf(record->path, sizeof(record->path), "lo");
	else
		return;
	if (!strcmp(record->path, "lo") && !record->detail[0])
		snprintf(record->detail, sizeof(record->detail),
			 "the bytes went over lo, not over the endpoints' netdevs");
}

static void fill_counters(const struct rx_flow *flow, const struct rx_reading before[2],
			  const struct rx_reading after[2], struct rx_bench_record *record)
{
	unsigned side, i;
	const struct rx_rate *rate = rate_of(flow);

	if (!before[0].good || !before[1].good || !after[0].good || !after[1].good)
		return;
	record->counted = flow->transport != RX_TCP;
	for (side = 0; side < 2; side++)
		for (i = 0; i < RX_RXE_COUNTERS; i++)
			record->counters[side][i] = after[side].rxe[i] - before[side].rxe[i];
	find_path(flow, before, after, rate->all_bytes, record);
}

static void fill_figures(const struct rx_flow *flow, double cpu, struct rx_bench_record *record)
{
	const struct rx_rate *rate = rate_of(flow);

	if (flow->test->figure == RX_BANDWIDTH) {
		record->average = rx_rate_average(rate);
		record->peak = rx_rate_peak(rate);
		record->messages_per_s = record->average * 1e6 / flow->size;
		if (cpu >= 0 && rate->all_bytes)
			record->cpu_s_per_gb = cpu / ((double)rate->all_bytes / 1e9);
	} else if (flow->latency.count) {
		record->messages_per_s = flow->seconds > 0
						 ? (double)flow->latency.count / flow->seconds
						 : NAN;
		record->min = (double)flow->latency.min / 1e3;
		record->median = rx_histogram_at(&flow->latency, 0.5) / 1e3;
		record->p99 = rx_histogram_at(&flow->latency, 0.99) / 1e3;
		record->p999 = rx_histogram_at(&flow->latency, 0.999) / 1e3;
		record->max = (double)flow->latency.max / 1e3;
	}
}

static struct rx_bench_record *record_of(struct rx_bench *bench, const struct rx_flow *flow,
					 unsigned repeat)
{
	struct rx_bench_record *record = rx_bench_add(bench);

	record->test = flow->test;
	record->transport = flow->transport;
	record->from = flow->number[0];
	record->to = flow->number[1];
	record->size = flow->size;
	record->link = flow->link;
	record->repeat = repeat;
	if (flow->fault.kind) {
		record->status = flow->fault.kind == RX_FAULT_SKIP ? "skip" : "fail";
		snprintf(record->detail, sizeof(record->detail), "%s", flow->fault.text);
	}
	return record;
}

/* UC and UD lose without anybody being told. */
static void note_lost(const struct rx_flow *flow, struct rx_bench_record *record)
{
	unsigned long sent = atomic_load(&flow->sent),
		      got = (unsigned long)flow->rate[1].all_messages;

	if ((flow->transport == RX_UC || flow->transport == RX_UD) &&
	    flow->test->verb == RX_VERB_SEND && got < sent)
		snprintf(record->detail, sizeof(record->detail),
			 "%lu of %lu messages were lost (%.1f %%), which %s allows", sent - got,
			 sent, 100.0 * (double)(sent - got) / (double)sent,
			 rx_transport_name(flow->transport));
}

void rx_flows_run(struct rx_bench *bench, struct rx_flow *flow[], size_t n, unsigned repeat)
{
	struct rx_reading(*before)[2] = calloc(n, sizeof(*before)),
	       (*after)[2] = calloc(n, sizeof(*after));
	pthread_t *thread = calloc(n, sizeof(*thread));
	bool *started = calloc(n, sizeof(*started));
	double cpu = rx_cpu_busy();
	uint64_t all = 0;
	size_t i;

	if (!before || !after || !thread || !started)
		abort();
	for (i = 0; i < n; i++) {
		flow[i]->alone = n == 1;
		if (flow[i]->fault.kind)
			continue;
		rx_port_read(flow[i]->port[0], &before[i][0]);
		rx_port_read(flow[i]->port[1], &before[i][1]);
	}
	for (i = 0; i < n; i++)
		started[i] = !flow[i]->fault.kind &&
			     !pthread_create(&thread[i], NULL, run_flow, flow[i]);
	for (i = 0; i < n; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
	cpu = cpu >= 0 ? rx_cpu_busy() - cpu : -1;
	for (i = 0; i < n; i++)
		all += rate_of(flow[i])->all_bytes;
	for (i = 0; i < n; i++) {
		struct rx_bench_record *record = record_of(bench, flow[i], repeat);
		uint64_t own = rate_of(flow[i])->all_bytes;

		if (!started[i])
			continue;
		rx_port_read(flow[i]->port[0], &after[i][0]);
		rx_port_read(flow[i]->port[1], &after[i][1]);
		fill_counters(flow[i], before[i], after[i], record);
		fill_figures(flow[i], all ? cpu * (double)own / (double)all : -1, record);
		note_lost(flow[i], record);
	}
	free(before);
	free(after);
	free(thread);
	free(started);
}

static void progress(const struct rx_bench *bench, const struct rx_bench_test *test, uint32_t size,
		     unsigned repeat)
{
	char text[16];

	rx_progress("bench %s: %s, %s bytes, repeat %u of %u, %zu records", bench->view->lab.name,
		    test->name, rx_size_text(size, text), repeat, bench->p.repeats, bench->n);
}

/* Every ordered pair of the list, one after the other or all at once. */
static void run_cell(struct rx_bench *bench, const struct rx_bench_test *test, uint32_t size,
		     unsigned repeat)
{
	size_t most = rx_pairs_count(&bench->pairs), n = 0, i;
	struct rx_flow **flow = calloc(most + 1, sizeof(*flow));
	unsigned d;

	if (!flow)
		abort();
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
	if (bench->p.concurrent)
		rx_flows_run(bench, flow, n, repeat);
	for (i = 0; i < n; i++) {
		if (!bench->p.concurrent && !atomic_load(&bench->stop)) {
			flow[i]->slot = 0;
			rx_flows_run(bench, &flow[i], 1, repeat);
		}
		if (bench->p.perftest && !flow[i]->fault.kind && test->verb != RX_VERB_TCP) {
			struct rx_bench_record *record = record_of(bench, flow[i], repeat);

			rx_bench_perftest(bench, flow[i], record);
		}
		free(flow[i]);
	}
	free(flow);
}

bool rx_bench_limit_passed(struct rx_bench *bench)
{
	if (bench->deadline > 0 && rx_now() > bench->deadline)
		atomic_store(&bench->stop, true);
	return atomic_load(&bench->stop);
}

int rx_bench_run(struct rx_bench *bench, struct rx_err *err)
{
	unsigned repeat, size, test;
	int rc = rx_fabric_open(bench->view, &bench->fabric, err);

	if (rc)
		return rc;
	if (bench->p.compare_links)
		return rx_bench_links(bench, err);
	if (rx_prime(&bench->fabric, &bench->pairs, err))
		rx_warn("neighbours could not be primed: %s", err->text);
	for (repeat = 1; repeat <= bench->p.repeats; repeat++)
		for (size = 0; size < bench->p.n_sizes; size++)
			for (test = 0; test < rx_n_bench_tests; test++) {
				/* an atomic has one size */
				if (!bench->p.selected[test] ||
				    (rx_bench_tests[test].verb == RX_VERB_ATOMIC && size))
					continue;
				if (rx_bench_limit_passed(bench))
					return -ETIME;
				run_cell(bench, &rx_bench_tests[test], bench->p.sizes[size],
					 repeat);
			}
	return rx_bench_limit_passed(bench) ? -ETIME : 0;
}
