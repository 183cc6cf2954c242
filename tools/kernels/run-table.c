/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run for people: kernels beside each other, then what failed and what changed. The same as
 * Markdown for documents. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cli/output.h"
#include "tools/kernels/run.h"

#define LABEL(kernel) ((kernel)->release ? (kernel)->release : (kernel)->label)

/* Every name of a case (or of a capability) of any kernel, in the order of their first
 * appearance. */
struct names {
	const char **name;
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], name))
			return;
	names->name = realloc(names->name, (names->n + 1) * sizeof(*names->name));
	if (!names->name)
		abort();
	names->name[names->n++] = name;
}

static struct names case_names(const struct rx_run *run)
{
	struct names names = {NULL, 0};

	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n; i++)
			add_name(&names, run->kernel[k].test[i].name);
	return names;
}

static struct names capability_names(const struct rx_run *run)
{
	struct names names = {NULL, 0};

	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n_capabilities; i++)
			add_name(&names, run->kernel[k].capability[i].name);
	return names;
}

static const char *case_cell(const struct rx_kernel_run *kernel, const char *name)
{
	const struct rx_case *test = rx_kernel_find_case(kernel, name);

	return test ? rx_check_word(rx_case_outcome(test)) : "-";
}

static const char *capability_cell(const struct rx_kernel_run *kernel, const char *name)
{
	for (size_t i = 0; i < kernel->n_capabilities; i++)
		if (!strcmp(kernel->capability[i].name, name))
			return kernel->capability[i].answer;
	return "-";
}

typedef const char *cell_fn(const struct rx_kernel_run *kernel, const char *name);

static void print_grid(const struct rx_run *run, const char *heading, struct names names,
		       cell_fn *cell, FILE *out)
{
	const char **cells = calloc(run->n + 1, sizeof(*cells));
	struct rx_table *table;

	if (!cells)
		abort();
	cells[0] = heading;
	for (size_t k = 0; k < run->n; k++)
		cells[k + 1] = LABEL(&run->kernel[k]);
	table = rx_table_new(run->n + 1, cells);
	for (size_t i = 0; i < names.n; i++) {
		cells[0] = names.name[i];
		for (size_t k = 0; k < run->n; k++)
			cells[k + 1] = cell(&run->kernel[k], names.name[i]);
		rx_table_row(table, cells);
	}
	rx_table_print(table, out);
	free(cells);
	free(names.name);
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
	static const char *const titles[RX_CHECK_OUTCOMES] = {
		[RX_CHECK_FAIL] = "FAILED",
		[RX_CHECK_XFAIL] = "failed as known",
		[RX_CHECK_XPASS] = "PASSED UNEXPECTEDLY",
	};
	const char *title = titles[check->outcome];

	if (!title)
		return;
	fprintf(out, "%s%s%s: %s: %s: %s",
		rx_colour(out, check->outcome == RX_CHECK_FAIL ? "red" : "yellow"), title,
		rx_colour(out, "reset"), LABEL(kernel), test->name, check->name);
	if (check->runs > 1)
		fprintf(out, " (%u of %u times)",
			check->outcome == RX_CHECK_XPASS ? check->runs : check->failures,
			check->runs);
	fputc('\n', out);
	if (check->issue)
		fprintf(out, "    known issue: %s\n", check->issue);
	if (check->outcome == RX_CHECK_FAIL)
		print_detail(check->detail, out);
}

static void print_findings(const struct rx_run *run, FILE *out)
{
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		if (kernel->complaint) {
			fprintf(out, "%sNO VERDICT%s: %s\n", rx_colour(out, "red"),
				rx_colour(out, "reset"), LABEL(kernel));
			print_detail(kernel->complaint, out);
		}
		for (size_t i = 0; i < kernel->n; i++)
			for (size_t c = 0; c < kernel->test[i].n; c++)
				print_finding(kernel, &kernel->test[i], &kernel->test[i].check[c],
					      out);
		for (size_t i = 0; i < kernel->n_notes; i++)
			fprintf(out, "note: %s: %s\n", LABEL(kernel), kernel->note[i]);
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
	print_grid(run, "CAPABILITY", capability_names(run), capability_cell, out);
	fputc('\n', out);
	print_grid(run, "CASE", case_names(run), case_cell, out);
	fputc('\n', out);
	print_findings(run, out);
	print_changes(run, out);
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		fprintf(out, "%s (%s): %s, %zu cases, %.0f s\n", LABEL(kernel), kernel->label,
			rx_check_word(rx_kernel_outcome(kernel)), kernel->n, kernel->seconds);
	}
	fprintf(out,
		"checks: %zu passed, %zu failed, %zu skipped, %zu failed as known, %zu passed "
		"unexpectedly\n",
		run->count[RX_CHECK_PASS], run->count[RX_CHECK_FAIL], run->count[RX_CHECK_SKIP],
		run->count[RX_CHECK_XFAIL], run->count[RX_CHECK_XPASS]);
}

static void markdown_grid(const struct rx_run *run, const char *heading, struct names names,
			  cell_fn *cell, FILE *out)
{
	fprintf(out, "| %s |", heading);
	for (size_t k = 0; k < run->n; k++)
		fprintf(out, " %s |", LABEL(&run->kernel[k]));
	fputs("\n|---|", out);
	for (size_t k = 0; k < run->n; k++)
		fputs("---|", out);
	fputc('\n', out);
	for (size_t i = 0; i < names.n; i++) {
		fprintf(out, "| %s |", names.name[i]);
		for (size_t k = 0; k < run->n; k++)
			fprintf(out, " %s |", cell(&run->kernel[k], names.name[i]));
		fputc('\n', out);
	}
	free(names.name);
}

void rx_run_markdown(const struct rx_run *run, FILE *out)
{
	markdown_grid(run, "capability", capability_names(run), capability_cell, out);
	fputc('\n', out);
	markdown_grid(run, "case", case_names(run), case_cell, out);
	fputc('\n', out);
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n; i++)
			for (size_t c = 0; c < run->kernel[k].test[i].n; c++) {
				const struct rx_check *check = &run->kernel[k].test[i].check[c];

				if (check->outcome >= RX_CHECK_XFAIL)
					fprintf(out, "- %s, %s, %s: %s%s%s\n",
						LABEL(&run->kernel[k]), run->kernel[k].test[i].name,
						rx_check_word(check->outcome), check->name,
						check->issue ? "; " : "",
						check->issue ? check->issue : "");
			}
}

int rx_run_report(const struct rx_run *run, const char *format, FILE *out)
{
	if (!strcmp(format, "json"))
		return rx_json_print(rx_run_json(run), out);
	if (!strcmp(format, "tap"))
		rx_run_tap(run, out);
	else if (!strcmp(format, "junit"))
		rx_run_junit(run, out);
	else if (!strcmp(format, "markdown"))
		rx_run_markdown(run, out);
	else
		rx_run_table(run, out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
