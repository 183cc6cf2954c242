/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For programs: JSON as docs/reference/json.md has it, KTAP, JUnit's XML. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/report/junit.h"
#include "tools/report/tap.h"
#include "tools/verify/verify.h"

static const char *name_of(const struct rx_verify *v, int number)
{
	return number == RX_NOBODY ? NULL : v->view->nodes[number].want->name;
}

const char *rx_verify_subject(const struct rx_verify *v, const struct rx_subject *of,
			      char text[RX_SUBJECT])
{
	const char *from = name_of(v, of->from), *to = name_of(v, of->to), *network = of->network;

	snprintf(text, RX_SUBJECT, "%s%s%s%s%s%s%s", rx_tests[of->test].name, from ? " " : "",
		 from ? from : "", to ? " -> " : "", to ? to : "",
		 network && *network ? " on " : "", network ? network : "");
	return text;
}

static json_t *attempts_json(const struct rx_result *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < r->n_attempts; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o}", "status",
						rx_outcome_word(r->attempt[i].outcome), "detail",
						rx_json_string(r->attempt[i].detail)));
	return list;
}

static json_t *result_json(const struct rx_verify *v, const struct rx_result *r)
{
	const char *network = r->of.network && *r->of.network ? r->of.network : NULL;

	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:f, s:o, s:o}", "test",
			 rx_tests[r->of.test].name, "from", rx_json_string(name_of(v, r->of.from)),
			 "to", rx_json_string(name_of(v, r->of.to)), "network",
			 rx_json_string(network), "status", rx_outcome_word(r->outcome), "seconds",
			 (double)(long)(r->seconds * 1e6) / 1e6, "detail",
			 rx_json_string(r->detail), "attempts", attempts_json(r));
}

int rx_verify_json(const struct rx_verify *v, FILE *out)
{
	const size_t *count = v->results.count;
	json_t *list = json_array();

	for (size_t i = 0; i < v->results.n; i++)
		json_array_append_new(list, result_json(v, &v->results.result[i]));
	return rx_json_print(json_pack("{s:s, s:b, s:o, s:I, s:I, s:I, s:o, s:o}", "lab",
				       v->view->lab.name, "complete", !v->cut[0], "incomplete",
				       rx_json_string(v->cut[0] ? v->cut : NULL), "passed",
				       (json_int_t)count[RX_PASS], "failed",
				       (json_int_t)count[RX_FAIL], "skipped",
				       (json_int_t)count[RX_SKIP], "impairments",
				       rx_view_impairments_json(v->view), "results", list),
			     out);
}

int rx_verify_tap(const struct rx_verify *v, FILE *out)
{
	struct rx_tap tap = {.out = out};

	rx_tap_open(&tap, NULL, v->results.n);
	for (size_t i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];
		char subject[RX_SUBJECT];

		for (unsigned k = 0; r->n_attempts > 1 && k < r->n_attempts; k++)
			rx_tap_note(&tap, "attempt %u: %s%s%s", k + 1,
				    rx_outcome_word(r->attempt[k].outcome),
				    r->attempt[k].detail ? ": " : "",
				    r->attempt[k].detail ? r->attempt[k].detail : "");
		rx_tap_result(&tap, r->outcome, rx_verify_subject(v, &r->of, subject), r->detail);
	}
	rx_tap_note(&tap, "passed %zu failed %zu skipped %zu repeated %zu",
		    v->results.count[RX_PASS], v->results.count[RX_FAIL], v->results.count[RX_SKIP],
		    v->results.repeated);
	if (v->cut[0])
		rx_tap_bail(&tap, v->cut);
	return ferror(out) ? -EIO : 0;
}

/* What the attempts came to, for who wonders why it took two; NULL: there was no second one. */
static char *attempts_text(const struct rx_result *r)
{
	char *text = NULL;
	size_t size;
	FILE *out = r->n_attempts > 1 ? open_memstream(&text, &size) : NULL;

	for (unsigned i = 0; out && i < r->n_attempts; i++)
		fprintf(out, "attempt %u: %s%s%s\n", i + 1, rx_outcome_word(r->attempt[i].outcome),
			r->attempt[i].detail ? ": " : "",
			r->attempt[i].detail ? r->attempt[i].detail : "");
	if (out)
		fclose(out);
	return text;
}

static void junit_case(const struct rx_junit *junit, const struct rx_verify *v,
		       const struct rx_result *r)
{
	static const char *const tags[RX_OUTCOMES] = {[RX_FAIL] = "failure", [RX_SKIP] = "skipped"};
	const char *test = rx_tests[r->of.test].name, *network = r->of.network;
	char suite[RX_SUBJECT], name[RX_SUBJECT];
	rx_autofree char *attempts = attempts_text(r);

	snprintf(suite, sizeof(suite), "%s.%s", v->view->lab.name, test);
	snprintf(name, sizeof(name), "%s%s%s%s%s",
		 r->of.from == RX_NOBODY ? test : name_of(v, r->of.from),
		 r->of.to == RX_NOBODY ? "" : " to ",
		 r->of.to == RX_NOBODY ? "" : name_of(v, r->of.to),
		 network && *network ? " on " : "", network ? network : "");
	rx_junit_case(junit, &(struct rx_junit_case){
				     .suite = suite,
				     .name = name,
				     .seconds = r->seconds,
				     .tag = tags[r->outcome] ? tags[r->outcome]
					    : attempts       ? "system-out"
							     : NULL,
				     .message = !tags[r->outcome] ? NULL
						: r->detail       ? r->detail
								  : "",
				     .text = attempts,
			     });
}

int rx_verify_junit(const struct rx_verify *v, FILE *out)
{
	const struct rx_junit junit = {.out = out, .decimals = 6};
	char name[RX_SUBJECT];
	struct rx_junit_suite suite = {.name = name,
				       .tests = v->results.n + !!v->cut[0],
				       .errors = v->cut[0] != 0,
				       .failures = v->results.count[RX_FAIL],
				       .skipped = v->results.count[RX_SKIP]};

	snprintf(name, sizeof(name), "rxelab verify %s", v->view->lab.name);
	for (size_t i = 0; i < v->results.n; i++)
		suite.seconds += v->results.result[i].seconds;
	rx_junit_begin(&junit);
	rx_junit_suite(&junit, &suite);
	for (size_t i = 0; i < v->results.n; i++)
		junit_case(&junit, v, &v->results.result[i]);
	if (v->cut[0])
		rx_junit_case(&junit, &(struct rx_junit_case){.suite = name,
							      .name = "complete",
							      .seconds = -1,
							      .tag = "error",
							      .message = v->cut});
	rx_junit_suite_end(&junit);
	rx_junit_end(&junit);
	return ferror(out) ? -EIO : 0;
}
