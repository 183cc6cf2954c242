/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels test without a kernel: what a guest's lines mean, and what a verdict, a known issue and a
 * baseline make of them. A guest that lies must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/kernels-test.h"

static void lines_of_a_good_guest(void **state)
{
	struct rx_run run = {NULL};
	struct rx_lines lines = feed(&run, good);
	const struct rx_kernel_run *kernel = run.kernel;

	(void)state;
	assert_true(lines.verdict && lines.good && kernel->came_up);
	assert_int_equal(lines.told, 2);
	assert_int_equal(lines.ended, 2);
	assert_int_equal(lines.bad_lines, 0);
	assert_string_equal(kernel->release, "7.3.4");
	assert_string_equal(kernel->capability[0].answer, "yes");
	assert_int_equal(kernel->n, 2);
	assert_int_equal(rx_case_outcome(&kernel->test[0]), RX_PASS);
	assert_string_equal(rx_case_find_check(&kernel->test[0], "y")->detail, "no reason");
	rx_lines_free(&lines);
	rx_run_free(&run);
}

/* A verdict is the last word of a guest that is in no case, or it is none. */
static void verdicts_that_are_none(void **state)
{
	static const char *const cases[][6] = {
		{"up", "begin\ta/b", "verdict\tgood\t0", NULL},
		{"up", "verdict\tgood\t0", "begin\ta/b", NULL},
		{"up", "verdict\tgood\t0", "rubbish", NULL},
		{"up", "verdict\tsplendid\t0", NULL},
		{"up", "Verdict\tgood\t0", NULL},
		{"up", "check\tpass\tverdict\tgood", NULL},
		{"up", NULL},
		{NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rx_run run = {NULL};
		struct rx_lines lines = feed(&run, cases[i]);

		if (lines.verdict)
			fail_msg("case %zu was taken for a verdict", i);
		rx_lines_free(&lines);
		rx_run_free(&run);
	}
}

static void lines_that_mean_nothing(void **state)
{
	static const char *const odd[] = {"check\tpass\toutside of a case",
					  "begin\tno-suite",
					  "begin\ta/b",
					  "begin\ta/c",
					  "end\ta/c\t1",
					  "check\txfail\tx",
					  "check\tfine\tx",
					  "capability\tx\tperhaps",
					  "",
					  "\t\t\t\t",
					  "kernel",
					  NULL};
	struct rx_run run = {NULL};
	struct rx_lines lines = feed(&run, odd);

	(void)state;
	assert_int_equal(lines.bad_lines, 10);
	assert_int_equal(run.kernel->n, 1);
	assert_string_equal(lines.current, "a/b");
	rx_lines_free(&lines);
	rx_run_free(&run);
}

static void repetitions_add_up(void **state)
{
	static const char *const twice[] = {"up",          "begin\ta/b",      "check\tpass\tx\t",
					    "end\ta/b\t1", "begin\ta/b",      "check\tfail\tx\twhy",
					    "end\ta/b\t1", "begin\ta/b",      "check\tpass\tx\t",
					    "end\ta/b\t1", "verdict\tbad\t3", NULL};
	struct rx_run run = {NULL};
	const struct rx_check *check;

	(void)state;
	boot(&run, twice);
	check = rx_case_find_check(run.kernel->test, "x");
	assert_int_equal(check->runs, 3);
	assert_int_equal(check->failures, 1);
	assert_int_equal(check->outcome, RX_FAIL);
	assert_string_equal(check->detail, "why");
	assert_int_equal(run.kernel->test->begun, 3);
	rx_run_free(&run);
}

static int status_of(const char *const line[])
{
	struct rx_run run = {NULL};
	int status;

	boot(&run, line);
	status = rx_run_judge(&run);
	rx_run_free(&run);
	return status;
}

static void exit_statuses(void **state)
{
	static const char *const skipped[] = {
		"up",         "begin\tguest/boot", "check\tpass\tdmesg\t", "end\tguest/boot\t1",
		"begin\ta/b", "check\tskip\tx\t",  "end\ta/b\t1",          "verdict\tgood\t2",
		NULL};
	static const char *const silent[] = {"up", "begin\ta/b", "check\tpass\tx\t", "end\ta/b\t1",
					     NULL};
	static const char *const empty[] = {"up", "verdict\tgood\t0", NULL};

	(void)state;
	assert_int_equal(status_of(good), 0);
	assert_int_equal(status_of(bad), 1);
	/* all skipped is not a pass, whatever the guest's own boot was like */
	assert_int_equal(status_of(skipped), 4);
	assert_int_equal(status_of(empty), 4);
	assert_int_equal(status_of(silent), 1);
}

static int read_issues(const char *text, struct rx_issues *issues, struct rx_err *err)
{
	char path[32];
	int rc;

	memset(err, 0, sizeof(*err));
	memset(issues, 0, sizeof(*issues));
	write_file(path, text);
	rc = rx_issues_read(path, issues, err);
	unlink(path);
	return rc;
}

static void known_issues(void **state)
{
	static const char text[] =
		"- {case: a/one, check: 'x', kernels: '6.* 7.3*', evidence: seen, link: there}\n"
		"- {case: 'a/t*', check: 'z*', kernels: '*', evidence: ever}\n"
		"- {case: a/one, check: 'x', kernels: '8.*', evidence: not here}\n";
	struct rx_run run = {NULL};
	struct rx_issues issues;
	struct rx_err err;

	(void)state;
	assert_int_equal(read_issues(text, &issues, &err), 0);
	assert_int_equal(issues.n, 3);
	boot(&run, bad);
	rx_issues_apply(&issues, &run);
	assert_int_equal(run.kernel->test[0].check[0].outcome, RX_XFAIL);
	assert_string_equal(run.kernel->test[0].check[0].issue, "seen; there");
	/* the other one is expected to fail and does not: that is told, and is no failure */
	assert_int_equal(run.kernel->test[1].check[0].outcome, RX_XPASS);
	assert_int_equal(rx_run_judge(&run), 0);
	assert_int_equal(run.count[RX_XFAIL], 1);
	rx_run_free(&run);
	rx_issues_free(&issues);

	/* one that no check of its case has any more is told; not where the case failed or did not
	 * run */
	assert_int_equal(read_issues("- {case: a/two, check: renamed, kernels: '*', evidence: "
				     "seen}\n"
				     "- {case: a/one, check: later, kernels: '*', evidence: seen}\n"
				     "- {case: a/three, check: x, kernels: '*', evidence: seen}\n",
				     &issues, &err),
			 0);
	boot(&run, bad);
	rx_issues_apply(&issues, &run);
	assert_int_equal(run.n_stale, 1);
	assert_string_equal(run.stale->test, "a/two");
	assert_string_equal(run.stale->check, "renamed");
	rx_run_free(&run);
	rx_issues_free(&issues);

	/* of another kernel: the failure counts */
	assert_int_equal(read_issues("- {case: a/one, check: x, kernels: 6.1*, evidence: seen}\n",
				     &issues, &err),
			 0);
	boot(&run, bad);
	rx_issues_apply(&issues, &run);
	assert_int_equal(rx_run_judge(&run), 1);
	rx_run_free(&run);
	rx_issues_free(&issues);
}

static void known_issues_with_mistakes(void **state)
{
	static const struct {
		const char *text, *id, *place, *name;
	} cases[] = {
		{"- {case: a, check: b, kernels: c}\n", "key-missing", ":1:3: ", "evidence"},
		{"- {case: a, check: b, kernels: c, evidence: d, why: e}\n", "key-unknown",
		 ":1:48: ", "\"why\""},
		{"case: a\n", "value-type", ":1:1: ", ""},
		{"- just words\n", "value-type", ":1:3: ", ""},
		{"- {case: [a], check: b, kernels: c, evidence: d}\n", "value-type",
		 ":1:10: ", "case"},
		{"- {case: 'a\n", "yaml-syntax", ":", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rx_issues issues;
		struct rx_err err;

		assert_true(read_issues(cases[i].text, &issues, &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
		assert_string_equal(err.id, cases[i].id);
		if (!strstr(err.text, cases[i].place) || !strstr(err.text, cases[i].name))
			fail_msg("\"%s\" does not name %s%s", err.text, cases[i].place,
				 cases[i].name);
		rx_issues_free(&issues);
	}
}

static const struct rx_change *find_change(const struct rx_run *run, const char *test,
					   const char *check)
{
	for (size_t i = 0; i < run->n_changes; i++)
		if (!strcmp(run->change[i].test, test) && !strcmp(run->change[i].check, check))
			return &run->change[i];
	return NULL;
}

static void compare(struct rx_run *before, const char *const was[], struct rx_run *now,
		    const char *const is[])
{
	memset(before, 0, sizeof(*before));
	memset(now, 0, sizeof(*now));
	boot(before, was);
	boot(now, is);
	rx_baseline_compare(before, now);
}

static void a_regression_fails(void **state)
{
	struct rx_run before, now;

	(void)state;
	compare(&before, good, &now, bad);
	assert_string_equal(find_change(&now, "a/one", "x")->kind, "regression");
	assert_string_equal(find_change(&now, "a/one", "y")->kind, "gone");
	assert_string_equal(find_change(&now, "capability", "odp")->kind, "regression");
	assert_int_equal(rx_run_judge(&now), 1);
	rx_run_free(&before);
	rx_run_free(&now);
}

static void a_fix_passes(void **state)
{
	struct rx_run before, now;

	(void)state;
	compare(&before, bad, &now, good);
	assert_string_equal(find_change(&now, "a/one", "x")->kind, "fix");
	assert_int_equal(rx_run_judge(&now), 0);
	rx_run_free(&before);
	rx_run_free(&now);
}

static void the_same_failure_passes(void **state)
{
	struct rx_run before, now;

	(void)state;
	compare(&before, bad, &now, bad);
	assert_string_equal(find_change(&now, "a/one", "x")->kind, "still failing");
	assert_int_equal(rx_run_judge(&now), 0);
	/* but never a guest without its verdict */
	now.kernel->verdict = false;
	assert_int_equal(rx_run_judge(&now), 1);
	rx_run_free(&before);
	rx_run_free(&now);
}

/* A capability that went away fails although every case passes; so does a case that now skips
 * itself. */
static void losses_without_a_failure(void **state)
{
	static const char *const lost[] = {"up",
					   "kernel\t7.3.4\t#1",
					   "capability\todp\tno\t",
					   "begin\ta/one",
					   "check\tpass\tx\t",
					   "end\ta/one\t1",
					   "begin\ta/two",
					   "check\tskip\tz\tcannot",
					   "end\ta/two\t1",
					   "verdict\tgood\t2",
					   NULL};
	static const char *const other[] = {"up",
					    "kernel\t7.3.4\t#1",
					    "capability\todp\tyes\t",
					    "begin\ta/three",
					    "check\tfail\tw\t",
					    "end\ta/three\t1",
					    "verdict\tbad\t1",
					    NULL};
	struct rx_run before, now;

	(void)state;
	compare(&before, good, &now, lost);
	assert_string_equal(find_change(&now, "capability", "odp")->kind, "regression");
	assert_string_equal(find_change(&now, "a/two", "z")->kind, "regression");
	assert_string_equal(find_change(&now, "a/two", "z")->after, "skip");
	assert_string_equal(find_change(&now, "a/two", "z")->detail, "cannot");
	assert_int_equal(rx_run_judge(&now), 1);
	rx_run_free(&before);
	rx_run_free(&now);

	/* a case that the baseline has not seen: its failure is not explained */
	compare(&before, good, &now, other);
	assert_string_equal(find_change(&now, "a/three", "")->kind, "new");
	assert_string_equal(find_change(&now, "a/one", "")->kind, "gone");
	assert_int_equal(rx_run_judge(&now), 1);
	rx_run_free(&before);
	rx_run_free(&now);
}

/* The text of a check may change, and numbers in it: it is the same check by its id. */
static void a_check_is_compared_by_its_id(void **state)
{
	static const char *const was[] = {"up",
					  "kernel\t7.3.4\t#1",
					  "capability\todp\tyes\t",
					  "begin\ta/one",
					  "check\tpass\t[x] it works\t",
					  "end\ta/one\t1",
					  "verdict\tgood\t1",
					  NULL};
	static const char *const is[] = {"up",
					 "kernel\t7.3.4\t#1",
					 "begin\ta/one",
					 "check\tskip\t[x] works on 6.1\tno device",
					 "end\ta/one\t1",
					 "verdict\tgood\t1",
					 NULL};
	struct rx_run before, now;

	(void)state;
	compare(&before, was, &now, is);
	assert_int_equal(now.n_changes, 2);
	assert_string_equal(find_change(&now, "a/one", "works on 6.1")->kind, "regression");
	assert_string_equal(find_change(&now, "a/one", "works on 6.1")->detail, "no device");
	/* what the baseline has and this run has not asked */
	assert_string_equal(find_change(&now, "capability", "odp")->kind, "regression");
	assert_string_equal(find_change(&now, "capability", "odp")->after, "not asked");
	rx_run_free(&before);
	rx_run_free(&now);
}

/* What passed though it was expected to fail has passed. */
static void an_unexpected_success_can_be_lost(void **state)
{
	static const char *const skips[] = {"up",
					    "kernel\t7.3.4\t#1",
					    "begin\ta/two",
					    "check\tskip\tz\tcannot",
					    "end\ta/two\t1",
					    "verdict\tgood\t1",
					    NULL};
	static const char *const skips_itself[] = {"up",
						   "kernel\t7.3.4\t#1",
						   "begin\ta/two",
						   "check\tskip\tall\tcannot",
						   "end\ta/two\t1",
						   "verdict\tgood\t1",
						   NULL};
	const char *const *const is[] = {skips, skips_itself};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rx_run before = {NULL}, now = {NULL};

		boot(&before, good);
		before.kernel->test[1].check[0].outcome = RX_XPASS;
		boot(&now, is[i]);
		rx_baseline_compare(&before, &now);
		assert_string_equal(find_change(&now, "a/two", "z")->kind, "regression");
		rx_run_free(&before);
		rx_run_free(&now);
	}
}

/* A run of several files has the name of the first: the release tells more. */
static void a_kernel_is_compared_by_its_release(void **state)
{
	struct rx_run before = {NULL}, now = {NULL};

	(void)state;
	boot(&before, bad);
	free(before.kernel->release);
	before.kernel->release = strdup("6.1");
	boot(&before, good);
	free(before.kernel[1].label);
	before.kernel[1].label = strdup("other");
	boot(&now, bad);
	rx_baseline_compare(&before, &now);
	assert_string_equal(find_change(&now, "a/one", "x")->kind, "regression");
	/* the name decides where the release is new */
	free(now.kernel->release);
	now.kernel->release = strdup("6.2");
	rx_baseline_compare(&before, &now);
	assert_string_equal(find_change(&now, "a/one", "x")->kind, "still failing");
	rx_run_free(&before);
	rx_run_free(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_good_guest),
		cmocka_unit_test(verdicts_that_are_none),
		cmocka_unit_test(lines_that_mean_nothing),
		cmocka_unit_test(repetitions_add_up),
		cmocka_unit_test(exit_statuses),
		cmocka_unit_test(known_issues),
		cmocka_unit_test(known_issues_with_mistakes),
		cmocka_unit_test(a_regression_fails),
		cmocka_unit_test(a_fix_passes),
		cmocka_unit_test(the_same_failure_passes),
		cmocka_unit_test(losses_without_a_failure),
		cmocka_unit_test(a_check_is_compared_by_its_id),
		cmocka_unit_test(an_unexpected_success_can_be_lost),
		cmocka_unit_test(a_kernel_is_compared_by_its_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
