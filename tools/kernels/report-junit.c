/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JUnit's XML: a kernel is a testsuite, a case is a testcase, what failed in it is its failure. */
#include <string.h>

#include "tools/cli/output.h"
#include "tools/kernels/run.h"

static void write_checks(const struct rx_case *test, enum rx_outcome_of_check from, FILE *out)
{
	for (size_t i = 0; i < test->n; i++) {
		const struct rx_check *check = &test->check[i];

		if (check->outcome < from)
			continue;
		rx_xml_write(rx_check_word(check->outcome), out);
		fputs(": ", out);
		rx_xml_write(check->name, out);
		if (check->issue || check->detail) {
			fputs(": ", out);
			rx_xml_write(check->issue ? check->issue : check->detail, out);
		}
		fputc('\n', out);
	}
}

static void write_case(const struct rx_case *test, const char *kernel, FILE *out)
{
	enum rx_outcome_of_check outcome = rx_case_outcome(test);
	const char *tag = outcome == RX_CHECK_FAIL    ? "failure"
			  : outcome == RX_CHECK_PASS  ? NULL
			  : outcome == RX_CHECK_XPASS ? "system-out"
						      : "skipped";

	fputs("    <testcase classname=\"", out);
	rx_xml_write(kernel, out);
	fprintf(out, "\" name=\"%s\" time=\"%.3f\"", test->name, test->seconds);
	if (!tag) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, "><%s%s>", tag,
		outcome == RX_CHECK_FAIL    ? " message=\"failed\""
		: outcome == RX_CHECK_XPASS ? ""
		: outcome == RX_CHECK_XFAIL ? " message=\"failed as known\""
					    : " message=\"skipped\"");
	write_checks(test, outcome == RX_CHECK_SKIP ? RX_CHECK_SKIP : RX_CHECK_XFAIL, out);
	fprintf(out, "</%s></testcase>\n", tag);
}

static size_t count(const struct rx_kernel_run *kernel, bool failed)
{
	size_t n = 0;

	for (size_t i = 0; i < kernel->n; i++) {
		enum rx_outcome_of_check outcome = rx_case_outcome(&kernel->test[i]);

		n += failed ? outcome == RX_CHECK_FAIL
			    : outcome == RX_CHECK_SKIP || outcome == RX_CHECK_XFAIL;
	}
	return n;
}

void rx_run_junit(const struct rx_run *run, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];
		const char *name = kernel->release ? kernel->release : kernel->label;

		fputs("  <testsuite name=\"", out);
		rx_xml_write(name, out);
		fprintf(out,
			"\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" errors=\"%d\" "
			"time=\"%.3f\">\n",
			kernel->n + (kernel->complaint != NULL), count(kernel, true),
			count(kernel, false), kernel->complaint != NULL, kernel->seconds);
		for (size_t i = 0; i < kernel->n; i++)
			write_case(&kernel->test[i], name, out);
		if (kernel->complaint) {
			fputs("    <testcase classname=\"", out);
			rx_xml_write(name, out);
			fputs("\" name=\"verdict\"><error message=\"no verdict\">", out);
			rx_xml_write(kernel->complaint, out);
			fputs("</error></testcase>\n", out);
		}
		fputs("  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
}
