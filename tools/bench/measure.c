/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/measure.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/bench/engine.h"

struct rx_bench_record *rx_bench_add(struct rx_bench *bench)
{
	struct rx_bench_record *record = rx_array_add(&bench->record, &bench->n,
						      sizeof(*bench->record));

	record->tool = "rxelab";
	record->status = "pass";
	for (int i = 0; i < RX_FIGURES; i++)
		record->figure[i] = NAN;
	return record;
}

void rx_bench_detail(struct rx_bench_record *record, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(record->detail, sizeof(record->detail), fmt, ap);
	va_end(ap);
	for (char *at = record->detail; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
}

static const struct rx_engine *engine_of(const struct rx_flow *flow)
{
	if (flow->transport == RX_TCP)
		return &rx_engine_tcp;
	return flow->test->figure == RX_BANDWIDTH ? &rx_engine_rdma_bandwidth
						  : &rx_engine_rdma_latency;
}

/* Busy seconds of all processors since boot: RXE works in kernel threads and softirqs that no
 * process is charged for, so the machine is asked (/proc/stat, all but idle and iowait). -1 if it
 * does not say. */
static double cpu_busy(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	char line[256];

	if (rx_file_read("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
		   &idle, &iowait, &irq, &softirq, &steal) != 8)
		return -1;
	return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}

/* The flow runs in a thread of its own, or pinning one would pin what comes after. */
static void *run_flow(void *arg)
{
	struct rx_flow *flow = arg;
	const struct rx_engine *engine = engine_of(flow);

	if (!engine->open(flow))
		engine->run(flow);
	engine->close(flow);
	return NULL;
}

/* By their counters: which netdevs carried at least the payload. */
static void find_path(const struct rx_flow *flow, const struct rx_reading before[2],
		      const struct rx_reading after[2], uint64_t bytes,
		      struct rx_bench_record *record)
{
	/* a READ's data flows to the one who asks */
	unsigned from = flow->test->verb == RX_VERB_READ, to = !from;
	uint64_t out = after[from].netdev.tx_bytes - before[from].netdev.tx_bytes;
	uint64_t in = after[to].netdev.rx_bytes - before[to].netdev.rx_bytes;
	uint64_t lo = after[0].lo.tx_bytes - before[0].lo.tx_bytes;
	const char *netns;

	if (out >= bytes && in >= bytes)
		snprintf(record->path, sizeof(record->path), "%s > %s",
			 rx_view_wire(flow->port[0]->node, flow->port[0]->iface, &netns),
			 rx_view_wire(flow->port[1]->node, flow->port[1]->iface, &netns));
	else if (lo >= bytes)
		snprintf(record->path, sizeof(record->path), "lo");
	if (!strcmp(record->path, "lo") && !record->detail[0])
		rx_bench_detail(record, "the bytes went over lo, not over the endpoints' netdevs");
}

static void fill_counters(const struct rx_flow *flow, const struct rx_reading before[2],
			  const struct rx_reading after[2], struct rx_bench_record *record)
{
	unsigned side, i;
	const struct rx_rate *rate = rx_flow_rate(flow);

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
	double *figure = record->figure;
	const struct rx_rate *rate = rx_flow_rate(flow);

	if (flow->test->figure == RX_BANDWIDTH) {
		figure[RX_AVERAGE] = rx_rate_average(rate);
		figure[RX_PEAK] = rx_rate_peak(rate);
		figure[RX_RATE] = figure[RX_AVERAGE] * 1e6 / flow->size;
		if (cpu >= 0 && rate->all_bytes)
			figure[RX_CPU] = cpu / ((double)rate->all_bytes / 1e9);
	} else if (flow->latency.count) {
		figure[RX_RATE] = flow->seconds > 0 ? (double)flow->latency.count / flow->seconds
						    : NAN;
		figure[RX_MIN] = (double)flow->latency.min / 1e3;
		figure[RX_MEDIAN] = rx_histogram_at(&flow->latency, 0.5) / 1e3;
		figure[RX_P99] = rx_histogram_at(&flow->latency, 0.99) / 1e3;
		figure[RX_P999] = rx_histogram_at(&flow->latency, 0.999) / 1e3;
		figure[RX_MAX] = (double)flow->latency.max / 1e3;
	}
}

struct rx_bench_record *rx_flow_record(struct rx_bench *bench, const struct rx_flow *flow,
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
		rx_bench_detail(record, "%lu of %lu messages were lost (%.1f %%), which %s allows",
				sent - got, sent, 100.0 * (double)(sent - got) / (double)sent,
				rx_transport_name(flow->transport));
}

void rx_flows_run(struct rx_bench *bench, struct rx_flow *flow[], size_t n, unsigned repeat)
{
	struct run {
		struct rx_reading before[2], after[2];
		pthread_t thread;
		bool started;
	} *run = rx_alloc(n, sizeof(*run));
	double cpu = cpu_busy();
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		flow[i]->alone = n == 1;
		if (flow[i]->fault.kind)
			continue;
		rx_port_read(flow[i]->port[0], &run[i].before[0]);
		rx_port_read(flow[i]->port[1], &run[i].before[1]);
		rx_trace("bench: %s from %s to %s, %u bytes", engine_of(flow[i])->name,
			 flow[i]->port[0]->node->want->name, flow[i]->port[1]->node->want->name,
			 flow[i]->size);
	}
	for (i = 0; i < n; i++)
		run[i].started = !flow[i]->fault.kind &&
				 !pthread_create(&run[i].thread, NULL, run_flow, flow[i]);
	for (i = 0; i < n; i++)
		if (run[i].started)
			pthread_join(run[i].thread, NULL);
	cpu = cpu >= 0 ? cpu_busy() - cpu : -1;
	for (i = 0; i < n; i++)
		all += rx_flow_rate(flow[i])->all_bytes;
	for (i = 0; i < n; i++) {
		struct rx_bench_record *record = rx_flow_record(bench, flow[i], repeat);
		uint64_t own = rx_flow_rate(flow[i])->all_bytes;

		if (!run[i].started)
			continue;
		rx_port_read(flow[i]->port[0], &run[i].after[0]);
		rx_port_read(flow[i]->port[1], &run[i].after[1]);
		fill_counters(flow[i], run[i].before, run[i].after, record);
		fill_figures(flow[i], all ? cpu * (double)own / (double)all : -1, record);
		note_lost(flow[i], record);
	}
	free(run);
}
