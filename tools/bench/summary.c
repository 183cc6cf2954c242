/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool alike(const struct rx_bench_record *a, const struct rx_bench_record *b)
{
	return a->test == b->test && a->transport == b->transport && a->from == b->from &&
	       a->to == b->to && a->size == b->size && same_text(a->tool, b->tool) &&
	       same_text(a->link, b->link);
}

bool rx_same_kind(const struct rx_bench_record *a, const struct rx_bench_record *b)
{
	return a->test == b->test && a->size == b->size && same_text(a->tool, b->tool);
}

bool rx_first_of_kind(const struct rx_summary *list, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (rx_same_kind(list[j].first, list[i].first))
			return false;
	return true;
}

const struct rx_spread *rx_figure_of(const struct rx_summary *summary)
{
	return &summary->spread[summary->first->test->figure == RX_LATENCY ? RX_MEDIAN
									   : RX_AVERAGE];
}

const char *rx_by(const struct rx_bench_record *record, char buf[48])
{
	bool foreign = strcmp(record->tool, "rxelab");

	snprintf(buf, 48, "%s%s%s", rx_transport_name(record->transport), foreign ? " " : "",
		 foreign ? record->tool : "");
	return buf;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median_of(double *values, size_t n)
{
	if (!n)
		return NAN;
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

struct rx_spread rx_spread_of(double *values, size_t n)
{
	double median = median_of(values, n);

	return n ? (struct rx_spread){median, values[0], values[n - 1], n}
		 : (struct rx_spread){NAN, NAN, NAN, 0};
}

static struct rx_spread spread_of(const struct rx_bench *bench, const struct rx_bench_record *like,
				  enum rx_bench_figure figure)
{
	double *values = rx_alloc(bench->n + 1, sizeof(*values));
	struct rx_spread spread;
	size_t i, n = 0;

	for (i = 0; i < bench->n; i++) {
		double value = bench->record[i].figure[figure];

		if (alike(&bench->record[i], like) && !strcmp(bench->record[i].status, "pass") &&
		    !isnan(value))
			values[n++] = value;
	}
	spread = rx_spread_of(values, n);
	free(values);
	return spread;
}

static struct rx_summary summary_of(const struct rx_bench *bench,
				    const struct rx_bench_record *record)
{
	struct rx_summary s = {.first = record, .note = ""};
	enum rx_bench_figure figure;
	size_t i;

	for (figure = 0; figure < RX_FIGURES; figure++)
		s.spread[figure] = spread_of(bench, record, figure);
	for (i = 0; i < bench->n; i++) {
		if (!alike(&bench->record[i], record))
			continue;
		s.repeats++;
		s.passed += !strcmp(bench->record[i].status, "pass");
		s.failed += !strcmp(bench->record[i].status, "fail");
		if (!s.note[0]) {
			s.note = bench->record[i].detail;
			s.status = bench->record[i].status;
		}
	}
	return s;
}

struct rx_summary *rx_summarise(const struct rx_bench *bench, size_t *n)
{
	struct rx_summary *list = rx_alloc(bench->n + 1, sizeof(*list));
	size_t i, j;

	for (*n = 0, i = 0; i < bench->n; i++) {
		for (j = 0; j < *n && !alike(list[j].first, &bench->record[i]); j++)
			;
		if (j == *n)
			list[(*n)++] = summary_of(bench, &bench->record[i]);
	}
	return list;
}

double rx_fairness(const struct rx_summary *list, size_t n, const struct rx_summary *like)
{
	double sum = 0, squares = 0;
	size_t i, pairs = 0;

	for (i = 0; i < n; i++) {
		const struct rx_summary *s = &list[i];

		double value = s->passed || !s->failed ? s->spread[RX_AVERAGE].median : 0;

		if (!rx_same_kind(s->first, like->first) || isnan(value))
			continue;
		sum += value;
		squares += value * value;
		pairs++;
	}
	return pairs > 1 && squares > 0 ? sum * sum / ((double)pairs * squares) : NAN;
}

void rx_plot_title(const struct rx_bench *bench, const struct rx_bench_record *r, char *buf,
		   size_t size)
{
	char by[48];

	snprintf(buf, size, "%s %s", r->test->name, rx_by(r, by));
	if (r->link)
		snprintf(buf + strlen(buf), size - strlen(buf), ", %s", r->link);
	else if (rx_pairs_count(&bench->pairs) > 1)
		snprintf(buf + strlen(buf), size - strlen(buf), ", %s to %s",
			 bench->view->nodes[r->from].want->name,
			 bench->view->nodes[r->to].want->name);
}
