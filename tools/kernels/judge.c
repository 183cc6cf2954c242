/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From findings to one exit status. */
#include <string.h>

#include "tools/kernels/run.h"

/* Was this failure there before, too? */
static bool in_baseline(const struct rx_run *run, const char *kernel, const char *test,
			const char *check)
{
	for (size_t i = 0; i < run->n_changes; i++) {
		const struct rx_change *change = &run->change[i];

		if (!strcmp(change->kind, "still failing") && !strcmp(change->kernel, kernel) &&
		    !strcmp(change->test, test) && !strcmp(change->check, check))
			return true;
	}
	return false;
}

static void count_case(struct rx_run *run, const struct rx_kernel_run *kernel,
		       const struct rx_case *test)
{
	for (size_t i = 0; i < test->n; i++) {
		const struct rx_check *check = &test->check[i];

		run->count[check->outcome]++;
		if (check->outcome == RX_FAIL &&
		    !in_baseline(run, kernel->label, test->name, check->name))
			run->unexplained++;
	}
}

int rx_run_judge(struct rx_run *run)
{
	bool passed = false, regression = false;

	memset(run->count, 0, sizeof(run->count));
	run->unexplained = 0;
	for (size_t k = 0; k < run->n; k++) {
		const struct rx_kernel_run *kernel = &run->kernel[k];

		for (size_t i = 0; i < kernel->n; i++)
			count_case(run, kernel, &kernel->test[i]);
		/* no baseline excuses a guest without a verdict: what it would have said is not
		 * known */
		run->unexplained += !kernel->verdict;
		passed |= rx_kernel_outcome(kernel) != RX_SKIP;
	}
	for (size_t i = 0; i < run->n_changes; i++)
		regression |= !strcmp(run->change[i].kind, "regression");
	if (run->unexplained || regression)
		return RX_FAILED;
	return passed ? RX_OK : RX_CANNOT;
}

int rx_run_judge_bisect(const struct rx_run *run)
{
	enum rx_outcome outcome = run->n == 1 && run->kernel->came_up
					  ? rx_kernel_outcome(run->kernel)
					  : RX_SKIP;

	return outcome == RX_FAIL ? RX_FAILED : outcome == RX_SKIP ? RX_BISECT_SKIP : RX_OK;
}
