/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From findings to one exit status. */
#include <string.h>

#include "tools/kernels/run.h"

/* Was this failure there before, too? */
static bool in_baseline(const struct rx_run *run, const char *kernel, const char *test,
			const struct rx_check *check)
{
	for (size_t i = 0; i < run->n_changes; i++) {
		const struct rx_change *change = &run->change[i];

		if (!strcmp(change->kind, "still failing") && !strcmp(change->kernel, kernel) &&
		    !strcmp(change->test, test) && change->id && !strcmp(change->id, check->id))
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
		    !in_baseline(run, kernel->label, test->name, check))
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

/* The worst of what decides; with chosen cases the runner's own do not. */
static enum rx_outcome deciding(const struct rx_kernel_run *kernel, bool chosen, bool *spoilt)
{
	enum rx_outcome worst = RX_SKIP;

	*spoilt = false;
	for (size_t i = 0; i < kernel->n; i++) {
		bool runners = rx_case_is_runners(kernel->test[i].name);
		enum rx_outcome outcome = rx_case_outcome(&kernel->test[i]);

		*spoilt |= runners && outcome == RX_FAIL;
		if (runners && (chosen || outcome == RX_PASS))
			continue;
		/* that it is known does not make a commit good */
		if (outcome == RX_XFAIL)
			outcome = RX_FAIL;
		if (outcome > worst)
			worst = outcome;
	}
	return worst;
}

int rx_run_judge_bisect(const struct rx_run *run, bool chosen)
{
	const struct rx_kernel_run *kernel = run->kernel;
	enum rx_outcome outcome;
	bool spoilt; /* a case of the runner's own has failed: the guest died at its boot or end */

	if (run->n != 1 || !kernel->came_up)
		return RX_BISECT_SKIP;
	outcome = deciding(kernel, chosen, &spoilt);
	if (outcome == RX_FAIL)
		return RX_FAILED;
	if (kernel->lost)
		return RX_BISECT_SKIP;
	if (!kernel->verdict && !(chosen && spoilt))
		return RX_FAILED;
	return outcome == RX_SKIP || kernel->left ? RX_BISECT_SKIP : RX_OK;
}
