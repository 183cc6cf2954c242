/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For people. What was not measured is n/a. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

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

struct column {
	const char *heading;
	enum rx_bench_figure figure;
};

static const struct column bandwidth[] = {
	{"MB/s", RX_AVERAGE},
	{"peak", RX_PEAK},
	{"messages/s", RX_RATE},
	{"CPU s/GB", RX_CPU},
	{NULL},
};
static const struct column latency[] = {
	{"median us", RX_MEDIAN}, {"min", RX_MIN},         {"p99", RX_P99}, {"p99.9", RX_P999},
	{"max", RX_MAX},          {"samples", RX_SAMPLES}, {NULL},
};

#define BEFORE 4 /* columns before the figures */
#define COLUMNS (BEFORE + RX_ARRAY_SIZE(latency))

/* The first figure with its range, and the way the bytes took behind the last. */
static void add_row(struct rx_table *table, const struct rx_bench *bench,
		    const struct rx_summary *s, const struct column *columns)
{
	char buf[COLUMNS][CELL];
	const char *cells[COLUMNS] = {s->first->test->name, rx_by(s->first, buf[1]),
				      what_joins(bench, s->first, buf[2]),
				      rx_size_text(s->first->size, buf[3])};
	size_t i = BEFORE;

	for (; columns->heading; columns++, i++) {
		const struct rx_spread *of = &s->spread[columns->figure];

		cells[i] = i == BEFORE ? spread(of, buf[i]) : figure(of->median, buf[i]);
	}
	cells[i] = s->first->path;
	rx_table_row(table, cells);
}

static void print_table(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
			enum rx_figure figure, FILE *out)
{
	const struct column *columns = figure == RX_LATENCY ? latency : bandwidth;
	const char *headings[COLUMNS] = {"test", "by", "pair", "size"};
	struct rx_table *table;
	size_t i;

	for (i = 0; columns[i].heading; i++)
		headings[BEFORE + i] = columns[i].heading;
	headings[BEFORE + i] = "path";
	table = rx_table_new(BEFORE + i + 1, headings);
	for (i = 0; i < n; i++)
		if (list[i].first->test->figure == figure)
			add_row(table, bench, &list[i], columns);
	rx_table_print(table, out);
}

static bool any_figure(const struct rx_summary *list, size_t n, enum rx_figure figure)
{
	while (n--)
		if (list[n].first->test->figure == figure)
			return true;
	return false;
}

static const struct rx_summary *find(const struct rx_summary *list, size_t n,
				     const struct rx_summary *like, unsigned from, unsigned to)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rx_same_kind(list[i].first, like->first) && list[i].first->from == from &&
		    list[i].first->to == to)
			return &list[i];
	return NULL;
}

/* Rows send, columns receive. */
static void heat_map(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
		     const struct rx_summary *like, FILE *out)
{
	size_t endpoints = bench->view->n_endpoints, a, b;
	char size[16], cell[CELL];
	double fairness = rx_fairness(list, n, like);
	bool is_latency = like->first->test->figure == RX_LATENCY;

	fprintf(out, "\n%s, %s bytes, %s by pair", like->first->test->name,
		rx_size_text(like->first->size, size), is_latency ? "median us" : "MB/s");
	if (!is_latency && !isnan(fairness))
		fprintf(out, "; fairness %.3f%s", fairness,
			bench->p.concurrent ? " (all at once)" : "");
	fprintf(out, "\n%-12s", "from\\to");
	for (b = 0; b < endpoints; b++)
		fprintf(out, " %9.9s", name_of(bench, (unsigned)b));
	for (a = 0; a < endpoints; a++) {
		fprintf(out, "\n%-12.12s", name_of(bench, (unsigned)a));
		for (b = 0; b < endpoints; b++) {
			const struct rx_summary *s = find(list, n, like, (unsigned)a, (unsigned)b);

			fprintf(out, " %9s", s ? figure(rx_figure_of(s)->median, cell) : ".");
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
			fprintf(out, "%s %s %s %s %s: %s\n", list[i].status, r->test->name,
				rx_by(r, tool), what_joins(bench, r, pair),
				rx_size_text(r->size, size), list[i].note);
	}
}

int rx_bench_table(const struct rx_bench *bench, FILE *out)
{
	size_t n, i;
	struct rx_summary *list = rx_summarise(bench, &n);

	if (any_figure(list, n, RX_BANDWIDTH))
		print_table(bench, list, n, RX_BANDWIDTH, out);
	if (any_figure(list, n, RX_BANDWIDTH) && any_figure(list, n, RX_LATENCY))
		fputc('\n', out);
	if (any_figure(list, n, RX_LATENCY))
		print_table(bench, list, n, RX_LATENCY, out);
	if (rx_pairs_count(&bench->pairs) > 2 && bench->view->n_endpoints <= 20)
		for (i = 0; i < n; i++)
			if (rx_first_of_kind(list, i))
				heat_map(bench, list, n, &list[i], out);
	print_notes(bench, list, n, out);
	rx_view_print_impairments(bench->view, out);
	free(list);
	return ferror(out) ? -EIO : 0;
}
