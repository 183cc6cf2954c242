/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writers of tables, KTAP and JUnit, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/report/junit.h"
#include "tools/report/report-file.h"
#include "tools/report/table.h"
#include "tools/report/tap.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	return open_memstream(&text, &size);
}

static void is(FILE *out, const char *wanted)
{
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static struct rx_table *small_table(void)
{
	struct rx_table *table = rx_table_new(2, (const char *const[]){"NAME", "WHAT"});

	rx_table_row(table, (const char *const[]){"a", "first one"});
	rx_table_row(table, (const char *const[]){"longer", NULL});
	return table;
}

static void a_table_is_as_wide_as_its_cells(void **state)
{
	FILE *out = begin();

	(void)state;
	rx_table_print(small_table(), out);
	is(out, "NAME    WHAT\n"
		"a       first one\n"
		"longer  -\n");
	out = begin();
	rx_table_print(rx_table_new(1, (const char *const[]){"ALONE"}), out);
	is(out, "ALONE\n");
}

static void what_all_rows_have_is_said_once(void **state)
{
	struct rx_table *table = rx_table_new(3, (const char *const[]){"A", "B", "C"});
	FILE *out = begin();

	(void)state;
	assert_null(rx_table_same(table, 1));
	rx_table_row(table, (const char *const[]){"1", "same", "2"});
	rx_table_row(table, (const char *const[]){"3", "same", NULL});
	assert_string_equal(rx_table_same(table, 1), "same");
	assert_null(rx_table_same(table, 0));
	assert_null(rx_table_same(table, 2));
	rx_table_drop(table, 1);
	rx_table_print(table, out);
	is(out, "A  C\n"
		"1  2\n"
		"3  -\n");
}

static void the_same_as_markdown(void **state)
{
	FILE *out = begin();

	(void)state;
	rx_table_markdown(small_table(), out);
	is(out, "| NAME | WHAT |\n"
		"|---|---|\n"
		"| a | first one |\n"
		"| longer | - |\n");
}

static void tap_nests_and_counts(void **state)
{
	struct rx_tap tap = {.out = begin()};

	(void)state;
	rx_tap_open(&tap, NULL, 3);
	rx_tap_open(&tap, "inner", 5);
	rx_tap_result(&tap, RX_PASS, "plain", "not told");
	rx_tap_result(&tap, RX_FAIL, "bad", "why");
	rx_tap_result(&tap, RX_SKIP, "a #1", "no device");
	rx_tap_result(&tap, RX_XFAIL, "known", NULL);
	rx_tap_result(&tap, RX_XPASS, "mended", "issue 7");
	rx_tap_note(&tap, "%d seen", 5);
	rx_tap_close(&tap);
	rx_tap_result(&tap, RX_FAIL, "inner", NULL);
	rx_tap_open(&tap, "empty", 0);
	rx_tap_close(&tap);
	rx_tap_result(&tap, RX_SKIP, "empty", NULL);
	rx_tap_result(&tap, RX_PASS, "last", NULL);
	is(tap.out, "KTAP version 1\n"
		    "1..3\n"
		    "  KTAP version 1\n"
		    "  # Subtest: inner\n"
		    "  1..5\n"
		    "  ok 1 plain\n"
		    "  # why\n"
		    "  not ok 2 bad\n"
		    "  ok 3 a .1 # SKIP no device\n"
		    "  ok 4 known # XFAIL \n"
		    "  ok 5 mended # XPASS issue 7\n"
		    "  # 5 seen\n"
		    "not ok 1 inner\n"
		    "  KTAP version 1\n"
		    "  # Subtest: empty\n"
		    "  1..0\n"
		    "ok 2 empty # SKIP \n"
		    "ok 3 last\n");
}

static void junit_escapes(void **state)
{
	const struct rx_junit junit = {.out = begin(), .decimals = 3};

	(void)state;
	rx_junit_begin(&junit);
	rx_junit_suite(&junit, &(struct rx_junit_suite){"a<b", 4, 1, 1, 1, 1.5});
	rx_junit_case(&junit,
		      &(struct rx_junit_case){.suite = "s", .name = "one", .seconds = 0.25});
	rx_junit_case(&junit, &(struct rx_junit_case){.suite = "s",
						      .name = "two",
						      .tag = "failure",
						      .message = "\"x\" & <y>\001"});
	rx_junit_case(&junit, &(struct rx_junit_case){.suite = "s",
						      .name = "three",
						      .seconds = -1,
						      .tag = "error",
						      .message = "none",
						      .text = "1 > 0\n"});
	rx_junit_case(&junit,
		      &(struct rx_junit_case){
			      .suite = "s", .name = "four", .tag = "system-out", .text = ""});
	rx_junit_suite_end(&junit);
	rx_junit_end(&junit);
	is(junit.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<testsuites>\n"
		      "  <testsuite name=\"a&lt;b\" tests=\"4\" failures=\"1\" skipped=\"1\" "
		      "errors=\"1\" time=\"1.500\">\n"
		      "    <testcase classname=\"s\" name=\"one\" time=\"0.250\"/>\n"
		      "    <testcase classname=\"s\" name=\"two\" time=\"0.000\">"
		      "<failure message=\"&quot;x&quot; &amp; &lt;y&gt; \"/></testcase>\n"
		      "    <testcase classname=\"s\" name=\"three\">"
		      "<error message=\"none\">1 &gt; 0\n</error></testcase>\n"
		      "    <testcase classname=\"s\" name=\"four\" time=\"0.000\">"
		      "<system-out></system-out></testcase>\n"
		      "  </testsuite>\n"
		      "</testsuites>\n");
}

static void outcomes_have_words(void **state)
{
	enum rx_outcome back;

	(void)state;
	for (int i = 0; i < RX_OUTCOMES; i++) {
		assert_true(rx_outcome_from_word(rx_outcome_word((enum rx_outcome)i), &back));
		assert_int_equal(back, i);
	}
	assert_false(rx_outcome_from_word("passed", &back));
	assert_true(RX_SKIP < RX_PASS && RX_PASS < RX_XFAIL && RX_XPASS < RX_FAIL);
}

static void a_file_that_cannot_be_written_is_told(void **state)
{
	char path[] = "/tmp/rxelab-report-XXXXXX";
	struct rx_err err = {.text = ""};
	FILE *out;

	(void)state;
	close(mkstemp(path));
	out = rx_report_open(path, &err);
	assert_non_null(out);
	fputs("x", out);
	assert_int_equal(rx_report_close(out, path, &err), 0);
	unlink(path);
	assert_null(rx_report_open("/nosuch/file", &err));
	assert_string_equal(err.id, "output-write");
	assert_int_equal(err.code, ENOENT);
	out = rx_report_open("/dev/full", &err);
	fputs("x", out);
	assert_int_equal(rx_report_close(out, "/dev/full", &err), -EIO);
	assert_ptr_equal(rx_report_open(NULL, &err), stdout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_as_wide_as_its_cells),
		cmocka_unit_test(what_all_rows_have_is_said_once),
		cmocka_unit_test(the_same_as_markdown),
		cmocka_unit_test(tap_nests_and_counts),
		cmocka_unit_test(junit_escapes),
		cmocka_unit_test(outcomes_have_words),
		cmocka_unit_test(a_file_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
