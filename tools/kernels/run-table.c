/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run for people: kernels beside each other, then what failed and what changed. The same as
 * Markdown for documents. */
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/run.h"
#include "tools/report/table.h"

#define rx_kernel_name(kernel) ((kernel)->release ? (kernel)->release : (kernel)->label)

/* What stands beside a name for a kernel; NULL: it has nothing of that name. */
static const char *cell(const struct rx_kernel_run *kernel, const char *name, bool is_case)
{
	const struct rx_case *test = is_case ? rx_kernel_find_case(kernel, name) : NULL;
	const struct rx_capability *capability = is_case ? NULL
							 : rx_kernel_find_capability(kernel, name);

	return test         ? rx_outcome_word(rx_case_outcome(test))
	       : capability ? capability->answer
			    : NULL;
}

/* Add a row for each name that kernel k is the first to have. */
static void add_rows(struct rx_table *table, const struct rx_run *run, size_t k, bool is_case,
		     const char **cells)
{
	const struct rx_kernel_run *kernel = &run->kernel[k];

	for (size_t i = 0; i < (is_case ? kernel->n : kernel->n_capabilities); i++) {
		size_t first = 0;

		cells[0] = is_case ? kernel->test[i].name : kernel->capability[i].name;
		while (!cell(&run->kernel[first], cells[0], is_case))
			first++;
		for (size_t c = 0; c < run->n; c++)
			cells[c + 1] = cell(&run->kernel[c], cells[0], is_case);
		if (first == k)
			rx_table_row(table, cells);
	}
}

/* Kernels beside each other: their cases, or their capabilities. */
static struct rx_table *make_grid(const struct rx_run *run, const char *heading, bool is_case)
{
	rx_autofree const char **cells = rx_alloc(run->n + 1, sizeof(*cells));
	struct rx_table *table;

	cells[0] = heading;
	for (size_t k = 0; k < run->n; k++)
		cells[k + 1] = rx_kernel_name(&run->kernel[k]);
	table = rx_table_new(run->n + 1, cells);
	for (size_t k = 0; k < run->n; k++)
		add_rows(table, run, k, is_case, cells);
	return table;
}

/* A detail as an indented block: the guest's " | " stand for line ends. */
static void print_detail(const char *detail, FILE *out)
{
	for (const char *at = detail; at && *at;) {
		const char *bar = strstr(at, " | ");
		size_t length = bar ? (size_t)(bar - at) : strlen(at);

		fprintf(out, "    %.*s\n", (int)length, at);
		at = bar ? bar + 3 : NULL;
	}
}

static void print_finding(const struct rx_kernel_run *kernel, const struct rx_case *test,
			  const struct rx_check *check, FILE *out)
{
	static const char *const titles[RX_OUTCOMES] = {
		[RX_FAIL] = "FAILED",
		[RX_XFAIL] = "failed as known",
		[RX_XPASS] = "PASSED UNEXPECTEDLY",
	};
	const char *title = titles[check->outcome];

	if (!title)
		return;
	fprintf(out, "%s%s%s: %s: %s: %s",
		rx_colour(out, check->outcome == RX_FAIL ? "red" : "yellow"), title,
		rx_colour(out, "reset"), rx_kernel_name(kernel), test->name, check->name);
	if (check->runs > 1)
		fprintf(out, " (%u of %u times)",
			check->outcome == RX_XPASS ? check->runs : check->failures, check->runs);
	fputc('\n', out);
	if (check->issue)
		fprintf(out, "    known issue: %s\n", check->issue);
	if (check->outcome == RX_FAIL)
		print_detail(check->detail, out);
}

static void print_findings(const struct rx_run *run, FILE *out)
{
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		if (kernel->complaint) {
			fprintf(out, "%sNO VERDICT%s: %s\n", rx_colour(out, "red"),
				rx_colour(out, "reset"), rx_kernel_name(kernel));
			print_detail(kernel->complaint, out);
		}
		for (size_t i = 0; i < kernel->n; i++)
			for (size_t c = 0; c < kernel->test[i].n; c++)
				print_finding(kernel, &kernel->test[i], &kernel->test[i].check[c],
					      out);
		for (size_t i = 0; i < kernel->n_notes; i++)
			fprintf(out, "note: %s: %s\n", rx_kernel_name(kernel), kernel->note[i]);
	}
}

static void print_changes(const struct rx_run *run, FILE *out)
{
	for (size_t i = 0; i < run->n_changes; i++) {
		const struct rx_change *c = &run->change[i];

		fprintf(out, "%s: %s%s%s%s%s", c->kind, c->kernel, *c->test ? ": " : "", c->test,
			*c->check ? ": " : "", c->check);
		fprintf(out, " (%s -> %s)%s%s\n", *c->before ? c->before : "-",
			*c->after ? c->after : "-", c->detail ? ": " : "",
			c->detail ? c->detail : "");
	}
	if (run->compared && !run->n_changes)
		fputs("nothing changed since the baseline\n", out);
}

void rx_run_table(const struct rx_run *run, FILE *out)
{
	rx_table_print(make_grid(run, "CAPABILITY", false), out);
	fputc('\n', out);
	rx_table_print(make_grid(run, "CASE", true), out);
	fputc('\n', out);
	print_findings(run, out);
	print_changes(run, out);
	for (size_t i = 0; i < run->n_stale; i++)
		fprintf(out,
			"known issue without a check: %s: %s: %s: no check has this name "
			"any more\n",
			run->stale[i].kernel, run->stale[i].test, run->stale[i].check);
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		fprintf(out, "%s (%s): %s, %zu cases, %.0f s\n", rx_kernel_name(kernel),
			kernel->label, rx_outcome_word(rx_kernel_outcome(kernel)), kernel->n,
			kernel->seconds);
	}
	fprintf(out,
		"checks: %zu passed, %zu failed, %zu skipped, %zu failed as known, %zu passed "
		"unexpectedly\n",
		run->count[RX_PASS], run->count[RX_FAIL], run->count[RX_SKIP], run->count[RX_XFAIL],
		run->count[RX_XPASS]);
}

void rx_run_markdown(const struct rx_run *run, FILE *out)
{
	rx_table_markdown(make_grid(run, "capability", false), out);
	fputc('\n', out);
	rx_table_markdown(make_grid(run, "case", true), out);
	fputc('\n', out);
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n; i++)
			for (size_t c = 0; c < run->kernel[k].test[i].n; c++) {
				const struct rx_check *check = &run->kernel[k].test[i].check[c];

				if (check->outcome >= RX_XFAIL)
					fprintf(out, "- %s, %s, %s: %s%s%s\n",
						rx_kernel_name(&run->kernel[k]),
						run->kernel[k].test[i].name,
						rx_outcome_word(check->outcome), check->name,
						check->issue ? "; " : "",
						check->issue ? check->issue : "");
			}
}
