/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/expect.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/cli/output.h"

#define NOISE 0.1 /* of the earlier figure: less is no change */

struct bound {
	const struct rx_bench_test *test;
	bool least; /* else most */
	double value;
	const char *text;
	int length;
};

/* The bound that text begins with, up to a comma. */
static bool read_bound(const char *text, struct bound *bound)
{
	size_t length = strcspn(text, ",<>");
	char *end;

	*bound = (struct bound){.text = text, .length = (int)strcspn(text, ",")};
	for (unsigned i = 0; i < rx_n_bench_tests; i++)
		if (strlen(rx_bench_tests[i].name) == length &&
		    !strncmp(rx_bench_tests[i].name, text, length))
			bound->test = &rx_bench_tests[i];
	if (!bound->test || (strncmp(text + length, ">=", 2) && strncmp(text + length, "<=", 2)))
		return false;
	bound->least = text[length] == '>';
	bound->value = strtod(text + length + 2, &end);
	return end > text + length + 2 && end == text + bound->length && isfinite(bound->value);
}

static const char *next(const char *text)
{
	const char *comma = strchr(text, ',');

	return comma ? comma + 1 : NULL;
}

int rx_expect_judge(const char *text, const struct rx_bench_parameters *p, struct rx_err *err)
{
	struct bound bound;

	for (; text; text = next(text)) {
		if (!read_bound(text, &bound))
			return rx_usage(err, "option-value",
					"--expect: \"%.*s\" is not TEST>=NUMBER or TEST<=NUMBER",
					bound.length, text);
		if (!p->selected[bound.test - rx_bench_tests])
			return rx_usage(err, "option-value", "--expect: %s is not among --tests",
					bound.test->name);
	}
	return 0;
}

static void tell(const struct rx_bench *bench, const struct rx_bench_record *r, const char *fmt,
		 ...) __attribute__((format(printf, 3, 4)));
static void tell(const struct rx_bench *bench, const struct rx_bench_record *r, const char *fmt,
		 ...)
{
	char size[16], text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rx_note("bench %s: %s %s > %s%s%s, %s bytes: %s", bench->view->lab.name, r->test->name,
		bench->view->nodes[r->from].want->name, bench->view->nodes[r->to].want->name,
		r->link ? " by " : "", r->link ? r->link : "", rx_size_text(r->size, size), text);
}

static bool is_foreign(const struct rx_summary *s)
{
	return strcmp(s->first->tool, "rxelab");
}

unsigned rx_expect_count(const char *text, const struct rx_bench *bench)
{
	unsigned broken = 0;
	size_t n, i;
	struct rx_summary *list = rx_summarise(bench, &n);
	struct bound bound;

	for (; text && read_bound(text, &bound); text = next(text))
		for (i = 0; i < n; i++) {
			double value = rx_figure_of(&list[i])->median;

			if (list[i].first->test != bound.test || is_foreign(&list[i]) ||
			    (bound.least ? value >= bound.value : value <= bound.value))
				continue;
			if (isnan(value))
				tell(bench, list[i].first, "not measured, where %.*s is expected",
				     bound.length, bound.text);
			else
				tell(bench, list[i].first, "%.4g, where %.*s is expected", value,
				     bound.length, bound.text);
			broken++;
		}
	free(list);
	return broken;
}

bool rx_is_worse(const struct rx_spread *then, const struct rx_spread *now, enum rx_figure figure)
{
	if (!then->n)
		return false;
	if (!now->n)
		return true;
	return figure == RX_LATENCY
		       ? now->low > then->high && now->median > then->median * (1 + NOISE)
		       : now->high < then->low && now->median < then->median * (1 - NOISE);
}

static bool has(const json_t *object, const char *key, const char *wanted)
{
	const char *text = json_string_value(json_object_get(object, key));

	return !strcmp(text ? text : "", wanted ? wanted : "");
}

/* A record of the earlier run that measured the same. */
static bool is_same(const json_t *record, const struct rx_bench *bench,
		    const struct rx_bench_record *r)
{
	return has(record, "test", r->test->name) && has(record, "tool", r->tool) &&
	       has(record, "transport", rx_transport_name(r->transport)) &&
	       has(record, "link", r->link) && has(record, "network", r->network) &&
	       has(record, "status", "pass") &&
	       has(record, "from", bench->view->nodes[r->from].want->name) &&
	       has(record, "to", bench->view->nodes[r->to].want->name) &&
	       json_integer_value(json_object_get(record, "size")) == (json_int_t)r->size;
}

static double figure_of(const json_t *record, enum rx_figure figure)
{
	const json_t *value =
		figure == RX_LATENCY
			? json_object_get(json_object_get(record, "latency_us"), "median")
			: json_object_get(json_object_get(record, "bandwidth_MBps"), "average");

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static struct rx_spread spread_then(const json_t *results, const struct rx_bench *bench,
				    const struct rx_bench_record *r)
{
	double *values = rx_alloc(json_array_size(results) + 1, sizeof(*values));
	struct rx_spread spread;
	size_t i, n = 0;
	json_t *record;

	json_array_foreach(results, i, record)
		if (is_same(record, bench, r) && !isnan(figure_of(record, r->test->figure)))
			values[n++] = figure_of(record, r->test->figure);
	spread = rx_spread_of(values, n);
	free(values);
	return spread;
}

json_t *rx_baseline_load(const char *file, struct rx_err *err)
{
	json_error_t where;
	json_t *root = json_load_file(file, 0, &where);

	if (json_is_array(json_object_get(root, "results")))
		return root;
	rx_usage(err, "results-unreadable",
		 "--baseline: %s has no results of bench --format json: %s", file,
		 root ? "no list \"results\"" : where.text);
	json_decref(root);
	return NULL;
}

/* Figures of the earlier run that this one did not ask for. */
static size_t left_out(const json_t *results, const struct rx_bench *bench,
		       const struct rx_summary *list, size_t n)
{
	size_t i, k, count = 0;
	json_t *record;

	json_array_foreach(results, i, record) {
		for (k = 0; k < n && !is_same(record, bench, list[k].first); k++)
			;
		count += k == n && has(record, "status", "pass");
	}
	return count;
}

/* Parameters that are no part of a record, and change its figure. */
static void tell_parameters(const json_t *earlier, const struct rx_bench *bench)
{
	const struct rx_bench_parameters *p = &bench->p;
	const json_t *then = json_object_get(earlier, "parameters");
	json_int_t depth = json_integer_value(json_object_get(then, "depth"));
	const char *what = NULL;

	if (!then)
		return;
	if (depth != (json_int_t)p->depth)
		what = "--depth";
	else if (json_is_true(json_object_get(then, "concurrent")) != p->concurrent)
		what = "--concurrent";
	else if (!has(then, "pattern", bench->pattern))
		what = "--pattern";
	if (what)
		rx_warn("bench %s: the earlier run was made with another %s; the figures may "
			"differ for that reason",
			bench->view->lab.name, what);
}

unsigned rx_baseline_count(const json_t *earlier, const struct rx_bench *bench)
{
	const json_t *results = json_object_get(earlier, "results");
	size_t n, i, compared = 0, missing;
	struct rx_summary *list = rx_summarise(bench, &n);
	unsigned worse = 0;

	for (i = 0; i < n; i++) {
		const struct rx_spread then = spread_then(results, bench, list[i].first);
		const struct rx_spread *now = rx_figure_of(&list[i]);

		compared += then.n > 0;
		if (!rx_is_worse(&then, now, list[i].first->test->figure))
			continue;
		if (now->n)
			tell(bench, list[i].first, "%.4g, where it was %.4g", now->median,
			     then.median);
		else
			tell(bench, list[i].first, "not measured, where it was %.4g", then.median);
		worse++;
	}
	missing = left_out(results, bench, list, n);
	free(list);
	tell_parameters(earlier, bench);
	if (missing)
		rx_note("bench %s: %zu results of the earlier run were not measured this time",
			bench->view->lab.name, missing);
	if (!compared)
		rx_note("bench %s: nothing could be compared: the earlier run has no result of "
			"these tests, endpoints and sizes",
			bench->view->lab.name);
	return compared ? worse : 1;
}
