/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels test without a kernel: what is written of a run, and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/kernels-test.h"
#include "tests/unit/written.h"

/* What was written is what is read, so that a run compared with itself has no change. */
static void json_and_back(void **state)
{
	struct rx_run run = {NULL}, again = {NULL};
	struct rx_err err = {.text = ""};
	char path[32];
	FILE *out;

	(void)state;
	boot(&run, good);
	boot(&run, bad);
	free(run.kernel[1].label);
	run.kernel[1].label = strdup("other");
	rx_run_judge(&run);
	write_file(path, "");
	out = fopen(path, "w");
	assert_int_equal(rx_run_report(&run, "json", out), 0);
	fclose(out);
	assert_int_equal(rx_run_read_json(path, &again, &err), 0);
	rx_baseline_compare(&run, &again);
	assert_int_equal(again.n, 2);
	assert_int_equal(again.n_changes, 1);
	assert_string_equal(again.change->kind, "still failing");
	assert_int_equal(again.kernel[0].verdict, true);
	rx_run_free(&again);

	out = fopen(path, "w");
	fputs("{\"kernels\": [{\"kernel\": \"x\"}]}", out);
	fclose(out);
	assert_true(rx_run_read_json(path, &again, &err) < 0);
	assert_int_equal(err.status, RX_USAGE);
	rx_run_free(&again);
	unlink(path);
	rx_run_free(&run);
}

static char *printed(const struct rx_run *run, const char *format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(rx_run_report(run, format, out), 0);
	fclose(out);
	return text;
}

/* Runs of one release become one: what several have adds up, and the worst stays. */
static void merged_runs(void **state)
{
	static const char *const more[] = {"up",
					   "kernel\t7.3.4\t#1 SMP",
					   "begin\ta/two",
					   "check\tfail\tz\twhy",
					   "end\ta/two\t2",
					   "begin\tb/three",
					   "check\tpass\tx\t",
					   "end\tb/three\t1",
					   "verdict\tbad\t2",
					   NULL};
	static const char *const other[] = {"up",
					    "kernel\t6.1\t#1 SMP",
					    "begin\ta/one",
					    "check\tpass\tx\t",
					    "end\ta/one\t1",
					    "verdict\tgood\t1",
					    NULL};
	static const char *const dead[] = {"up", "kernel\t6.1\t#1 SMP", NULL};
	struct rx_run run = {NULL};
	const struct rx_case *two;

	(void)state;
	boot(&run, good);
	boot(&run, other);
	boot(&run, more);
	boot(&run, dead);
	rx_run_merge(&run);
	assert_int_equal(run.n, 2);
	assert_string_equal(run.kernel[0].release, "7.3.4");
	assert_int_equal(run.kernel[0].n, 3);
	two = rx_kernel_find_case(run.kernel, "a/two");
	assert_int_equal(two->begun, 2);
	assert_int_equal(two->check[0].runs, 2);
	assert_int_equal(two->check[0].failures, 1);
	assert_string_equal(two->check[0].detail, "why");
	assert_int_equal(rx_case_outcome(two), RX_FAIL);
	assert_true(run.kernel[0].verdict);
	assert_false(run.kernel[1].verdict); /* one of its guests said none */
	rx_run_free(&run);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void formats(void **state)
{
	struct rx_run run = {NULL};
	char *text;

	(void)state;
	boot(&run, bad);
	rx_run_judge(&run);
	text = printed(&run, "tap");
	assert_has(text, "KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: 7.3.4\n  1..2\n"
			 "    KTAP version 1\n"
			 "    # Subtest: a/one\n    1..1\n    # it | broke\n    not ok 1 x\n"
			 "  not ok 1 a/one\n");
	assert_has(text, "\n  ok 2 a/two\nnot ok 1 7.3.4\n");
	free(text);
	text = printed(&run, "junit");
	assert_has(text, "<testsuite name=\"7.3.4\" tests=\"2\" failures=\"1\" skipped=\"0\" "
			 "errors=\"0\"");
	assert_has(text,
		   "name=\"a/one\" time=\"1.500\"><failure message=\"failed\">fail: x: it | broke");
	free(text);
	text = printed(&run, "markdown");
	assert_has(text, "| case | 7.3.4 |\n|---|---|\n| a/one | fail |\n| a/two | pass |\n");
	free(text);
	text = printed(&run, "table");
	assert_has(text, "FAILED: 7.3.4: a/one: x\n    it\n    broke\n");
	free(text);
	rx_run_free(&run);
}

/* Lines of a guest with wild bytes between the words that mean something. */
static void whatever_bytes_a_guest_prints(void **state)
{
	static const char *const parts[] = {
		"check\tfail\t", "check\tpass\t", "judge\tskip\t",   "\t",           "\n",
		"end\ta/b\t1\n", "begin\ta/",     "capability\tx\t", "yes\t",        "note\t",
		"stop\t",        "kernel\t",      "[id] ",           "\xed\xa0\x80", "\xef\xbf\xbe",
		"]]>",           "&#0;<!--",      "end\ta/b\tinf\n", "begin\ta/b\n", "\x1b[31m"};
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct rx_run run = {NULL};
		char data[400] = "";
		size_t size = 0;

		while (size < 340) {
			int part = rand_r(&seed) % 26;

			if (part < (int)(sizeof(parts) / sizeof(parts[0])))
				size += (size_t)snprintf(data + size, sizeof(data) - size, "%s",
							 parts[part]);
			else
				data[size++] = (char)rand_r(&seed);
		}
		feed_bytes(&run, (const uint8_t *)data, size);
		must_be_valid(&run);
		rx_run_free(&run);
	}
}

/* Each of them a number, their sum none. */
static void seconds_without_end(void **state)
{
	static const char text[] = "check\tpass\tx\t\nend\ta/b\t1e308\n"
				   "begin\ta/b\nend\ta/b\t1e308\n";
	struct rx_run run = {NULL};

	(void)state;
	feed_bytes(&run, (const uint8_t *)text, sizeof(text) - 1);
	assert_int_equal(run.kernel->test->ended, 2);
	must_be_valid(&run);
	rx_run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_and_back),
		cmocka_unit_test(merged_runs),
		cmocka_unit_test(formats),
		cmocka_unit_test(seconds_without_end),
		cmocka_unit_test(whatever_bytes_a_guest_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
