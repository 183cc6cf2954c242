/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/measure.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/bench/engine.h"

#define TOO_LITTLE 0.1 /* of what was busy: ticks tell no less */

struct rx_bench_record *rx_bench_add(struct rx_bench *bench)
{
	struct rx_bench_record *record = rx_array_add(&bench->record, &bench->n,
						      sizeof(*bench->record));

	record->tool = "rxelab";
	record->status = "pass";
	for (int i = 0; i < RX_FIGURES; i++)
		record->figure[i] = NAN;
	record->checked = record->event = NAN;
	return record;
}

void rx_bench_keep_percentiles(double figure[RX_FIGURES])
{
	if (figure[RX_SAMPLES] < 100)
		figure[RX_P99] = NAN;
	if (figure[RX_SAMPLES] < 1000)
		figure[RX_P999] = NAN;
}

void rx_bench_free(struct rx_bench *bench)
{
	for (size_t i = 0; i < bench->n; i++) {
		free(bench->record[i].series);
		free(bench->record[i].latency);
	}
	free(bench->record);
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
	if (flow->test->figure == RX_BANDWIDTH)
		return &rx_engine_rdma_bandwidth;
	return flow->bench->p.rate ? &rx_engine_rdma_paced : &rx_engine_rdma_latency;
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

/* Flows at once begin at once: when every one is ready, or cannot be. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t ready, ended;
	bool open;
};

/* A flow and what is known around it. */
struct run {
	struct rx_flow *flow;
	struct gate *gate;
	struct rx_reading before[2], after[2];
	pthread_t thread;
	bool started;
};

static void await_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->ready++;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

/* The flow runs in a thread of its own, or pinning one would pin what comes after. */
static void *run_flow(void *arg)
{
	struct run *run = arg;
	const struct rx_engine *engine = engine_of(run->flow);
	bool ready = !engine->open(run->flow);

	await_gate(run->gate);
	if (ready)
		engine->run(run->flow);
	engine->close(run->flow);
	pthread_mutex_lock(&run->gate->lock);
	run->gate->ended++;
	pthread_cond_broadcast(&run->gate->changed);
	pthread_mutex_unlock(&run->gate->lock);
	return NULL;
}

/* Until so many have changed *count, or it is time. A signal and the deadline are looked for ten
 * times a second. */
static void attend(struct rx_bench *bench, struct gate *gate, const size_t *count, size_t wanted,
		   double until)
{
	struct timespec next;

	pthread_mutex_lock(&gate->lock);
	while (*count < wanted && rx_now() < until) {
		double rest = fmin(until - rx_now(), 0.1);

		clock_gettime(CLOCK_REALTIME, &next);
		next.tv_nsec += (long)(fmax(rest, 0) * 1e9);
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&gate->changed, &gate->lock, &next);
		rx_bench_stopped(bench);
	}
	pthread_mutex_unlock(&gate->lock);
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

	if (!bytes)
		return;
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

static void fill_latency(const struct rx_flow *flow, struct rx_bench_record *record)
{
	double seconds = rx_flow_rate(flow)->last - flow->window.began, *figure = record->figure;

	if (!flow->latency.count)
		return;
	record->latency = rx_alloc(1, sizeof(*record->latency));
	*record->latency = flow->latency;
	figure[RX_RATE] = seconds > 0 ? (double)flow->latency.count / seconds : NAN;
	figure[RX_MIN] = (double)flow->latency.min / 1e3;
	figure[RX_MEDIAN] = rx_histogram_at(&flow->latency, 0.5) / 1e3;
	figure[RX_P99] = rx_histogram_at(&flow->latency, 0.99) / 1e3;
	figure[RX_P999] = rx_histogram_at(&flow->latency, 0.999) / 1e3;
	figure[RX_MAX] = (double)flow->latency.max / 1e3;
	figure[RX_SAMPLES] = (double)flow->latency.count;
	rx_bench_keep_percentiles(figure);
}

void rx_flow_series(const struct rx_flow *flow, struct rx_bench_record *record)
{
	const struct rx_rate *rate = rx_flow_rate(flow);
	size_t each = (size_t)lround(flow->bench->p.interval / RX_INTERVAL);
	size_t most = rate->n_series;

	/* where nothing came any more there are zeros */
	if (flow->bench->p.duration > 0)
		most = (size_t)(flow->bench->p.duration / RX_INTERVAL + 1e-6);
	for (size_t i = 0; each && i + each <= most; i += each) {
		double *value = rx_array_add(&record->series, &record->n_series, sizeof(*value));

		*value = 0;
		for (size_t k = i; k < i + each && k < rate->n_series; k++)
			*value += rate->series[k];
		*value /= flow->bench->p.interval * 1e6;
	}
}

/* cpu: the share of this flow, in seconds within the window. */
static void fill_figures(const struct rx_flow *flow, double cpu, struct rx_bench_record *record)
{
	double *figure = record->figure;
	const struct rx_rate *rate = rx_flow_rate(flow);

	if (flow->test->figure == RX_LATENCY) {
		fill_latency(flow, record);
		return;
	}
	rx_flow_series(flow, record);
	if (flow->bench->p.check && flow->transport != RX_TCP)
		record->checked = (double)flow->checked;
	figure[RX_AVERAGE] = rx_rate_average(rate);
	figure[RX_PEAK] = rx_rate_peak(rate);
	figure[RX_RATE] = figure[RX_AVERAGE] * 1e6 / flow->size;
	if (rate->bytes > 0)
		figure[RX_CPU] = cpu / (rate->bytes / 1e9);
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
	if (flow->port[0] && flow->port[1] &&
	    flow->port[0]->iface->want->network == flow->port[1]->iface->want->network)
		record->network = flow->port[0]->iface->network;
	record->repeat = repeat;
	if (flow->fault.kind) {
		record->status = flow->fault.kind == RX_FAULT_SKIP ? "skip" : "fail";
		snprintf(record->detail, sizeof(record->detail), "%s", flow->fault.text);
	}
	return record;
}

static bool is_measured(const struct rx_bench_record *record)
{
	return !isnan(record->figure[record->test->figure == RX_LATENCY ? RX_MEDIAN : RX_AVERAGE]);
}

/* What was asked for: the whole of the window, or so many messages. */
static bool is_whole(const struct rx_flow *flow, double stopped)
{
	const struct rx_bench_parameters *p = &flow->bench->p;
	bool paced = flow->test->figure == RX_LATENCY && p->rate,
	     answered = !paced && flow->test->figure == RX_LATENCY;
	unsigned long done = answered ? (unsigned long)flow->latency.count
				      : atomic_load(&flow->sent);

	if (paced && p->duration > 0)
		return flow->window.began + (double)done / p->rate >= flow->window.end;
	return p->duration > 0 ? stopped >= flow->window.end : done >= p->iterations;
}

static void drop_figures(struct rx_bench_record *record)
{
	record->n_series = 0;
	free(record->latency);
	record->latency = NULL;
	record->checked = NAN;
	for (int i = 0; i < RX_FIGURES; i++)
		record->figure[i] = NAN;
}

/* UC and UD lose without anybody being told. */
static void note_lost(const struct rx_flow *flow, struct rx_bench_record *record)
{
	unsigned long sent = atomic_load(&flow->sent),
		      got = (unsigned long)flow->rate[1].all_messages;

	if ((flow->transport == RX_UC || flow->transport == RX_UD) && rx_flow_is_received(flow) &&
	    got < sent)
		rx_bench_detail(record, "%lu of %lu messages were lost (%.1f %%), which %s allows",
				sent - got, sent, 100.0 * (double)(sent - got) / (double)sent,
				rx_transport_name(flow->transport));
}

void rx_flow_judge(const struct rx_flow *flow, double stopped, struct rx_bench_record *record)
{
	if (flow->fault.kind) {
		drop_figures(record);
	} else if ((!isinf(stopped) || atomic_load(&flow->bench->stop)) &&
		   !is_whole(flow, stopped)) {
		record->status = "not run";
		rx_bench_detail(record, "it was cut short: %s", flow->bench->cut);
		drop_figures(record);
	} else if (!is_measured(record)) {
		record->status = "fail";
		rx_bench_detail(record,
				"nothing arrived while it was measured (%lu messages sent, "
				"%lu arrived in all)",
				atomic_load(&flow->sent),
				(unsigned long)rx_flow_rate(flow)->all_messages);
		drop_figures(record);
	} else {
		note_lost(flow, record);
	}
}

void rx_flow_not_run(struct rx_bench *bench, const struct rx_flow *flow, unsigned repeat)
{
	struct rx_bench_record *record = rx_flow_record(bench, flow, repeat);

	if (flow->fault.kind)
		return;
	record->status = "not run";
	rx_bench_detail(record, "it was not begun: %s", bench->cut);
}

/* Busy seconds within the window, but for those in which our own threads waited. NAN where that is
 * too little beside what else was busy to be told from it: /proc/stat counts in ticks. */
static double work(const struct run *run, size_t n, double busy)
{
	double waited = 0;

	for (size_t i = 0; i < n; i++)
		waited += run[i].flow->idle[0].waited + run[i].flow->idle[1].waited;
	return busy - waited > TOO_LITTLE * busy ? busy - waited : NAN;
}

static int start(struct run *run)
{
	int rc = pthread_create(&run->thread, NULL, run_flow, run);

	return rc ? rx_fault(&run->flow->fault, RX_FAULT_SETUP, rc, "starting its thread: %s",
			     strerror(rc))
		  : 0;
}

/* --at: what came of it. */
struct happening {
	bool tried;
	double when; /* seconds after counting began, when it had happened; NAN */
	struct rx_err failed;
};

static bool all_ended(struct gate *gate, size_t started)
{
	bool all;

	pthread_mutex_lock(&gate->lock);
	all = gate->ended == started;
	pthread_mutex_unlock(&gate->lock);
	return all;
}

/* While they run. After a stop nothing happens any more; who was stopped says so. */
static void happen(struct rx_bench *bench, struct gate *gate, size_t started,
		   const struct rx_window *window, struct happening *h)
{
	const struct rx_event *event = &bench->event;

	attend(bench, gate, &gate->ended, started, window->start + event->at);
	if (rx_bench_stopped(bench))
		return;
	if (!all_ended(gate, started) &&
	    rx_event_do(event, bench->view->lab.name, RX_EVENT_DO, &h->failed))
		return;
	h->when = rx_now() - window->start;
	if (h->when >= window->end - window->start || all_ended(gate, started))
		rx_fail(&h->failed, "at-too-late", ETIME,
			"--at %g s: the measurement had ended by then (%.1f s)", event->at,
			h->when);
}

/* Also where it failed: it may have been done in part. What is measured next would be measured
 * impaired, so nothing is if that fails. */
static void take_back(struct rx_bench *bench, const struct happening *h)
{
	struct rx_err err;

	if (!h->tried || !rx_event_do(&bench->event, bench->view->lab.name, RX_EVENT_UNDO, &err))
		return;
	snprintf(bench->cut, sizeof(bench->cut), "what --at did could not be taken back: %s",
		 err.text);
	atomic_store(&bench->stop, true);
}

/* Open all, let them go at once, and say how long the processors were busy within the window. */
static double run_together(struct rx_bench *bench, struct run *run, size_t n, double *stopped,
			   struct happening *h)
{
	struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false};
	struct rx_window window;
	double busy;
	size_t i, started = 0;

	if (bench->event.at > 0 && !rx_bench_stopped(bench)) {
		h->tried = true;
		rx_event_do(&bench->event, bench->view->lab.name, RX_EVENT_PREPARE, &h->failed);
	}
	for (i = 0; i < n; i++) {
		run[i].gate = &gate;
		run[i].started = !run[i].flow->fault.kind && !start(&run[i]);
		started += run[i].started;
	}
	attend(bench, &gate, &gate.ready, started, INFINITY);
	window.began = rx_now();
	window.start = window.began + rx_flow_warm_up(run[0].flow);
	window.end = bench->p.duration > 0 ? window.start + bench->p.duration : INFINITY;
	for (i = 0; i < n; i++)
		run[i].flow->window = window;
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	attend(bench, &gate, &gate.ended, started, window.start);
	busy = cpu_busy();
	if (h->tried && !h->failed.text[0])
		happen(bench, &gate, started, &window, h);
	attend(bench, &gate, &gate.ended, started, window.end);
	/* what makes it happen is busy, too */
	busy = busy < 0 || h->tried ? NAN : cpu_busy() - busy;
	*stopped = atomic_load(&bench->stop) ? rx_now() : INFINITY;
	attend(bench, &gate, &gate.ended, started, INFINITY);
	for (i = 0; i < n; i++)
		if (run[i].started)
			pthread_join(run[i].thread, NULL);
	take_back(bench, h);
	return work(run, n, busy);
}

void rx_flows_run(struct rx_bench *bench, struct rx_flow *flow[], size_t n, unsigned repeat)
{
	struct run *run = rx_alloc(n, sizeof(*run));
	struct happening h = {.when = NAN};
	double cpu, all = 0, stopped;
	size_t i;

	for (i = 0; i < n; i++) {
		run[i].flow = flow[i];
		flow[i]->at_once = n;
		if (flow[i]->fault.kind)
			continue;
		rx_port_read(flow[i]->port[0], &run[i].before[0]);
		rx_port_read(flow[i]->port[1], &run[i].before[1]);
		rx_trace("bench: %s from %s to %s, %u bytes", engine_of(flow[i])->name,
			 flow[i]->port[0]->node->want->name, flow[i]->port[1]->node->want->name,
			 flow[i]->size);
	}
	cpu = run_together(bench, run, n, &stopped, &h);
	for (i = 0; i < n; i++)
		all += rx_flow_rate(flow[i])->bytes;
	for (i = 0; i < n; i++) {
		struct rx_bench_record *record = rx_flow_record(bench, flow[i], repeat);

		if (!run[i].started)
			continue;
		rx_port_read(flow[i]->port[0], &run[i].after[0]);
		rx_port_read(flow[i]->port[1], &run[i].after[1]);
		fill_counters(flow[i], run[i].before, run[i].after, record);
		fill_figures(flow[i], cpu * rx_flow_rate(flow[i])->bytes / all, record);
		rx_flow_judge(flow[i], stopped, record);
		record->event = h.when;
		if (h.failed.text[0] && !strcmp(record->status, "pass")) {
			record->status = "fail";
			rx_bench_detail(record, "%s", h.failed.text);
			drop_figures(record);
		}
	}
	free(run);
}
