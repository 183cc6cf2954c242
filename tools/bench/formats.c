/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON (docs/reference/json.md) and CSV: every repeat is a record. */
#include <errno.h>
#include <math.h>

#include "tools/bench/bench.h"
#include "tools/cli/output.h"
#include "tools/lab/view-output.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(double value)
{
	return isfinite(value) ? json_integer((json_int_t)value) : json_null();
}

static const char *protocol(const struct rx_bench_record *r)
{
	return r->transport == RX_TCP ? "tcp" : "rdma";
}

static json_t *bandwidth(const struct rx_bench_record *r)
{
	if (r->test->figure != RX_BANDWIDTH)
		return json_null();
	return json_pack("{s:o, s:o}", "average", number(r->figure[RX_AVERAGE]), "peak",
			 number(r->figure[RX_PEAK]));
}

static json_t *latency(const struct rx_bench_record *r)
{
	if (r->test->figure != RX_LATENCY)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "min", number(r->figure[RX_MIN]),
			 "median", number(r->figure[RX_MEDIAN]), "p99", number(r->figure[RX_P99]),
			 "p999", number(r->figure[RX_P999]), "max", number(r->figure[RX_MAX]),
			 "samples", whole(r->figure[RX_SAMPLES]));
}

static json_t *series(const struct rx_bench_record *r)
{
	json_t *list = r->n_series ? json_array() : json_null();

	for (size_t i = 0; i < r->n_series; i++)
		json_array_append_new(list, number(r->series[i]));
	return list;
}

/* perftest's two command lines; null for ours. */
static json_t *commands(const struct rx_bench_record *r)
{
	return r->command[0][0] || r->command[1][0]
		       ? json_pack("{s:s, s:s}", "from", r->command[0], "to", r->command[1])
		       : json_null();
}

static json_t *counters(const struct rx_bench_record *r)
{
	json_t *both;
	int side, i;

	if (!r->counted)
		return json_null();
	both = json_object();
	for (side = 0; side < 2; side++) {
		json_t *one = json_object();

		for (i = 0; i < RX_RXE_COUNTERS; i++)
			json_object_set_new(one, rx_rxe_counter_names[i],
					    json_integer((json_int_t)r->counters[side][i]));
		json_object_set_new(both, side ? "to" : "from", one);
	}
	return both;
}

static json_t *record_json(const struct rx_bench *bench, const struct rx_bench_record *r)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:s,s:s,s:i,s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o,"
			 "s:o,s:o,s:o,s:o}",
			 "test", r->test->name, "protocol", protocol(r), "transport",
			 rx_transport_name(r->transport), "tool", r->tool, "commands", commands(r),
			 "network", rx_json_string(r->network), "link", rx_json_string(r->link),
			 "from", bench->view->nodes[r->from].want->name, "to",
			 bench->view->nodes[r->to].want->name, "size", (int)r->size, "repeat",
			 (int)r->repeat, "status", r->status, "detail", rx_json_string(r->detail),
			 "bandwidth_MBps", bandwidth(r), "series_MBps", series(r), "event_s",
			 number(r->event), "messages_per_s", number(r->figure[RX_RATE]),
			 "latency_us", latency(r), "cpu_s_per_GB", number(r->figure[RX_CPU]),
			 "checked", whole(r->checked), "counters", counters(r), "path",
			 rx_json_string(r->path));
}

static json_t *parameters(const struct rx_bench *bench)
{
	const struct rx_bench_parameters *p = &bench->p;
	json_t *tests = json_array(), *sizes = json_array(), *cpus = json_array();
	unsigned i;

	for (i = 0; i < rx_n_bench_tests; i++)
		if (p->selected[i])
			json_array_append_new(tests, json_string(rx_bench_tests[i].name));
	for (i = 0; i < p->n_sizes; i++)
		json_array_append_new(sizes, json_integer(p->sizes[i]));
	for (i = 0; i < p->n_cpus; i++)
		json_array_append_new(cpus, json_integer(p->cpus[i]));
	return json_pack("{s:o,s:s,s:o,s:i,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:i,s:o,s:b,s:o,s:o}",
			 "tests", tests, "transport", rx_transport_name(p->transport), "sizes",
			 sizes, "depth", (int)p->depth, "poll", p->busy ? "busy" : "yield", "check",
			 p->check, "at_s",
			 bench->event.at > 0 ? json_real(bench->event.at) : json_null(), "event",
			 rx_json_string(bench->event.text), "rate",
			 p->rate ? json_integer(p->rate) : json_null(), "duration_s",
			 p->duration > 0 ? json_real(p->duration) : json_null(), "iterations",
			 p->duration > 0 ? json_null() : json_integer((json_int_t)p->iterations),
			 "repeats", (int)p->repeats, "cpu", cpus, "concurrent", p->concurrent,
			 "pattern", rx_json_string(bench->pattern), "interval_s",
			 p->interval > 0 ? json_real(p->interval) : json_null());
}

int rx_bench_json(const struct rx_bench *bench, FILE *out)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < bench->n; i++)
		json_array_append_new(list, record_json(bench, &bench->record[i]));
	return rx_json_print(
		json_pack("{s:s,s:s,s:s,s:b,s:o,s:o,s:o}", "lab", bench->view->lab.name, "plane",
			  rx_plane_name(bench->view->plane), "kernel", bench->view->kernel,
			  "complete", !bench->cut[0], "parameters", parameters(bench),
			  "impairments", rx_view_impairments_json(bench->view), "results", list),
		out);
}

/* An empty cell: not measured. */
static void cell(double value, FILE *out)
{
	if (isnan(value))
		fputc(',', out);
	else
		fprintf(out, ",%.6g", value);
}

static void text_cell(const char *text, FILE *out)
{
	fputs(",\"", out);
	for (; text && *text; text++)
		fputs(*text == '"' ? "\"\"" : (char[]){*text, 0}, out);
	fputc('"', out);
}

int rx_bench_csv(const struct rx_bench *bench, FILE *out)
{
	size_t i;

	fputs("test,protocol,transport,tool,link,from,to,size,repeat,status,average_MBps,peak_MBps,"
	      "messages_per_s,min_us,median_us,p99_us,p999_us,max_us,samples,cpu_s_per_GB,path,"
	      "detail\n",
	      out);
	for (i = 0; i < bench->n; i++) {
		const struct rx_bench_record *r = &bench->record[i];
		int k;

		fprintf(out, "%s,%s,%s,%s", r->test->name, protocol(r),
			rx_transport_name(r->transport), r->tool);
		text_cell(r->link, out);
		fprintf(out, ",%s,%s,%u,%u,%s", bench->view->nodes[r->from].want->name,
			bench->view->nodes[r->to].want->name, r->size, r->repeat, r->status);
		for (k = 0; k < RX_FIGURES; k++)
			cell(r->figure[k], out);
		text_cell(r->path, out);
		text_cell(r->detail, out);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
