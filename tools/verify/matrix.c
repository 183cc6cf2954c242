/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For people: a matrix of pairs, a line for each test, then what failed and what was skipped. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/report/table.h"
#include "tools/verify/verify.h"

#define MATRIX_MOST 20 /* endpoints; more do not fit a screen */
#define FAILURES_MOST 60

static const char *reason(const struct rx_result *r)
{
	return r->detail ? r->detail : "";
}

static const char *name_of(const struct rx_verify *v, size_t endpoint)
{
	return v->view->nodes[endpoint].want->name;
}

#define UNTRIED (-1)

/* Of each ordered pair what its tests came to; false: there is no result of a pair. */
static bool fill(const struct rx_verify *v, int *cell)
{
	size_t n = v->view->n_endpoints, i;
	bool any = false;

	for (i = 0; i < n * n; i++)
		cell[i] = UNTRIED;
	for (i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];
		int *at;

		if (r->of.to == RX_NOBODY || rx_tests[r->of.test].scope == RX_SCOPE_LAB)
			continue;
		any = true;
		at = &cell[(size_t)r->of.from * n + (size_t)r->of.to];
		if ((int)r->outcome > *at)
			*at = (int)r->outcome;
	}
	return any;
}

static void print_cell(int outcome, bool self, size_t width, FILE *out)
{
	static const struct {
		const char *word, *colour;
	} as[RX_OUTCOMES] = {[RX_PASS] = {"ok", "green"},
			     [RX_FAIL] = {"FAIL", "red"},
			     [RX_SKIP] = {"skip", "yellow"}};
	bool tried = outcome != UNTRIED;

	fprintf(out, "  %s%-*s%s", tried ? rx_colour(out, as[outcome].colour) : "", (int)width,
		self    ? "-"
		: tried ? as[outcome].word
			: ".",
		tried ? rx_colour(out, "reset") : "");
}

static void print_matrix(const struct rx_verify *v, const int *cell, FILE *out)
{
	size_t n = v->view->n_endpoints, i, j, width = 4;

	for (i = 0; i < n; i++)
		if (strlen(name_of(v, i)) > width)
			width = strlen(name_of(v, i));
	fprintf(out, "%-*s", (int)width, "from\\to");
	for (i = 0; i < n; i++)
		fprintf(out, "  %-*s", (int)width, name_of(v, i));
	fputc('\n', out);
	for (i = 0; i < n; i++) {
		fprintf(out, "%-*s", (int)(width > 7 ? width : 7), name_of(v, i));
		for (j = 0; j < n; j++)
			print_cell(cell[i * n + j], i == j, width, out);
		fputc('\n', out);
	}
}

static void print_pair_summary(const struct rx_verify *v, const int *cell, FILE *out)
{
	size_t n = v->view->n_endpoints, i, j, good = 0, bad = 0;

	for (i = 0; i < n; i++) {
		size_t failed = 0;

		for (j = 0; j < n; j++) {
			good += cell[i * n + j] == RX_PASS;
			bad += cell[i * n + j] == RX_FAIL;
			failed += cell[i * n + j] == RX_FAIL || cell[j * n + i] == RX_FAIL;
		}
		if (failed > 2)
			fprintf(out, "%s: trouble with %zu peers\n", name_of(v, i), failed);
	}
	fprintf(out, "%zu endpoints: %zu ordered pairs passed, %zu failed\n", n, good, bad);
}

static void print_pairs(const struct rx_verify *v, FILE *out)
{
	size_t n = v->view->n_endpoints;
	rx_autofree int *cell = rx_alloc(n * n, sizeof(*cell));

	if (!fill(v, cell))
		return;
	(n <= MATRIX_MOST ? print_matrix : print_pair_summary)(v, cell, out);
	fputc('\n', out);
}

static void print_tests(const struct rx_verify *v, FILE *out)
{
	static const char *const headings[] = {"test", "passed", "failed", "skipped"};
	static const enum rx_outcome columns[] = {RX_PASS, RX_FAIL, RX_SKIP};
	struct rx_table *table = rx_table_new(4, headings);

	for (unsigned test = 0; test < rx_n_tests; test++) {
		const char *cells[4] = {rx_tests[test].name};
		size_t count[RX_OUTCOMES] = {0}, all = 0;
		char text[3][24];

		for (size_t i = 0; i < v->results.n; i++)
			if (v->results.result[i].of.test == test) {
				count[v->results.result[i].outcome]++;
				all++;
			}
		for (unsigned k = 0; k < 3; k++) {
			size_t n = count[columns[k]];

			snprintf(text[k], sizeof(text[k]), n ? "%zu" : "", n);
			cells[k + 1] = text[k];
		}
		if (all)
			rx_table_row(table, cells);
	}
	rx_table_print(table, out);
}

static void print_reason(const struct rx_verify *v, const struct rx_result *r, FILE *out)
{
	char subject[RX_SUBJECT];

	fprintf(out, "%s: %s\n", rx_verify_subject(v, &r->of, subject), reason(r));
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
		print_reason(v, r, out);
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
		if (r && last && last->of.test == r->of.test && !strcmp(reason(last), reason(r))) {
			same++;
			continue;
		}
		if (last && same)
			fprintf(out, "     (the same for %zu more)\n", same);
		if (!r)
			return;
		fprintf(out, "skip ");
		print_reason(v, r, out);
		last = r;
		same = 0;
	}
}

/* What passed, but not at once. */
static void print_repeated(const struct rx_verify *v, FILE *out)
{
	for (size_t i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];

		if (r->outcome != RX_PASS || r->n_attempts < 2)
			continue;
		fprintf(out, "%srepeated%s ", rx_colour(out, "yellow"), rx_colour(out, "reset"));
		print_reason(v, r, out);
	}
}

int rx_verify_table(const struct rx_verify *v, FILE *out)
{
	print_pairs(v, out);
	print_tests(v, out);
	fputc('\n', out);
	print_failures(v, out);
	print_repeated(v, out);
	print_skips(v, out);
	rx_view_print_impairments(v->view, out);
	fprintf(out, "%zu passed, %zu failed, %zu skipped", v->results.count[RX_PASS],
		v->results.count[RX_FAIL], v->results.count[RX_SKIP]);
	if (v->results.repeated)
		fprintf(out, "; %zu needed a second attempt", v->results.repeated);
	fprintf(out, "\n");
	if (v->cut[0])
		fprintf(out, "%sincomplete%s: %s\n", rx_colour(out, "red"), rx_colour(out, "reset"),
			v->cut);
	return ferror(out) ? -EIO : 0;
}
