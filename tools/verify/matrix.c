/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For people: a matrix of pairs, a line for each test, then what failed and what was skipped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/verify/verify.h"

#define MATRIX_MOST 20     /* endpoints; more do not fit a screen */
#define FAILURES_MOST 60

static const char *endpoint_name(const struct rx_verify *v, int number)
{
	return number == RX_NOBODY ? "" : v->view->nodes[number].want->name;
}

static const char *reason(const struct rx_result *r)
{
	return r->detail ? r->detail : "";
}

/* The worst outcome of each ordered pair; -1: not tried. */
static int *pair_outcomes(const struct rx_verify *v)
{
	size_t n = v->view->n_endpoints, i;
	int *cell = malloc((n * n + 1) * sizeof(*cell));

	if (!cell)
		abort();
	for (i = 0; i < n * n; i++)
		cell[i] = -1;
	for (i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];
		int *at;

		if (r->to == RX_NOBODY || rx_tests[r->test].scope == RX_SCOPE_LAB)
			continue;
		at = &cell[(size_t)r->from * n + (size_t)r->to];
		if (r->outcome == RX_FAIL || *at == -1 || (r->outcome == RX_PASS && *at == RX_SKIP))
			*at = (int)r->outcome;
	}
	return cell;
}

static void print_matrix(const struct rx_verify *v, FILE *out)
{
	static const char *const words[] = {"ok", "FAIL", "skip"};
	size_t n = v->view->n_endpoints, i, j, width = 4;
	int *cell = pair_outcomes(v);

	for (i = 0; i < n; i++)
		if (strlen(v->view->nodes[i].want->name) > width)
			width = strlen(v->view->nodes[i].want->name);
	fprintf(out, "%-*s", (int)width, "from\\to");
	for (i = 0; i < n; i++)
		fprintf(out, "  %-*s", (int)width, v->view->nodes[i].want->name);
	fputc('\n', out);
	for (i = 0; i < n; i++) {
		fprintf(out, "%-*s", (int)(width > 7 ? width : 7), v->view->nodes[i].want->name);
		for (j = 0; j < n; j++) {
			int outcome = cell[i * n + j];
			const char *word = i == j ? "-" : outcome < 0 ? "." : words[outcome];
			const char *colour = outcome == RX_FAIL   ? "red"
					     : outcome == RX_PASS ? "green"
								  : "yellow";

			fprintf(out, "  %s%-*s%s", outcome < 0 ? "" : rx_colour(out, colour),
				(int)width, word, outcome < 0 ? "" : rx_colour(out, "reset"));
		}
		fputc('\n', out);
	}
	free(cell);
}

static void print_pair_summary(const struct rx_verify *v, FILE *out)
{
	size_t n = v->view->n_endpoints, i, j, good = 0, bad = 0;
	int *cell = pair_outcomes(v);

	for (i = 0; i < n; i++) {
		size_t failed = 0;

		for (j = 0; j < n; j++) {
			good += cell[i * n + j] == RX_PASS;
			bad += cell[i * n + j] == RX_FAIL;
			failed += cell[i * n + j] == RX_FAIL || cell[j * n + i] == RX_FAIL;
		}
		if (failed > 2)
			fprintf(out, "%s: trouble with %zu peers\n", v->view->nodes[i].want->name,
				failed);
	}
	fprintf(out, "%zu endpoints: %zu ordered pairs passed, %zu failed\n", n, good, bad);
	free(cell);
}

static void print_tests(const struct rx_verify *v, FILE *out)
{
	static const char *const headings[] = {"test", "passed", "failed", "skipped"};
	struct rx_table *table = rx_table_new(4, headings);
	unsigned test, k;
	size_t i;

	for (test = 0; test < rx_n_tests; test++) {
		size_t count[3] = {0};
		char text[3][24];

		for (i = 0; i < v->results.n; i++)
			if (v->results.result[i].test == test)
				count[v->results.result[i].outcome]++;
		for (k = 0; k < 3; k++)
			snprintf(text[k], sizeof(text[k]), count[k] ? "%zu" : "", count[k]);
		if (count[0] + count[1] + count[2])
			rx_table_row(table, (const char *const[]){rx_tests[test].name, text[0],
								  text[1], text[2]});
	}
	rx_table_print(table, out);
}

static void print_subject(const struct rx_verify *v, const struct rx_result *r, FILE *out)
{
	fprintf(out, "%s", rx_tests[r->test].name);
	if (r->from != RX_NOBODY)
		fprintf(out, " %s", endpoint_name(v, r->from));
	if (r->to != RX_NOBODY)
		fprintf(out, " -> %s", endpoint_name(v, r->to));
}

static void print_failures(const struct rx_verify *v, FILE *out)
{
	size_t i, shown = 0;

	for (i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];

		if (r->outcome != RX_FAIL)
			continue;
		if (shown++ == FAILURES_MOST) {
			fprintf(out, "... and %zu more failures: --format json has them all\n",
				v->results.count[RX_FAIL] - FAILURES_MOST);
			return;
		}
		fprintf(out, "%sFAIL%s ", rx_colour(out, "red"), rx_colour(out, "reset"));
		print_subject(v, r, out);
		fprintf(out, ": %s\n", reason(r));
	}
}

/* Skips of one test with the same reason are one line; they lie together. */
static void print_skips(const struct rx_verify *v, FILE *out)
{
	const struct rx_result *last = NULL;
	size_t i, same = 0;

	for (i = 0; i <= v->results.n; i++) {
		const struct rx_result *r = i < v->results.n ? &v->results.result[i] : NULL;

		if (r && r->outcome != RX_SKIP)
			continue;
		if (r && last && last->test == r->test && !strcmp(reason(last), reason(r))) {
			same++;
			continue;
		}
		if (last && same)
			fprintf(out, "     (the same for %zu more)\n", same);
		if (!r)
			return;
		fprintf(out, "skip ");
		print_subject(v, r, out);
		fprintf(out, ": %s\n", reason(r));
		last = r;
		same = 0;
	}
}

static bool any_pair_result(const struct rx_verify *v)
{
	size_t i;

	for (i = 0; i < v->results.n; i++)
		if (v->results.result[i].to != RX_NOBODY)
			return true;
	return false;
}

int rx_report_table(const struct rx_verify *v, FILE *out)
{
	if (any_pair_result(v)) {
		if (v->view->n_endpoints <= MATRIX_MOST)
			print_matrix(v, out);
		else
			print_pair_summary(v, out);
		fputc('\n', out);
	}
	print_tests(v, out);
	fputc('\n', out);
	print_failures(v, out);
	print_skips(v, out);
	rx_view_print_impairments(v->view, out);
	fprintf(out, "%zu passed, %zu failed, %zu skipped\n", v->results.count[RX_PASS],
		v->results.count[RX_FAIL], v->results.count[RX_SKIP]);
	return ferror(out) ? -EIO : 0;
}
