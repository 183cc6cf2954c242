/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as XML, what pairs have in common, and that nothing in the data becomes markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/page/page.h"

static void xml_is(const char *json, const char *wanted)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	char *text = NULL;
	FILE *out = rx_text_stream(&text);

	assert_non_null(value);
	rx_xml_json(value, "top", out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(value);
}

static void json_becomes_elements(void **state)
{
	(void)state;
	xml_is("{\"a\": 1, \"b\": [true, \"x\"], \"c\": null, \"d\": []}",
	       "<top><a>1</a>\n<b>true</b>\n<b>x</b>\n</top>\n");
	xml_is("[[1, 2], []]", "<top><item>1</item>\n<item>2</item>\n</top>\n<top></top>\n");
	xml_is("1.5", "<top>1.5</top>\n");
}

static void a_key_that_is_no_name_is_an_attribute(void **state)
{
	(void)state;
	xml_is("{\"a b\": 1}", "<top><entry key=\"a b\">1</entry>\n</top>\n");
	xml_is("{\"a><script\": 1}", "<top><entry key=\"a&gt;&lt;script\">1</entry>\n</top>\n");
	xml_is("{\"1\": 1, \"\": 2, \"x:y\": 3, \"\\\"\": 4}",
	       "<top><entry key=\"1\">1</entry>\n<entry key=\"\">2</entry>\n"
	       "<entry key=\"x:y\">3</entry>\n<entry key=\"&quot;\">4</entry>\n</top>\n");
}

static void no_text_ends_its_element(void **state)
{
	(void)state;
	xml_is("\"</top><x a='b'>&amp;]]>\"",
	       "<top>&lt;/top&gt;&lt;x a='b'&gt;&amp;amp;]]&gt;</top>\n");
	xml_is("\"a\\u0001b\\u001b[31mc\\ufffe\"", "<top>a b [31mc\xef\xbf\xbd</top>\n");
}

/* ---- matrix ---- */

static json_t *matrix_of(const char *results)
{
	char *text = rx_format("{\"passed\": 1, \"failed\": 2, \"skipped\": 3, \"results\": [%s]}",
			       results);
	json_t *verify = json_loads(text, 0, NULL), *made;

	assert_non_null(verify);
	made = rx_page_matrix(verify);
	json_decref(verify);
	free(text);
	return made;
}

static const json_t *at(const json_t *value, const char *list, size_t i)
{
	const json_t *found = json_array_get(json_object_get(value, list), i);

	assert_non_null(found);
	return found;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void pairs_with_the_same_outcome_are_a_set(void **state)
{
	json_t *made = matrix_of(
		"{\"test\": \"ledger\", \"from\": \"a\", \"status\": \"pass\"},"
		"{\"test\": \"ledger\", \"from\": \"b\", \"to\": null, \"status\": \"pass\"},"
		"{\"test\": \"rc-send\", \"from\": \"a\", \"to\": \"b\", \"status\": \"pass\"},"
		"{\"test\": \"rc-send\", \"from\": \"b\", \"to\": \"a\", \"status\": \"pass\"},"
		"{\"test\": \"rc-send\", \"from\": \"a\", \"to\": \"c\", \"status\": \"fail\", "
		"\"detail\": \"status 12\", \"attempts\": [{\"status\": \"fail\"}]},"
		"{\"test\": \"whole\", \"from\": null, \"to\": null, \"status\": \"pass\"}");
	const json_t *a = at(made, "row", 0), *failed;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(made, "row")), 3);
	assert_int_equal(json_array_size(json_object_get(made, "set")), 3);
	assert_int_equal(number(at(a, "cell", 0), "set"), 1);
	assert_int_equal(number(at(a, "cell", 1), "set"), 2);
	assert_int_equal(number(at(at(made, "row", 1), "cell", 0), "set"), 2);
	assert_int_equal(number(at(a, "cell", 2), "set"), 3);
	assert_string_equal(text_of(at(a, "cell", 2), "status"), "fail");
	/* c never sent */
	assert_int_equal(json_object_size(at(at(made, "row", 2), "cell", 0)), 0);
	assert_int_equal(number(at(made, "set", 1), "n"), 2);
	failed = at(at(made, "set", 2), "test", 0);
	assert_string_equal(text_of(failed, "attempts"), "fail");
	assert_string_equal(text_of(at(failed, "detail", 0), "text"), "status 12");
	assert_string_equal(text_of(at(made, "failure", 0), "to"), "c");
	assert_string_equal(text_of(at(made, "of_lab", 0), "test"), "whole");
	json_decref(made);
}

/* Every pair fails in a way of its own, among 40 endpoints. */
static void a_page_holds_so_many_sets_and_details(void **state)
{
	char *text = NULL;
	FILE *out = rx_text_stream(&text);
	json_t *made;
	json_int_t pairs = 0;
	size_t i;
	json_t *set;

	(void)state;
	for (int a = 0; a < 40; a++)
		for (int b = 0; b < 40; b++)
			fprintf(out,
				"%s{\"test\": \"t%d\", \"from\": \"e%d\", \"to\": \"e%d\", "
				"\"status\": \"fail\", \"detail\": \"%d.%d\"}",
				a + b ? "," : "", a == b ? 0 : 40 * a + b, a, b, a, b);
	fclose(out);
	made = matrix_of(text);
	assert_int_equal(json_array_size(json_object_get(made, "set")), 100);
	json_array_foreach(json_object_get(made, "set"), i, set)
		pairs += number(set, "n");
	assert_int_equal(pairs, 1600);
	assert_true(json_is_true(json_object_get(at(made, "set", 99), "mixed")));
	assert_int_equal(json_array_size(json_object_get(made, "failure")), 100);
	assert_int_equal(number(made, "more_failures"), 1500);
	json_decref(made);
	free(text);
}

/* ---- figures ---- */

static void repeats_are_median_and_spread(void **state)
{
	json_t *bench = json_loads(
		"{\"results\": ["
		"{\"test\": \"write-bw\", \"protocol\": \"rdma\", \"transport\": \"RC\", \"size\": "
		"64,"
		" \"status\": \"pass\", \"bandwidth_MBps\": {\"average\": 40}},"
		"{\"test\": \"tcp-bw\", \"protocol\": \"tcp\", \"transport\": \"TCP\", \"size\": "
		"64,"
		" \"status\": \"pass\", \"bandwidth_MBps\": {\"average\": 1200}},"
		"{\"test\": \"write-bw\", \"protocol\": \"rdma\", \"transport\": \"RC\", \"size\": "
		"64,"
		" \"status\": \"pass\", \"bandwidth_MBps\": {\"average\": 10}},"
		"{\"test\": \"write-bw\", \"protocol\": \"rdma\", \"transport\": \"RC\", \"size\": "
		"64,"
		" \"status\": \"fail\", \"bandwidth_MBps\": null},"
		"{\"test\": \"write-lat\", \"protocol\": \"rdma\", \"transport\": \"RC\", "
		"\"size\": 64,"
		" \"status\": \"pass\", \"latency_us\": {\"median\": 9.5, \"p99\": null}}]}",
		0, NULL);
	json_t *made = rx_page_figures(bench);
	const json_t *chart = at(made, "chart", 0), *bar = at(chart, "bar", 0);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(made, "chart")), 2);
	assert_string_equal(text_of(chart, "most"), "1200");
	assert_string_equal(text_of(bar, "median"), "25.0");
	assert_string_equal(text_of(bar, "min"), "10.0");
	assert_string_equal(text_of(bar, "max"), "40.0");
	assert_int_equal(number(bar, "n"), 2);
	assert_int_equal(number(bar, "failed"), 1);
	assert_int_equal(number(bar, "at"), 20); /* of 1,000 */
	assert_int_equal(number(at(chart, "bar", 1), "at"), 1000);
	chart = at(made, "chart", 1);
	assert_string_equal(text_of(chart, "metric"), "latency");
	assert_string_equal(text_of(at(chart, "bar", 0), "median"), "9.50");
	assert_null(json_object_get(at(chart, "bar", 0), "p99"));
	json_decref(made);
	json_decref(bench);
}

/* ---- the page ---- */

static char *page_of(enum rx_page page, json_t *data, const char *drawing)
{
	char *text = NULL;
	FILE *out = rx_text_stream(&text);
	struct rx_err err;
	int rc = rx_page_write(page, data, drawing, out, &err);

	fclose(out);
	if (rc)
		fail_msg("%s: %s", err.id, err.text);
	json_decref(data);
	return text;
}

/* Whatever a name is, the page has it as text. tests/py/test_report_html.py asks a parser, too. */
static void nothing_in_the_data_becomes_markup(void **state)
{
	static const char *const hostile[] = {
		"MARK<script>alert(1)</script>",
		"MARK\"'><img src=x onerror=alert(1)>",
		"MARK]]><x>",
		"MARK<!--\" onclick=\"x-->",
		"MARK&lt;script&gt;",
		"MARK&{alert(1)};",
		"MARK</style></title></pre><b>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		const char *bad = hostile[i];
		char *page = page_of(RX_PAGE_LAB,
				     json_pack("{s:s, s:s, s:s, s:{s:s, s:[{s:s}]}, s:{s:[{s:s, "
					       "s:s}]}, s:[{s:s, "
					       "s:s, s:s}]}",
					       "lab", bad, "made", bad, "lab_file", bad, "inspect",
					       "parent", bad, "endpoints", "name", bad, "doctor",
					       "findings", "check", bad, "verdict", bad, "source",
					       "what", "verify", "state", "failed", "words", bad),
				     NULL);

		assert_non_null(strstr(page, "MARK"));
		assert_null(strstr(page, "MARK<"));
		assert_null(strstr(page, "<script"));
		assert_null(strstr(page, "<img"));
		assert_null(strstr(page, "<x>"));
		assert_null(strstr(page, "<!--"));
		assert_null(strstr(page, "MARK&lt;script&gt;alert(1)</"));
		if (strstr(bad, "MARK&lt;"))
			assert_non_null(strstr(page, "MARK&amp;lt;script&amp;gt;"));
		free(page);
	}
}

static void links_lead_to_the_web_alone(void **state)
{
	static const struct {
		const char *issue;
		bool is_link;
	} issues[] = {
		{"evidence; https://example.org/a?b&c", true},
		{"evidence; http://example.org/", true},
		{"evidence; javascript:alert(1)", false},
		{"evidence; JavaScript:alert(1)//; http:", false},
		{"evidence; data:text/html,x", false},
		{"evidence; https://example.org/ and more", false},
		{"docs/dev/kernel-notes.md", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(issues) / sizeof(*issues); i++) {
		char *page = page_of(RX_PAGE_KERNELS,
				     json_pack("{s:[{s:s, s:[{s:s, s:s, s:[{s:s, s:s, s:s}]}]}]}",
					       "kernels", "kernel", "k", "cases", "case", "a/b",
					       "status", "xfail", "checks", "name", "n", "status",
					       "xfail", "issue", issues[i].issue),
				     NULL);
		const char *link = strstr(page, "<a href=\"");

		while (link && link[9] == '#')
			link = strstr(link + 1, "<a href=\"");
		assert_int_equal(!!link, issues[i].is_link);
		assert_true(!link || !strncmp(link + 9, "http", 4));
		free(page);
	}
}

static void a_drawing_is_shapes_alone(void **state)
{
	char *page = page_of(
		RX_PAGE_LAB, json_pack("{s:s}", "lab", "quad"),
		"<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x.dtd\">"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" "
		"xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
		"width=\"10pt\" height=\"10pt\" onload=\"BAD()\"><style>BAD</style>"
		"<script>BAD()</script><g id=\"BAD\" transform=\"scale(1)\" onclick=\"BAD()\">"
		"<a xlink:href=\"javascript:BAD()\"><text x=\"1\">GOOD</text></a>"
		"<image href=\"BAD.png\"/><foreignObject>BAD</foreignObject>"
		"<polygon points=\"0,0\" fill=\"url(BAD)\"/></g></svg>");

	(void)state;
	assert_non_null(strstr(page, "<text x=\"1\">GOOD</text>"));
	assert_non_null(strstr(page, "<polygon points=\"0,0\"></polygon>"));
	assert_null(strstr(page, "BAD"));
	free(page);
}

static void data_too_deep_are_an_error(void **state)
{
	json_t *data = json_object();
	char *text = NULL;
	FILE *out = rx_text_stream(&text);
	struct rx_err err;

	(void)state;
	for (int i = 0; i < 300; i++)
		data = json_pack("{s:o}", "a", data);
	assert_int_equal(rx_page_write(RX_PAGE_LAB, data, NULL, out, &err), -EIO);
	assert_string_equal(err.id, "page-failed");
	fclose(out);
	assert_string_equal(text, "");
	json_decref(data);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_becomes_elements),
		cmocka_unit_test(a_key_that_is_no_name_is_an_attribute),
		cmocka_unit_test(no_text_ends_its_element),
		cmocka_unit_test(pairs_with_the_same_outcome_are_a_set),
		cmocka_unit_test(a_page_holds_so_many_sets_and_details),
		cmocka_unit_test(repeats_are_median_and_spread),
		cmocka_unit_test(nothing_in_the_data_becomes_markup),
		cmocka_unit_test(links_lead_to_the_web_alone),
		cmocka_unit_test(a_drawing_is_shapes_alone),
		cmocka_unit_test(data_too_deep_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
