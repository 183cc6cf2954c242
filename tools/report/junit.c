/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/junit.h"

#include "tools/cli/output.h"

static void write_attribute(const char *name, const char *value, FILE *out)
{
	fprintf(out, " %s=\"", name);
	rx_xml_write(value, out);
	fputc('"', out);
}

void rx_junit_begin(const struct rx_junit *junit)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", junit->out);
}

void rx_junit_suite(const struct rx_junit *junit, const struct rx_junit_suite *suite)
{
	fputs("  <testsuite", junit->out);
	write_attribute("name", suite->name, junit->out);
	fprintf(junit->out,
		" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" errors=\"%zu\" time=\"%.*f\">\n",
		suite->tests, suite->failures, suite->skipped, suite->errors, junit->decimals,
		suite->seconds);
}

void rx_junit_case(const struct rx_junit *junit, const struct rx_junit_case *test)
{
	FILE *out = junit->out;

	fputs("    <testcase", out);
	write_attribute("classname", test->suite, out);
	write_attribute("name", test->name, out);
	if (test->seconds >= 0)
		fprintf(out, " time=\"%.*f\"", junit->decimals, test->seconds);
	if (!test->tag) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, "><%s", test->tag);
	if (test->message)
		write_attribute("message", test->message, out);
	fputs(test->text ? ">" : "/>", out);
	if (test->text) {
		rx_xml_write(test->text, out);
		fprintf(out, "</%s>", test->tag);
	}
	fputs("</testcase>\n", out);
}

void rx_junit_suite_end(const struct rx_junit *junit)
{
	fputs("  </testsuite>\n", junit->out);
}

void rx_junit_end(const struct rx_junit *junit)
{
	fputs("</testsuites>\n", junit->out);
}
