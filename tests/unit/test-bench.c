/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench's parts that need no device: figures, parameters, summaries, formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/bench/expect.h"
#include "tools/bench/idle.h"
#include "tools/bench/summary.h"

static void test_percentiles(void **state)
{
	struct rx_histogram *h = calloc(1, sizeof(*h));
	static const double shares[] = {0.01, 0.5, 0.9, 0.99, 0.999};

	(void)state;
	assert_true(isnan(rx_histogram_at(h, 0.5)));
	for (uint64_t v = 1; v <= 100000; v++)
		rx_histogram_add(h, v * 10);
	assert_int_equal(h->count, 100000);
	assert_int_equal(h->min, 10);
	assert_int_equal(h->max, 1000000);
	for (size_t i = 0; i < 5; i++) {
		double right = shares[i] * 1e6;

		assert_true(fabs(rx_histogram_at(h, shares[i]) - right) <= right / 64 + 1);
	}
	assert_true(rx_histogram_at(h, 1) <= 1e6);
	free(h);
}

static void test_one_value_is_every_percentile(void **state)
{
	static const uint64_t values[] = {0, 1, 63, 64, 65, 127, 128, 4095, 123456789, 1ULL << 60};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct rx_histogram *h = calloc(1, sizeof(*h));

		rx_histogram_add(h, values[i]);
		assert_true(rx_histogram_at(h, 0.5) == (double)values[i]);
		assert_true(rx_histogram_at(h, 0.999) == (double)values[i]);
		free(h);
	}
}

static struct rx_rate rate_of(double began, double start, double end)
{
	struct rx_rate rate;

	rx_rate_start(&rate, &(struct rx_window){began, start, end});
	return rate;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

static void test_rate(void **state)
{
	struct rx_rate rate = rate_of(99, 100, 101);

	(void)state;
	rx_rate_add(&rate, 99.5, 7000000, 1); /* while it warms up */
	assert_true(isnan(rx_rate_average(&rate)));
	/* half of it flowed before counting began, */
	rx_rate_add(&rate, 100.5, 10000000, 1);
	assert_true(near(rate.bytes, 5000000));
	/* and half of this after it had ended */
	rx_rate_add(&rate, 101.5, 40000000, 1);
	assert_true(near(rate.bytes, 25000000));
	assert_true(near(rx_rate_average(&rate), 25));
	assert_true(near(rx_rate_peak(&rate), 40));
	rx_rate_add(&rate, 110, 90000000, 1);
	assert_true(near(rx_rate_average(&rate), 25));
	assert_int_equal(rate.all_bytes, 147000000);
	assert_int_equal(rate.all_messages, 4);
	rx_rate_free(&rate);
}

/* What stops early does not hold its rate: flows at once have one window. */
static void test_the_whole_window_counts(void **state)
{
	struct rx_rate rate = rate_of(100, 100, 102);

	(void)state;
	rx_rate_add(&rate, 100.5, 1000000, 1);
	assert_true(near(rx_rate_average(&rate), 0.5));
	assert_true(near(rate.series[0], 200000) && near(rate.series[4], 200000));
	rx_rate_free(&rate);
}

/* 8 MB in 0.8 s are 10 MB/s at their best, not 80. */
static void test_a_peak_is_no_whole_number_of_messages(void **state)
{
	struct rx_rate rate = rate_of(100, 100, INFINITY);

	(void)state;
	for (int i = 1; i <= 3; i++)
		rx_rate_add(&rate, 100 + 0.8 * i, 8000000, 1);
	assert_true(near(rx_rate_average(&rate), 10));
	assert_true(isnan(rx_rate_peak(&rate)) || near(rx_rate_peak(&rate), 10));
	rx_rate_add(&rate, 102.6, 8000000, 1);
	rx_rate_add(&rate, 102.8, 1000000, 1);
	assert_true(near(rx_rate_peak(&rate), 40));
	rx_rate_free(&rate);
}

static void test_one_interval_has_no_peak(void **state)
{
	struct rx_rate rate = rate_of(100, 100, INFINITY);

	(void)state;
	rx_rate_add(&rate, 100.1, 9000000, 1);
	rx_rate_add(&rate, 100.15, 1000, 1);
	assert_true(isnan(rx_rate_peak(&rate)));
	rx_rate_add(&rate, 100.25, 1000, 1);
	assert_true(near(rx_rate_peak(&rate), 90));
	rx_rate_free(&rate);
}

/* p99 of 99 samples would be the greatest of them. */
static void test_percentiles_want_samples(void **state)
{
	double figure[RX_FIGURES] = {[RX_P99] = 1, [RX_P999] = 2, [RX_SAMPLES] = 1000};

	(void)state;
	rx_bench_keep_percentiles(figure);
	assert_true(figure[RX_P99] == 1 && figure[RX_P999] == 2);
	figure[RX_SAMPLES] = 999;
	rx_bench_keep_percentiles(figure);
	assert_true(figure[RX_P99] == 1 && isnan(figure[RX_P999]));
	figure[RX_SAMPLES] = 99;
	rx_bench_keep_percentiles(figure);
	assert_true(isnan(figure[RX_P99]));
}

/* Waiting counts within the window alone. */
static void test_waiting(void **state)
{
	const struct rx_window all = {0, 0, INFINITY}, past = {0, 0, 1};
	struct rx_idle idle = {0};
	double until = rx_now() + 0.02;

	(void)state;
	rx_idle_begin(&idle);
	while (rx_now() < until)
		;
	rx_idle_end(&idle, &all);
	assert_true(idle.waited > 0 && idle.waited < 10);
	idle.waited = 0;
	rx_idle_begin(&idle);
	rx_idle_end(&idle, &past);
	assert_true(idle.waited == 0);
}

/* Three repeats between two endpoints, the second failed, and no peak measured. */
static struct rx_bench *three_repeats(void)
{
	static struct rx_node nodes[2];
	static struct rx_node_view views[2];
	static struct rx_view view;
	static struct rx_bench bench;
	static const double averages[] = {100, NAN, 300};

	memset(&bench, 0, sizeof(bench));
	snprintf(nodes[0].name, sizeof(nodes[0].name), "a");
	snprintf(nodes[1].name, sizeof(nodes[1].name), "b");
	views[0].want = &nodes[0];
	views[1].want = &nodes[1];
	view.nodes = views;
	view.n_nodes = view.n_endpoints = 2;
	view.plane = RX_PLANE_NETNS;
	snprintf(view.lab.name, sizeof(view.lab.name), "duo");
	bench.view = &view;
	bench.p.repeats = 3;
	for (unsigned i = 0; i < 3; i++) {
		struct rx_bench_record *r = rx_bench_add(&bench);

		r->test = &rx_bench_tests[1];
		r->from = 0;
		r->to = 1;
		r->size = 65536;
		r->repeat = i + 1;
		r->figure[RX_AVERAGE] = averages[i];
		if (i == 1) {
			r->status = "fail";
			snprintf(r->detail, sizeof(r->detail), "status 12, \"dead\"");
		}
	}
	return &bench;
}

static void test_sizes(void **state)
{
	static const char *const bad[] = {
		"", "1", "0", "9M", "64,", "x", "64k-2", "-2", "64q", "2-", "99999999999999999999"};
	struct rx_bench_parameters p;
	struct rx_err err;

	(void)state;
	assert_int_equal(rx_bench_sizes("2-16,64k,1M", &p, &err), 0);
	assert_int_equal(p.n_sizes, 6);
	assert_int_equal(p.sizes[0], 2);
	assert_int_equal(p.sizes[3], 16);
	assert_int_equal(p.sizes[4], 65536);
	assert_int_equal(p.sizes[5], 1 << 20);
	assert_int_equal(rx_bench_sizes("2-8M", &p, &err), 0);
	assert_int_equal(p.n_sizes, 23);
	assert_int_equal(p.sizes[22], 8 << 20);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(rx_bench_sizes(bad[i], &p, &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
	}
}

static void test_other_words(void **state)
{
	struct rx_bench_parameters p = {0};
	struct rx_err err;

	(void)state;
	assert_int_equal(rx_bench_cpus("0,1,5", &p, &err), 0);
	assert_int_equal(p.n_cpus, 3);
	assert_int_equal(p.cpus[2], 5);
	assert_true(rx_bench_cpus("0,,1", &p, &err) < 0);
	assert_true(rx_bench_cpus("a", &p, &err) < 0);
	assert_int_equal(rx_bench_select("write-bw,tcp-lat", p.selected, &err), 0);
	assert_true(rx_bench_select("write", p.selected, &err) < 0);
	assert_int_equal(err.status, RX_USAGE);
}

static void test_summary(void **state)
{
	struct rx_bench *bench = three_repeats();
	size_t n;
	struct rx_summary *list = rx_summarise(bench, &n);

	(void)state;
	assert_int_equal(n, 1);
	assert_int_equal(list[0].repeats, 3);
	assert_int_equal(list[0].passed, 2);
	assert_true(list[0].spread[RX_AVERAGE].median == 200 &&
		    list[0].spread[RX_AVERAGE].low == 100 &&
		    list[0].spread[RX_AVERAGE].high == 300);
	assert_true(isnan(list[0].spread[RX_PEAK].median));
	assert_non_null(strstr(list[0].note, "dead"));
	assert_true(isnan(rx_fairness(list, n, &list[0])));
	free(list);
	rx_bench_free(bench);
}

static void test_expectations(void **state)
{
	static const char *const bad[] = {"",           "write-bw",     "write-bw>30",
					  "write-bw>=", "write-bw>=x",  "write-bw>=30,",
					  "what-bw>=1", "send-lat<=100"};
	struct rx_bench *bench = three_repeats();
	struct rx_err err;

	(void)state;
	assert_int_equal(rx_bench_select("write-bw,read-bw", bench->p.selected, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(rx_expect_judge(bad[i], &bench->p, &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
	}
	assert_int_equal(rx_expect_judge("write-bw>=30,read-bw<=1e3", &bench->p, &err), 0);
	assert_int_equal(rx_expect_count("write-bw>=200,write-bw<=200", bench), 0);
	assert_int_equal(rx_expect_count("write-bw>=201,write-bw<=199", bench), 2);
	for (size_t i = 0; i < bench->n; i++)
		bench->record[i].figure[RX_AVERAGE] = NAN;
	assert_int_equal(rx_expect_count("write-bw<=200", bench), 1);
	rx_bench_free(bench);
}

/* Beyond both runs' spread, and by a tenth. */
static void test_worse(void **state)
{
	const struct rx_spread then = {100, 90, 110, 3}, touching = {80, 70, 90, 3},
			       slower = {80, 70, 89, 3}, hardly = {91, 89, 89.5, 3},
			       late = {120, 111, 130, 3}, none = {NAN, NAN, NAN, 0};

	(void)state;
	assert_true(rx_is_worse(&then, &slower, RX_BANDWIDTH));
	assert_false(rx_is_worse(&then, &slower, RX_LATENCY));
	assert_false(rx_is_worse(&then, &touching, RX_BANDWIDTH));
	assert_false(rx_is_worse(&then, &hardly, RX_BANDWIDTH));
	assert_true(rx_is_worse(&then, &late, RX_LATENCY));
	assert_false(rx_is_worse(&then, &late, RX_BANDWIDTH));
	assert_true(rx_is_worse(&then, &none, RX_BANDWIDTH));
	assert_false(rx_is_worse(&none, &then, RX_BANDWIDTH));
}

/* An earlier run of three_repeats(): its average, with what else the object says. */
static json_t *a_run(double average, const char *key, const char *word)
{
	json_t *record = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:{s:f}}", "test",
				   rx_bench_tests[1].name, "tool", "rxelab", "transport", "RC",
				   "from", "a", "to", "b", "size", 65536, "status", "pass",
				   "bandwidth_MBps", "average", average);

	if (key)
		json_object_set_new(record, key, json_string(word));
	return json_pack("{s:{s:i},s:[o]}", "parameters", "depth", 64, "results", record);
}

/* No figure in common is no success. */
static void test_baseline(void **state)
{
	static const struct {
		double average;
		const char *key, *word;
		unsigned worse;
	} cases[] = {
		{100, NULL, NULL, 0},       {1000, NULL, NULL, 1},    {100, "to", "c", 1},
		{100, "network", "x", 1},   {100, "link", "x", 1},    {100, "test", "send-bw", 1},
		{100, "status", "fail", 1}, {1000, "network", "", 1},
	};
	struct rx_bench *bench = three_repeats();
	json_t *none = json_pack("{s:[]}", "results");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *run = a_run(cases[i].average, cases[i].key, cases[i].word);

		assert_int_equal(rx_baseline_count(run, bench), cases[i].worse);
		json_decref(run);
	}
	assert_int_equal(rx_baseline_count(none, bench), 1);
	json_decref(none);
	rx_bench_free(bench);
}

static char *written(int (*write)(const struct rx_bench *, FILE *))
{
	struct rx_bench *bench = three_repeats();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(write(bench, out), 0);
	fclose(out);
	rx_bench_free(bench);
	return text;
}

/* The seed's "BW peak 0.00": what was not measured must be absent. */
static void test_an_unmeasured_peak_is_null(void **state)
{
	char *text = written(rx_bench_json);
	json_t *root = json_loads(text, 0, NULL), *list = json_object_get(root, "results");
	json_t *first = json_object_get(json_array_get(list, 0), "bandwidth_MBps");

	(void)state;
	assert_int_equal(json_array_size(list), 3);
	assert_true(json_is_null(json_object_get(first, "peak")));
	assert_true(json_real_value(json_object_get(first, "average")) == 100);
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "latency_us")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "status")),
			    "fail");
	json_decref(root);
	free(text);
	text = written(rx_bench_table);
	assert_non_null(strstr(text, "n/a"));
	assert_null(strstr(text, "0.00"));
	/* the status stands beside its own detail */
	assert_non_null(strstr(text, "fail write-bw"));
	free(text);
}

static void test_csv(void **state)
{
	char *text = written(rx_bench_csv);

	(void)state;
	assert_non_null(strstr(text, "write-bw,rdma,RC,rxelab,\"\",a,b,65536,1,pass,100,,,,,,,,,,"
				     "\"\",\"\"\n"));
	assert_non_null(strstr(text, "\"status 12, \"\"dead\"\"\"\n"));
	free(text);
}

/* Two flows, one of which got nothing: half fair, not wholly. */
static void test_a_failed_flow_has_nothing(void **state)
{
	struct rx_bench *bench = three_repeats();
	struct rx_summary *list;
	size_t n;

	(void)state;
	bench->record[1].to = 0;
	bench->record[2].figure[RX_AVERAGE] = 100;
	list = rx_summarise(bench, &n);
	assert_int_equal(n, 2);
	assert_true(near(rx_fairness(list, n, &list[0]), 0.5));
	free(list);
	rx_bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_one_value_is_every_percentile),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_the_whole_window_counts),
		cmocka_unit_test(test_a_peak_is_no_whole_number_of_messages),
		cmocka_unit_test(test_one_interval_has_no_peak),
		cmocka_unit_test(test_percentiles_want_samples),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_a_failed_flow_has_nothing),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_worse),
		cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_an_unmeasured_peak_is_null),
		cmocka_unit_test(test_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
