/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run in a format by its name. KTAP: kernels hold suites' cases, cases hold checks. JUnit: a
 * kernel is a testsuite, a case is a testcase, what failed in it is its failure. HTML: the JSON, by
 * a stylesheet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/run.h"
#include "tools/page/page.h"
#include "tools/report/junit.h"
#include "tools/report/tap.h"

static const char *why(const struct rx_check *check)
{
	return check->issue ? check->issue : check->detail;
}

static void tap_case(struct rx_tap *tap, const struct rx_case *test)
{
	rx_tap_open(tap, test->name, test->n);
	for (size_t i = 0; i < test->n; i++)
		rx_tap_result(tap, test->check[i].outcome, test->check[i].name,
			      why(&test->check[i]));
	rx_tap_close(tap);
	rx_tap_result(tap, rx_case_outcome(test), test->name, NULL);
}

static void write_tap(const struct rx_run *run, FILE *out)
{
	struct rx_tap tap = {.out = out};

	rx_tap_open(&tap, NULL, run->n);
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		rx_tap_open(&tap, rx_kernel_name(kernel), kernel->n);
		for (size_t i = 0; i < kernel->n; i++)
			tap_case(&tap, &kernel->test[i]);
		if (kernel->complaint)
			rx_tap_note(&tap, "no verdict: %s", kernel->complaint);
		rx_tap_close(&tap);
		rx_tap_result(&tap, rx_kernel_outcome(kernel), rx_kernel_name(kernel), NULL);
	}
	if (run->cut)
		rx_tap_bail(&tap, "the run did not come to its end");
}

/* The checks that made the case what it is, a line each. Caller frees. */
static char *junit_text(const struct rx_case *test, enum rx_outcome outcome)
{
	char *text = rx_strdup("");

	for (size_t i = 0; i < test->n; i++) {
		const struct rx_check *check = &test->check[i];
		char *before = text;

		if (check->outcome < RX_XFAIL && outcome != RX_SKIP)
			continue;
		text = rx_format("%s%s: %s%s%s\n", before, rx_outcome_word(check->outcome),
				 check->name, why(check) ? ": " : "", why(check) ? why(check) : "");
		free(before);
	}
	return text;
}

static void junit_case(const struct rx_junit *junit, const char *kernel, const struct rx_case *test)
{
	static const struct {
		const char *tag, *message;
	} as[RX_OUTCOMES] = {
		[RX_FAIL] = {"failure", "failed"},
		[RX_SKIP] = {"skipped", "skipped"},
		[RX_XFAIL] = {"skipped", "failed as known"},
		[RX_XPASS] = {"system-out", NULL},
	};
	enum rx_outcome outcome = rx_case_outcome(test);
	rx_autofree char *text = junit_text(test, outcome);

	rx_junit_case(junit, &(struct rx_junit_case){.suite = kernel,
						     .name = test->name,
						     .seconds = test->seconds,
						     .tag = as[outcome].tag,
						     .message = as[outcome].message,
						     .text = text});
}

static void junit_kernel(const struct rx_junit *junit, const struct rx_kernel_run *kernel)
{
	struct rx_junit_suite suite = {.name = rx_kernel_name(kernel),
				       .tests = kernel->n + (kernel->complaint != NULL),
				       .errors = kernel->complaint != NULL,
				       .seconds = kernel->seconds};

	for (size_t i = 0; i < kernel->n; i++) {
		enum rx_outcome outcome = rx_case_outcome(&kernel->test[i]);

		suite.failures += outcome == RX_FAIL;
		suite.skipped += outcome == RX_SKIP || outcome == RX_XFAIL;
	}
	rx_junit_suite(junit, &suite);
	for (size_t i = 0; i < kernel->n; i++)
		junit_case(junit, suite.name, &kernel->test[i]);
	if (kernel->complaint)
		rx_junit_case(junit, &(struct rx_junit_case){.suite = suite.name,
							     .name = "verdict",
							     .seconds = -1,
							     .tag = "error",
							     .message = "no verdict",
							     .text = kernel->complaint});
	rx_junit_suite_end(junit);
}

static void write_junit(const struct rx_run *run, FILE *out)
{
	const struct rx_junit junit = {.out = out, .decimals = 3};

	rx_junit_begin(&junit);
	for (size_t k = 0; k < run->n; k++)
		junit_kernel(&junit, &run->kernel[k]);
	rx_junit_end(&junit);
}

static void write_json(const struct rx_run *run, FILE *out)
{
	rx_json_print(rx_run_json(run), out);
}

static int write_html(const struct rx_run *run, FILE *out)
{
	json_t *data = rx_run_json(run);
	struct rx_err err;
	int rc = rx_page_write(RX_PAGE_KERNELS, data, NULL, out, &err);

	json_decref(data);
	return rc;
}

int rx_run_report(const struct rx_run *run, const char *format, FILE *out)
{
	static const struct {
		const char *name;
		void (*write)(const struct rx_run *run, FILE *out);
	} formats[] = {{"table", rx_run_table},
		       {"markdown", rx_run_markdown},
		       {"json", write_json},
		       {"tap", write_tap},
		       {"junit", write_junit}};

	if (!strcmp(format, "html") && write_html(run, out))
		return -EIO;
	for (size_t i = 0; i < RX_ARRAY_SIZE(formats); i++)
		if (!strcmp(format, formats[i].name))
			formats[i].write(run, out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
