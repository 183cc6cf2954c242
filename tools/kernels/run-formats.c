/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KTAP, version 1 (Documentation/dev-tools/ktap.rst of the kernel): kernels hold suites' cases,
 * cases hold checks. */
#include <string.h>

#include "tools/kernels/run.h"

/* A "#" in a name would begin a directive. */
static void write_name(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc(*name == '#' ? '.' : *name, out);
}

static void write_line(enum rx_outcome_of_check outcome, size_t number, const char *name,
		       const char *why, const char *indent, FILE *out)
{
	/* a failure that is expected is no failure to a reader of KTAP; XFAIL is a word of its
	 * specification */
	static const char *const directives[RX_CHECK_OUTCOMES] = {
		[RX_CHECK_SKIP] = "SKIP", [RX_CHECK_XFAIL] = "XFAIL", [RX_CHECK_XPASS] = "XPASS",
	};

	fprintf(out, "%s%s %zu ", indent, outcome == RX_CHECK_FAIL ? "not ok" : "ok", number);
	write_name(name, out);
	if (directives[outcome])
		fprintf(out, " # %s %s", directives[outcome], why ? why : "");
	fputc('\n', out);
}

static void write_case(const struct rx_case *test, size_t number, FILE *out)
{
	fprintf(out, "    KTAP version 1\n    # Subtest: %s\n    1..%zu\n", test->name, test->n);
	for (size_t i = 0; i < test->n; i++) {
		const struct rx_check *check = &test->check[i];

		if (check->outcome == RX_CHECK_FAIL && check->detail)
			fprintf(out, "    # %s\n", check->detail);
		write_line(check->outcome, i + 1, check->name,
			   check->issue ? check->issue : check->detail, "    ", out);
	}
	write_line(rx_case_outcome(test), number, test->name, NULL, "  ", out);
}

void rx_run_tap(const struct rx_run *run, FILE *out)
{
	fprintf(out, "KTAP version 1\n1..%zu\n", run->n);
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];
		const char *name = kernel->release ? kernel->release : kernel->label;

		fprintf(out, "  KTAP version 1\n  # Subtest: %s\n  1..%zu\n", name, kernel->n);
		for (size_t i = 0; i < kernel->n; i++)
			write_case(&kernel->test[i], i + 1, out);
		if (kernel->complaint)
			fprintf(out, "  # no verdict: %s\n", kernel->complaint);
		write_line(rx_kernel_outcome(kernel), k + 1, name, NULL, "", out);
	}
}
