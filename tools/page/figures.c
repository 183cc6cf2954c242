/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/page/page.h"

/* One bar: a test by one protocol, over all pairs and repeats. */
struct bar {
	const char *test, *protocol, *transport, *tool, *link;
	double *value, *p99;
	size_t n, n_p99, failed, skipped;
};

/* Bars that can be compared: the same figure, the same size. */
struct chart {
	bool is_latency;
	json_int_t size;
	struct bar *bar;
	size_t n;
};

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static bool is_latency(const char *test)
{
	size_t length = strlen(test);

	return length > 4 && !strcmp(test + length - 4, "-lat");
}

static struct chart *find_chart(struct chart **chart, size_t *n, const json_t *result)
{
	json_int_t size = json_integer_value(json_object_get(result, "size"));
	bool latency = is_latency(text(result, "test"));
	struct chart *made;

	for (size_t i = 0; i < *n; i++)
		if ((*chart)[i].size == size && (*chart)[i].is_latency == latency)
			return &(*chart)[i];
	made = rx_array_add(chart, n, sizeof(**chart));
	made->size = size;
	made->is_latency = latency;
	return made;
}

static struct bar *find_bar(struct chart *chart, const json_t *result)
{
	const struct bar is = {.test = text(result, "test"),
			       .protocol = text(result, "protocol"),
			       .transport = text(result, "transport"),
			       .tool = text(result, "tool"),
			       .link = text(result, "link")};
	struct bar *made;

	for (size_t i = 0; i < chart->n; i++) {
		const struct bar *b = &chart->bar[i];

		if (!strcmp(b->test, is.test) && !strcmp(b->protocol, is.protocol) &&
		    !strcmp(b->transport, is.transport) && !strcmp(b->tool, is.tool) &&
		    !strcmp(b->link, is.link))
			return &chart->bar[i];
	}
	made = rx_array_add(&chart->bar, &chart->n, sizeof(*made));
	*made = is;
	return made;
}

static void add(double **list, size_t *n, const json_t *number)
{
	if (json_is_number(number))
		*(double *)rx_array_add(list, n, sizeof(**list)) = json_number_value(number);
}

static void take(struct chart **chart, size_t *n, const json_t *result)
{
	struct chart *to = find_chart(chart, n, result);
	struct bar *bar = find_bar(to, result);
	const json_t *latency = json_object_get(result, "latency_us");
	const json_t *bandwidth = json_object_get(result, "bandwidth_MBps");
	const char *status = text(result, "status");

	bar->failed += !strcmp(status, "fail");
	bar->skipped += !strcmp(status, "skip") || !strcmp(status, "not run");
	if (strcmp(status, "pass"))
		return;
	add(&bar->value, &bar->n,
	    to->is_latency ? json_object_get(latency, "median")
			   : json_object_get(bandwidth, "average"));
	add(&bar->p99, &bar->n_p99, json_object_get(latency, "p99"));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
static double median(double *value, size_t n)
{
	qsort(value, n, sizeof(*value), compare);
	return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

/* Three digits that count. */
static json_t *figure(double value)
{
	int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
	rx_autofree char *shown = rx_format("%.*f", decimals, value);

	return json_string(shown);
}

/* most: the end of the axis, above 0. Places on the axis are in thousandths of it. */
static json_t *bar_json(struct bar *bar, double most)
{
	json_t *made = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "test", bar->test,
				 "protocol", bar->protocol, "transport", bar->transport, "tool",
				 bar->tool, "link", bar->link, "n", (json_int_t)bar->n, "failed",
				 (json_int_t)bar->failed, "skipped", (json_int_t)bar->skipped);

	if (bar->n) {
		double middle = median(bar->value, bar->n);
		double low = bar->value[0], high = bar->value[bar->n - 1];

		json_object_set_new(made, "median", figure(middle));
		json_object_set_new(made, "min", figure(low));
		json_object_set_new(made, "max", figure(high));
		json_object_set_new(made, "at", json_integer((json_int_t)(1000 * middle / most)));
		json_object_set_new(made, "from", json_integer((json_int_t)(1000 * low / most)));
		json_object_set_new(made, "to", json_integer((json_int_t)(1000 * high / most)));
	}
	if (bar->n_p99)
		json_object_set_new(made, "p99", figure(median(bar->p99, bar->n_p99)));
	return made;
}

static json_t *chart_json(const struct chart *chart)
{
	json_t *bars = json_array();
	double most = 0;

	for (size_t i = 0; i < chart->n; i++)
		for (size_t k = 0; k < chart->bar[i].n; k++)
			if (chart->bar[i].value[k] > most)
				most = chart->bar[i].value[k];
	for (size_t i = 0; i < chart->n; i++)
		json_array_append_new(bars, bar_json(&chart->bar[i], most > 0 ? most : 1));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "metric",
			 chart->is_latency ? "latency" : "bandwidth", "unit",
			 chart->is_latency ? "\xc2\xb5s" : "MB/s", "size", chart->size, "most",
			 figure(most), "bar", bars);
}

static void chart_free(struct chart *chart)
{
	for (size_t i = 0; i < chart->n; i++) {
		free(chart->bar[i].value);
		free(chart->bar[i].p99);
	}
	free(chart->bar);
}

json_t *rx_page_figures(const json_t *bench)
{
	json_t *made = json_pack("{s:O?, s:O?, s:O?, s:O?}", "lab", json_object_get(bench, "lab"),
				 "kernel", json_object_get(bench, "kernel"), "complete",
				 json_object_get(bench, "complete"), "parameters",
				 json_object_get(bench, "parameters"));
	json_t *charts = json_array(), *result;
	struct chart *chart = NULL;
	size_t n = 0, i;

	json_array_foreach(json_object_get(bench, "results"), i, result)
		take(&chart, &n, result);
	for (i = 0; i < n; i++) {
		json_array_append_new(charts, chart_json(&chart[i]));
		chart_free(&chart[i]);
	}
	free(chart);
	json_object_set_new(made, "chart", charts);
	return made;
}
