/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels test without a kernel: what a check is known by, that the order of repetitions does not
 * matter, and what git bisect is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/kernels-test.h"
#include "tools/vm/vm.h"

static int bisect_with(const char *const line[], bool chosen, bool lost)
{
	struct rx_run run = {NULL};
	int status;

	boot(&run, line);
	run.kernel->lost = lost;
	if (lost)
		run.kernel->verdict = false;
	status = rx_run_judge_bisect(&run, chosen);
	rx_run_free(&run);
	return status;
}

static int bisect_of(const char *const line[])
{
	return bisect_with(line, false, false);
}

static void bisect_statuses(void **state)
{
	static const char *const never_up[] = {NULL}, *const panic[] = {"up", "begin\ta/b", NULL};
	static const char *const skipped[] = {"up",          "begin\ta/b",       "check\tskip\tx\t",
					      "end\ta/b\t1", "verdict\tgood\t1", NULL};

	(void)state;
	assert_int_equal(bisect_of(good), 0);
	assert_int_equal(bisect_of(bad), 1);
	assert_int_equal(bisect_of(panic), 1);
	assert_int_equal(bisect_of(never_up), 125);
	assert_int_equal(bisect_of(skipped), 125);
}

/* With --case the asked cases alone decide; what the runner found at boot and end does not. */
static void bisect_of_chosen_cases(void **state)
{
	static const char *const boot_complains[] = {"up",
						     "begin\tguest/boot",
						     "judge\tfail\t[kernel-log] the kernel "
						     "complains\tWARNING",
						     "end\tguest/boot\t1",
						     "begin\ta/b",
						     "check\tpass\tx\t",
						     "end\ta/b\t1",
						     "verdict\tbad\t2",
						     NULL};
	static const char *const dies_at_end[] = {"up",
						  "begin\ta/b",
						  "check\tpass\tx\t",
						  "end\ta/b\t1",
						  "begin\tguest/end",
						  "judge\tfail\t[survives] the guest "
						  "survives\tpanic",
						  NULL};
	static const char *const case_traces[] = {"up",
						  "begin\ta/b",
						  "check\tpass\tx\t",
						  "judge\tfail\t[leftovers] it leaves nothing "
						  "behind\tlo",
						  "end\ta/b\t1",
						  "verdict\tbad\t1",
						  NULL};

	(void)state;
	assert_int_equal(bisect_with(boot_complains, true, false), 0);
	assert_int_equal(bisect_with(boot_complains, false, false), 1);
	assert_int_equal(bisect_with(dies_at_end, true, false), 0);
	assert_int_equal(bisect_with(dies_at_end, false, false), 1);
	/* what the runner finds after a case is of that case */
	assert_int_equal(bisect_with(case_traces, true, false), 1);
}

static void a_known_issue_makes_no_commit_good(void **state)
{
	struct rx_run run = {NULL};

	(void)state;
	boot(&run, bad);
	run.kernel->test[0].check[0].outcome = RX_XFAIL;
	assert_int_equal(rx_run_judge_bisect(&run, true), 1);
	assert_int_equal(rx_run_judge_bisect(&run, false), 1);
	rx_run_free(&run);
}

static void a_lost_emulator_tells_nothing(void **state)
{
	(void)state;
	assert_int_equal(bisect_with(good, false, true), 125);
	assert_int_equal(bisect_with(good, true, true), 125);
	/* but what had failed before is a failure */
	assert_int_equal(bisect_with(bad, true, true), 1);
}

static void ids_of_checks(void **state)
{
	static const struct {
		const char *name, *id, *text;
	} names[] = {{"[limit] its limit of 60 s passed", "limit", "its limit of 60 s passed"},
		     {"verify: rc-send", "verify-rc-send", "verify: rc-send"},
		     {"  QP1 is (made) again. ", "qp1-is-made-again", "QP1 is (made) again. "},
		     {"[no id", "no-id", "[no id"},
		     {"[two words] x", "two-words-x", "[two words] x"},
		     {"[id]", "id", "[id]"},
		     {"", "?", "?"},
		     {"->", "->", "->"},
		     {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"}};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rx_run run = {NULL};
		struct rx_case *test = rx_kernel_case(rx_run_add_kernel(&run, "k"), "a/b");
		struct rx_check *check = rx_case_add(test, RX_PASS, names[i].name, "");

		assert_string_equal(check->id, names[i].id);
		assert_string_equal(check->name, names[i].text);
		rx_run_free(&run);
	}
}

/* The same outcomes in another order come to the same. */
static void the_order_of_repetitions_does_not_matter(void **state)
{
	static const enum rx_outcome all[] = {RX_SKIP, RX_PASS, RX_FAIL};

	(void)state;
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++) {
			struct rx_run run = {NULL};
			struct rx_kernel_run *kernel = rx_run_add_kernel(&run, "k");
			struct rx_case *one = rx_kernel_case(kernel, "a/one"), *two;
			enum rx_outcome outcome;

			rx_case_add(one, all[a], "x", "");
			outcome = rx_case_add(one, all[b], "x", "")->outcome;
			two = rx_kernel_case(kernel, "a/two");
			rx_case_add(two, all[b], "x", "");
			assert_int_equal(rx_case_add(two, all[a], "x", "")->outcome, outcome);
			rx_run_free(&run);
		}
	for (int first = 0; first < 2; first++) {
		struct rx_run run = {NULL};
		struct rx_kernel_run *kernel = rx_run_add_kernel(&run, "k");

		rx_kernel_add_capability(kernel, "odp", first ? "yes" : "no", "");
		rx_kernel_add_capability(kernel, "odp", first ? "no" : "yes", "");
		assert_string_equal(kernel->capability->answer, "no");
		assert_int_equal(kernel->n_capabilities, 1);
		rx_run_free(&run);
	}
}

/* busybox in a guest that has no library yet */
static void what_needs_libraries_is_told_apart(void **state)
{
	(void)state;
	assert_false(rx_vm_is_static("/proc/self/exe"));
	assert_false(rx_vm_is_static("/proc/self/status"));
	assert_false(rx_vm_is_static("/nosuch"));
}

static void a_guest_hides_folders_not_names(void **state)
{
	(void)state;
	assert_true(rx_vm_hides("/proc/self/status"));
	assert_true(rx_vm_hides("/dev"));
	assert_false(rx_vm_hides("/usr"));
	assert_false(rx_vm_hides("/nosuch"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bisect_statuses),
		cmocka_unit_test(bisect_of_chosen_cases),
		cmocka_unit_test(a_lost_emulator_tells_nothing),
		cmocka_unit_test(a_known_issue_makes_no_commit_good),
		cmocka_unit_test(ids_of_checks),
		cmocka_unit_test(the_order_of_repetitions_does_not_matter),
		cmocka_unit_test(what_needs_libraries_is_told_apart),
		cmocka_unit_test(a_guest_hides_folders_not_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
