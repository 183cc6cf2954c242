/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/watch/watch.h"

/* To the millisecond. */
static double clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)(now.tv_nsec / 1000000) / 1e3;
}

static json_t *counters_json(const struct rx_watch_row *row)
{
	const struct rx_netdev_counters *net = &row->now.net;
	json_t *json = json_object();

	if (row->now.netdev)
		json_object_update_new(json, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "tx_bytes",
						       (json_int_t)net->tx_bytes, "rx_bytes",
						       (json_int_t)net->rx_bytes, "tx_packets",
						       (json_int_t)net->tx_packets, "rx_packets",
						       (json_int_t)net->rx_packets, "tx_dropped",
						       (json_int_t)net->tx_dropped, "rx_dropped",
						       (json_int_t)net->rx_dropped, "netem_dropped",
						       (json_int_t)row->now.netem_dropped));
	if (row->now.counted)
		json_object_update_new(
			json,
			json_pack("{s:I,s:I,s:I,s:I}", "roce_tx_bytes",
				  (json_int_t)row->now.roce[RX_STEER_OUT].bytes, "roce_rx_bytes",
				  (json_int_t)row->now.roce[RX_STEER_IN].bytes, "roce_tx_packets",
				  (json_int_t)row->now.roce[RX_STEER_OUT].frames, "roce_rx_packets",
				  (json_int_t)row->now.roce[RX_STEER_IN].frames));
	for (int i = 0; row->now.rxe && i < RX_RXE_COUNTERS; i++)
		json_object_set_new(json, rx_rxe_counter_names[i],
				    json_integer((json_int_t)row->now.counters[i]));
	return json;
}

static json_t *row_json(const struct rx_watch_row *row)
{
	const struct rx_rates *r = &row->rates;
	const struct rx_faults *f = &row->faults;

	return json_pack(
		"{s:s,s:o,s:s,s:o,s:s,s:o,s:{s:f,s:f,s:f,s:f,s:f,s:f},s:{s:I,s:I,s:I},s:o}", "name",
		row->node->want->name, "network", rx_json_string(row->iface->network), "netdev",
		row->iface->netdev, "rdma_dev", rx_json_string(row->iface->rdma_dev), "state",
		row->state, "impair", rx_json_string(row->impair), "rates", "tx_bytes", r->tx_bytes,
		"rx_bytes", r->rx_bytes, "tx_packets", r->tx_packets, "rx_packets", r->rx_packets,
		"sent_pkts", r->sent, "rcvd_pkts", r->rcvd, "since_start", "retries",
		(json_int_t)f->retries, "errors", (json_int_t)f->errors, "drops",
		(json_int_t)f->drops, "counters", counters_json(row));
}

/* One object a line: what reads a pipe can take each as it comes. */
static void print_json(const struct rx_watch *watch, const struct rx_watch_row *const list[],
		       size_t n)
{
	json_t *items = json_array(), *json;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, row_json(list[i]));
	json = json_pack("{s:s,s:f,s:f,s:o}", "lab", watch->lab, "time", clock_now(), "interval",
			 watch->interval, "endpoints", items);
	json_dumpf(json, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(13));
	json_decref(json);
	putchar('\n');
}

static void print_lines(const struct rx_watch_row *const list[], size_t n)
{
	time_t now = time(NULL);
	struct tm local;
	char at[16];

	strftime(at, sizeof(at), "%H:%M:%S", localtime_r(&now, &local));
	for (size_t i = 0; i < n; i++) {
		const struct rx_watch_row *row = list[i];

		printf("%s %-14s %-6s %12.0f %12.0f %9.0f %9.0f %8llu %8llu %8llu %s\n", at,
		       row->name, row->state, row->rates.tx_bytes, row->rates.rx_bytes,
		       row->rates.sent, row->rates.rcvd, (unsigned long long)row->faults.retries,
		       (unsigned long long)row->faults.errors,
		       (unsigned long long)row->faults.drops, row->impair[0] ? row->impair : "-");
	}
}

static int print_reading(const struct rx_watch *watch, bool json, struct rx_err *err)
{
	rx_autofree const struct rx_watch_row **list = rx_alloc(watch->n, sizeof(*list));
	size_t n;

	n = rx_watch_sort(watch, list);
	if (watch->limit && n > watch->limit)
		n = watch->limit;
	if (json)
		print_json(watch, list, n);
	else
		print_lines(list, n);
	if (fflush(stdout) || ferror(stdout))
		return rx_fail(err, "output-write", errno, "what was read could not be printed: %s",
			       strerror(errno));
	return 0;
}

int rx_watch_lines(struct rx_watch *watch, unsigned count, bool json,
		   const volatile sig_atomic_t *stop, struct rx_err *err)
{
	double due = rx_now();
	unsigned done = 0;
	int rc = rx_watch_read(watch, INFINITY, err);

	if (rc >= 0 && !json)
		printf("%-8s %-14s %-6s %12s %12s %9s %9s %8s %8s %8s %s\n", "time", "endpoint",
		       "port", "tx_bytes/s", "rx_bytes/s", "sent/s", "rcvd/s", "retries", "errors",
		       "drops", "impairment");
	while (rc >= 0 && !*stop && (!count || done < count)) {
		due += watch->interval;
		while (!*stop && rx_now() < due)
			rx_wait_ms(rx_poll_until(due));
		if (*stop)
			break;
		rc = rx_watch_read(watch, INFINITY, err);
		if (rc >= 0)
			rc = print_reading(watch, json, err);
		if (due < rx_now() - watch->interval) /* a reading takes longer than the interval */
			due = rx_now();
		done++;
	}
	return rc < 0 ? rc : 0;
}
