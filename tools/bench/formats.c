/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON (docs/reference/json.md) and CSV: every repeat is a record. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "tools/bench/bench.h"
#include "tools/cli/output.h"
#include "tools/lab/view-output.h"

static json_t *number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *bandwidth(const struct rx_bench_record *r)
{
	if (r->test->figure != RX_BANDWIDTH)
		return json_null();
	return json_pack("{s:o, s:o}", "average", number(r->average), "peak", number(r->peak));
}

static json_t *latency(const struct rx_bench_record *r)
{
	if (r->test->figure != RX_LATENCY)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "min", number(r->min), "median",
			 number(r->median), "p99", number(r->p99), "p999", number(r->p999), "max",
			 number(r->max));
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
	json_t *o = json_object();

	json_object_set_new(o, "test", json_string(r->test->name));
	json_object_set_new(o, "protocol", json_string(r->transport == RX_TCP ? "tcp" : "rdma"));
	json_object_set_new(o, "transport", json_string(rx_transport_name(r->transport)));
	json_object_set_new(o, "tool", json_string(r->tool));
	json_object_set_new(o, "link", rx_json_string(r->link));
	json_object_set_new(o, "from", json_string(bench->view->nodes[r->from].want->name));
	json_object_set_new(o, "to", json_string(bench->view->nodes[r->to].want->name));
	json_object_set_new(o, "size", json_integer(r->size));
	json_object_set_new(o, "repeat", json_integer(r->repeat));
	json_object_set_new(o, "status", json_string(r->status));
	json_object_set_new(o, "detail", rx_json_string(r->detail));
	json_object_set_new(o, "bandwidth_MBps", bandwidth(r));
	json_object_set_new(o, "messages_per_s", number(r->messages_per_s));
	json_object_set_new(o, "latency_us", latency(r));
	json_object_set_new(o, "cpu_s_per_GB", number(r->cpu_s_per_gb));
	json_object_set_new(o, "counters", counters(r));
	json_object_set_new(o, "path", rx_json_string(r->path));
	return o;
}

static json_t *parameters(const struct rx_bench_parameters *p)
{
	json_t *o = json_object(), *tests = json_array(), *sizes = json_array(),
	       *cpus = json_array();
	unsigned i;

	for (i = 0; i < rx_n_bench_tests; i++)
		if (p->selected[i])
			json_array_append_new(tests, json_string(rx_bench_tests[i].name));
	for (i = 0; i < p->n_sizes; i++)
		json_array_append_new(sizes, json_integer(p->sizes[i]));
	for (i = 0; i < p->n_cpus; i++)
		json_array_append_new(cpus, json_integer(p->cpus[i]));
	json_object_set_new(o, "tests", tests);
	json_object_set_new(o, "transport", json_string(rx_transport_name(p->transport)));
	json_object_set_new(o, "sizes", sizes);
	json_object_set_new(o, "depth", json_integer(p->depth));
	json_object_set_new(o, "duration_s",
			    p->duration > 0 ? json_real(p->duration) : json_null());
	json_object_set_new(o, "iterations",
			    p->duration > 0 ? json_null()
					    : json_integer((json_int_t)p->iterations));
	json_object_set_new(o, "repeats", json_integer(p->repeats));
	json_object_set_new(o, "cpu", cpus);
	json_object_set_new(o, "concurrent", json_boolean(p->concurrent));
	return o;
}

int rx_bench_json(const struct rx_bench *bench, FILE *out)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	json_object_set_new(root, "lab", json_string(bench->view->lab.name));
	json_object_set_new(root, "plane", json_string(rx_plane_name(bench->view->plane)));
	json_object_set_new(root, "kernel", json_string(bench->view->kernel));
	json_object_set_new(root, "parameters", parameters(&bench->p));
	json_object_set_new(root, "impairments", rx_view_impairments_json(bench->view));
	for (i = 0; i < bench->n; i++)
		json_array_append_new(list, record_json(bench, &bench->record[i]));
	json_object_set_new(root, "results", list);
	return rx_json_print(root, out);
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
	      "messages_per_s,min_us,median_us,p99_us,p999_us,max_us,cpu_s_per_GB,path,detail\n",
	      out);
	for (i = 0; i < bench->n; i++) {
		const struct rx_bench_record *r = &bench->record[i];
		const double figures[] = {r->average, r->peak, r->messages_per_s,
					  r->min, r->median, r->p99,
					  r->p999, r->max, r->cpu_s_per_gb};
		size_t k;

		fprintf(out, "%s,%s,%s,%s", r->test->name, r->transport == RX_TCP ? "tcp" : "rdma",
			rx_transport_name(r->transport), r->tool);
		text_cell(r->link, out);
		fprintf(out, ",%s,%s,%u,%u,%s", bench->view->nodes[r->from].want->name,
			bench->view->nodes[r->to].want->name, r->size, r->repeat, r->status);
		for (k = 0; k < sizeof(figures) / sizeof(figures[0]); k++)
			cell(figures[k], out);
		text_cell(r->path, out);
		text_cell(r->detail, out);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
