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

/* Kernels beside each other. cell: NULL where the kernel has no such row. */
struct grid {
	const char *heading[2]; /* in a table, in Markdown */
	size_t (*rows)(const struct rx_kernel_run *kernel);
	const char *(*name)(const struct rx_kernel_run *kernel, size_t row);
	const char *(*cell)(const struct rx_kernel_run *kernel, const char *name);
};

static size_t cases(const struct rx_kernel_run *kernel)
{
	return kernel->n;
}

static const char *case_name(const struct rx_kernel_run *kernel, size_t row)
{
	return kernel->test[row].name;
}

static const char *case_cell(const struct rx_kernel_run *kernel, const char *name)
{
	const struct rx_case *test = rx_kernel_find_case(kernel, name);

	return test ? rx_outcome_word(rx_case_outcome(test)) : NULL;
}

static size_t capabilities(const struct rx_kernel_run *kernel)
{
	return kernel->n_capabilities;
}

static const char *capability_name(const struct rx_kernel_run *kernel, size_t row)
{
	return kernel->capability[row].name;
}

static const char *capability_cell(const struct rx_kernel_run *kernel, const char *name)
{
	const struct rx_capability *capability = rx_kernel_find_capability(kernel, name);

	return capability ? capability->answer : NULL;
}

/* A row for every name of any kernel, in the order of their first appearance. */
static struct rx_table *make_grid(const struct rx_run *run, const char *heading,
				  const struct grid *grid)
{
	const char **cells = rx_alloc(run->n + 1, sizeof(*cells));
	struct rx_table *table;

	cells[0] = heading;
	for (size_t k = 0; k < run->n; k++)
		cells[k + 1] = rx_kernel_name(&run->kernel[k]);
	table = rx_table_new(run->n + 1, cells);
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < grid->rows(&run->kernel[k]); i++) {
			size_t earlier = 0;

			cells[0] = grid->name(&run->kernel[k], i);
			while (earlier < k && !grid->cell(&run->kernel[earlier], cells[0]))
				earlier++;
			for (size_t c = 0; earlier == k && c < run->n; c++)
				cells[c + 1] = grid->cell(&run->kernel[c], cells[0]);
			if (earlier == k)
				rx_table_row(table, cells);
		}
	free(cells);
	return table;
}

static void print_grids(const struct rx_run *run, bool markdown, FILE *out)
{
	static const struct grid grids[] = {
		{{"CAPABILITY", "capability"}, capabilities, capability_name, capability_cell},
		{{"CASE", "case"}, cases, case_name, case_cell},
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(grids); i++) {
		struct rx_table *table = make_grid(run, grids[i].heading[markdown], &grids[i]);

		(markdown ? rx_table_markdown : rx_table_print)(table, out);
		fputc('\n', out);
	}
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
		fprintf(out, " (%s -> %s)\n", *c->before ? c->before : "-",
			*c->after ? c->after : "-");
	}
	if (run->compared && !run->n_changes)
		fputs("nothing changed since the baseline\n", out);
}

void rx_run_table(const struct rx_run *run, FILE *out)
{
	print_grids(run, false, out);
	print_findings(run, out);
	print_changes(run, out);
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
	print_grids(run, true, out);
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
