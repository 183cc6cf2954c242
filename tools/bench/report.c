/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For people. What was not measured is n/a. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/bench/summary.h"
#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/report/table.h"

#define CELL 48

static const char *figure(double value, char buf[CELL])
{
	if (isnan(value))
		snprintf(buf, CELL, "n/a");
	else
		snprintf(buf, CELL, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
	return buf;
}

/* "572.3 (560.1-580.0)" where there were repeats. */
static const char *spread(const struct rx_spread *s, char buf[CELL])
{
	char median[CELL], low[CELL], high[CELL];

	figure(s->median, median);
	if (s->n < 2)
		snprintf(buf, CELL, "%.20s", median);
	else
		snprintf(buf, CELL, "%.14s (%.14s-%.14s)", median, figure(s->low, low),
			 figure(s->high, high));
	return buf;
}

static const char *name_of(const struct rx_bench *bench, unsigned endpoint)
{
	return bench->view->nodes[endpoint].want->name;
}

static const char *what_joins(const struct rx_bench *bench, const struct rx_bench_record *r,
			      char buf[CELL])
{
	if (r->link)
		snprintf(buf, CELL, "%.40s", r->link);
	else
		snprintf(buf, CELL, "%.20s > %.20s", name_of(bench, r->from),
			 name_of(bench, r->to));
	return buf;
}

static const char *by(const struct rx_bench_record *r, char buf[CELL])
{
	snprintf(buf, CELL, "%s%s%s", rx_transport_name(r->transport),
		 strcmp(r->tool, "rxelab") ? " " : "", strcmp(r->tool, "rxelab") ? r->tool : "");
	return buf;
}

static void bandwidth_table(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
			    FILE *out)
{
	static const char *const headings[] = {"test", "by", "pair", "size", "MB/s",
					       "peak", "messages/s", "CPU s/GB", "path"};
	struct rx_table *table = rx_table_new(RX_ARRAY_SIZE(headings), headings);
	char cell[8][CELL], size[16];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rx_bench_record *r = list[i].first;

		if (r->test->figure != RX_BANDWIDTH)
			continue;
		rx_table_row(table,
			     (const char *const[]){r->test->name, by(r, cell[0]),
						   what_joins(bench, r, cell[1]),
						   rx_size_text(r->size, size),
						   spread(&list[i].average, cell[2]),
						   figure(list[i].peak.median, cell[3]),
						   figure(list[i].rate.median, cell[4]),
						   figure(list[i].cpu.median, cell[5]), r->path});
	}
	rx_table_print(table, out);
}

static void latency_table(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
			  FILE *out)
{
	static const char *const headings[] = {"test", "by", "pair", "size", "median us",
					       "min", "p99", "p99.9", "max", "path"};
	struct rx_table *table = rx_table_new(RX_ARRAY_SIZE(headings), headings);
	char cell[8][CELL], size[16];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rx_bench_record *r = list[i].first;

		if (r->test->figure != RX_LATENCY)
			continue;
		rx_table_row(table,
			     (const char *const[]){r->test->name, by(r, cell[0]),
						   what_joins(bench, r, cell[1]),
						   rx_size_text(r->size, size),
						   spread(&list[i].typical, cell[2]),
						   figure(list[i].min.median, cell[3]),
						   figure(list[i].p99.median, cell[4]),
						   figure(list[i].p999.median, cell[5]),
						   figure(list[i].max.median, cell[6]), r->path});
	}
	rx_table_print(table, out);
}

static bool any_figure(const struct rx_summary *list, size_t n, enum rx_figure kind)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i].first->test->figure == kind)
			return true;
	return false;
}

static const struct rx_summary *find(const struct rx_summary *list, size_t n,
				     const struct rx_summary *like, unsigned from, unsigned to)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i].first->test == like->first->test &&
		    list[i].first->size == like->first->size &&
		    list[i].first->tool == like->first->tool && list[i].first->from == from &&
		    list[i].first->to == to)
			return &list[i];
	return NULL;
}

static bool is_first_of_kind(const struct rx_summary *list, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (list[j].first->test == list[i].first->test &&
		    list[j].first->size == list[i].first->size &&
		    list[j].first->tool == list[i].first->tool)
			return false;
	return true;
}

/* Rows send, columns receive. */
static void heat_map(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
		     const struct rx_summary *like, FILE *out)
{
	size_t endpoints = bench->view->n_endpoints, a, b;
	char size[16], cell[CELL];
	double fairness = rx_fairness(list, n, like);
	bool latency = like->first->test->figure == RX_LATENCY;

	fprintf(out, "\n%s, %s bytes, %s by pair", like->first->test->name,
		rx_size_text(like->first->size, size), latency ? "median us" : "MB/s");
	if (!latency && !isnan(fairness))
		fprintf(out, "; fairness %.3f%s", fairness,
			bench->p.concurrent ? " (all at once)" : "");
	fprintf(out, "\n%-12s", "from\\to");
	for (b = 0; b < endpoints; b++)
		fprintf(out, " %9.9s", name_of(bench, (unsigned)b));
	for (a = 0; a < endpoints; a++) {
		fprintf(out, "\n%-12.12s", name_of(bench, (unsigned)a));
		for (b = 0; b < endpoints; b++) {
			const struct rx_summary *s = find(list, n, like, (unsigned)a, (unsigned)b);

			fprintf(out, " %9s",
				!s ? "."
				   : figure(latency ? s->typical.median : s->average.median, cell));
		}
	}
	fputc('\n', out);
}

static void print_notes(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
			FILE *out)
{
	char pair[CELL], size[16], tool[CELL];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rx_bench_record *r = list[i].first;

		if (list[i].note[0])
			fprintf(out, "%s %s %s %s %s: %s\n", r->status, r->test->name, by(r, tool),
				what_joins(bench, r, pair), rx_size_text(r->size, size),
				list[i].note);
	}
}

int rx_bench_table(const struct rx_bench *bench, FILE *out)
{
	size_t n, i;
	struct rx_summary *list = rx_summarise(bench, &n);

	if (any_figure(list, n, RX_BANDWIDTH))
		bandwidth_table(bench, list, n, out);
	if (any_figure(list, n, RX_BANDWIDTH) && any_figure(list, n, RX_LATENCY))
		fputc('\n', out);
	if (any_figure(list, n, RX_LATENCY))
		latency_table(bench, list, n, out);
	if (rx_pairs_count(&bench->pairs) > 2 && bench->view->n_endpoints <= 20)
		for (i = 0; i < n; i++)
			if (is_first_of_kind(list, i))
				heat_map(bench, list, n, &list[i], out);
	print_notes(bench, list, n, out);
	rx_view_print_impairments(bench->view, out);
	free(list);
	return ferror(out) ? -EIO : 0;
}
