/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For programs: JSON as docs/reference/json.md has it, KTAP, JUnit's XML. */
#include <errno.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/report/junit.h"
#include "tools/report/tap.h"
#include "tools/verify/verify.h"

static const char *name_of(const struct rx_verify *v, int number)
{
	return number == RX_NOBODY ? NULL : v->view->nodes[number].want->name;
}

const char *rx_verify_subject(const struct rx_verify *v, const struct rx_result *r,
			      char subject[RX_SUBJECT])
{
	const char *from = name_of(v, r->from), *to = name_of(v, r->to);

	snprintf(subject, RX_SUBJECT, "%s%s%s%s%s", rx_tests[r->test].name, from ? " " : "",
		 from ? from : "", to ? " -> " : "", to ? to : "");
	return subject;
}

static json_t *result_json(const struct rx_verify *v, const struct rx_result *r)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:f, s:o}", "test", rx_tests[r->test].name, "from",
			 rx_json_string(name_of(v, r->from)), "to",
			 rx_json_string(name_of(v, r->to)), "status", rx_outcome_word(r->outcome),
			 "seconds", (double)(long)(r->seconds * 1e6) / 1e6, "detail",
			 rx_json_string(r->detail));
}

int rx_verify_json(const struct rx_verify *v, FILE *out)
{
	const size_t *count = v->results.count;
	json_t *list = json_array();

	for (size_t i = 0; i < v->results.n; i++)
		json_array_append_new(list, result_json(v, &v->results.result[i]));
	return rx_json_print(json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "lab", v->view->lab.name,
				       "passed", (json_int_t)count[RX_PASS], "failed",
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

		rx_tap_result(&tap, r->outcome, rx_verify_subject(v, r, subject), r->detail);
	}
	rx_tap_note(&tap, "passed %zu failed %zu skipped %zu", v->results.count[RX_PASS],
		    v->results.count[RX_FAIL], v->results.count[RX_SKIP]);
	return ferror(out) ? -EIO : 0;
}

static void junit_case(const struct rx_junit *junit, const struct rx_verify *v,
		       const struct rx_result *r)
{
	static const char *const tags[RX_OUTCOMES] = {[RX_FAIL] = "failure", [RX_SKIP] = "skipped"};
	const char *test = rx_tests[r->test].name;
	char suite[RX_SUBJECT], name[RX_SUBJECT];

	snprintf(suite, sizeof(suite), "%s.%s", v->view->lab.name, test);
	snprintf(name, sizeof(name), "%s%s%s", r->from == RX_NOBODY ? test : name_of(v, r->from),
		 r->to == RX_NOBODY ? "" : " to ", r->to == RX_NOBODY ? "" : name_of(v, r->to));
	rx_junit_case(junit, &(struct rx_junit_case){.suite = suite,
						     .name = name,
						     .seconds = r->seconds,
						     .tag = tags[r->outcome],
						     .message = r->detail ? r->detail : ""});
}

int rx_verify_junit(const struct rx_verify *v, FILE *out)
{
	const struct rx_junit junit = {.out = out, .decimals = 6};
	char name[RX_SUBJECT];
	struct rx_junit_suite suite = {.name = name,
				       .tests = v->results.n,
				       .failures = v->results.count[RX_FAIL],
				       .skipped = v->results.count[RX_SKIP]};

	snprintf(name, sizeof(name), "rxelab verify %s", v->view->lab.name);
	for (size_t i = 0; i < v->results.n; i++)
		suite.seconds += v->results.result[i].seconds;
	rx_junit_begin(&junit);
	rx_junit_suite(&junit, &suite);
	for (size_t i = 0; i < v->results.n; i++)
		junit_case(&junit, v, &v->results.result[i]);
	rx_junit_suite_end(&junit);
	rx_junit_end(&junit);
	return ferror(out) ? -EIO : 0;
}
