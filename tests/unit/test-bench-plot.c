/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bench --plot asks gnuplot for, of which a stand-in writes down its input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/bench/summary.h"

static struct rx_node nodes[2];
static struct rx_node_view views[2];
static struct rx_view view;

static const struct rx_bench_test *test_named(const char *name)
{
	for (unsigned i = 0; i < rx_n_bench_tests; i++)
		if (!strcmp(rx_bench_tests[i].name, name))
			return &rx_bench_tests[i];
	return NULL;
}

static void add(struct rx_bench *bench, const char *test, uint32_t size, unsigned repeat,
		double value)
{
	struct rx_bench_record *r = rx_bench_add(bench);

	r->test = test_named(test);
	assert_non_null(r->test);
	if (!strncmp(test, "tcp", 3))
		r->transport = RX_TCP;
	r->to = 1;
	r->size = size;
	r->repeat = repeat;
	r->figure[r->test->figure == RX_LATENCY ? RX_MEDIAN : RX_AVERAGE] = value;
}

static void fill(struct rx_bench *bench)
{
	static const double values[] = {20, 10, 40};

	memset(bench, 0, sizeof(*bench));
	snprintf(nodes[0].name, sizeof(nodes[0].name), "a");
	snprintf(nodes[1].name, sizeof(nodes[1].name), "b");
	views[0].want = &nodes[0];
	views[1].want = &nodes[1];
	view.nodes = views;
	view.n_nodes = view.n_endpoints = 2;
	snprintf(view.lab.name, sizeof(view.lab.name), "duo");
	bench->view = &view;
	bench->p.repeats = 3;
	for (unsigned i = 0; i < 3; i++) {
		add(bench, "write-bw", 4096, i + 1, values[i]);
		add(bench, "write-lat", 4096, i + 1, values[i]);
		add(bench, "tcp-lat", 4096, i + 1, values[i] * 2);
	}
}

/* What gnuplot was asked for; the caller frees. */
static char *asked(const struct rx_bench *bench)
{
	char folder[] = "/tmp/rxelab-plot-XXXXXX", program[64], input[64], *path = getenv("PATH");
	char *text = calloc(1, 65536), *before = strdup(path);
	struct rx_err err = {0};
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(program, sizeof(program), "%s/gnuplot", folder);
	snprintf(input, sizeof(input), "%s/input", folder);
	file = fopen(program, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nexec /bin/cat >%s\n", input);
	fclose(file);
	assert_int_equal(chmod(program, 0755), 0);
	setenv("PATH", folder, 1);
	assert_int_equal(rx_bench_plot(bench, "out.svg", &err), 0);
	setenv("PATH", before, 1);
	free(before);
	file = fopen(input, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	unlink(input);
	unlink(program);
	rmdir(folder);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_titles_and_units(void **state)
{
	struct rx_bench bench;
	char *text;

	(void)state;
	fill(&bench);
	text = asked(&bench);
	has(text, "set title 'Bandwidth of lab duo");
	has(text, "set title 'Latency of lab duo");
	has(text, "set ylabel 'MB/s");
	has(text, "set ylabel 'median latency, microseconds");
	has(text, "set xlabel 'message size, bytes");
	/* the axis of latency has more than its decades */
	has(text, "set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100,");
	free(text);
	rx_bench_free(&bench);
}

/* Of one line alone at its size; of two on either side of it, so that no bar hides another. */
static void test_error_bars_are_apart(void **state)
{
	double size[2], low, high, median;
	struct rx_bench bench;
	char *text, *at;

	(void)state;
	fill(&bench);
	text = asked(&bench);
	has(text, "$line0 << EOD\n4096 20 10 40\nEOD\n");
	has(text, "$line0 with yerrorbars");
	has(text, "of 3'");
	at = strstr(text, "set ytics");
	for (int i = 0; i < 2; i++) {
		at = strstr(at, "<< EOD\n") + 7;
		assert_int_equal(sscanf(at, "%lf %lf %lf %lf", &size[i], &median, &low, &high), 4);
		assert_true(median == 20 * (i + 1) && low == 10 * (i + 1) && high == 40 * (i + 1));
	}
	assert_true(size[0] < 4096 && size[0] > 3600);
	assert_true(size[1] > 4096 && size[1] < 4600);
	free(text);
	bench.p.repeats = 1;
	text = asked(&bench);
	assert_null(strstr(text, "yerrorbars"));
	free(text);
	rx_bench_free(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_titles_and_units),
		cmocka_unit_test(test_error_bars_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
