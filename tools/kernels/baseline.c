/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed since an earlier run: check by check, and capability by capability. */
#include <string.h>

#include "netns/base/memory.h"
#include "tools/kernels/run.h"

/* "capability" in place of a case's name. */
#define CAPABILITY "capability"

static struct rx_change *add(struct rx_run *run, const char *kind,
			     const struct rx_kernel_run *kernel, const char *test,
			     const char *check, const char *before, const char *after)
{
	struct rx_change *change = rx_array_add(&run->change, &run->n_changes, sizeof(*change));

	*change = (struct rx_change){
		.kind = kind,
		.kernel = rx_strdup(kernel->label),
		.test = rx_strdup(test),
		.check = rx_strdup(check),
		.before = rx_strdup(before),
		.after = rx_strdup(after),
	};
	return change;
}

/* Of one check: what it is now says why. */
static void add_check(struct rx_run *run, const char *kind, const struct rx_kernel_run *kernel,
		      const char *test, const struct rx_check *check, const char *before,
		      const char *after)
{
	struct rx_change *change = add(run, kind, kernel, test, check->name, before, after);

	change->id = rx_strdup(check->id);
	if (*after && check->detail)
		change->detail = rx_strdup(check->detail);
}

static bool is_bad(enum rx_outcome outcome)
{
	return outcome == RX_FAIL || outcome == RX_XFAIL;
}

/* That it was expected to fail does not make it less. */
static bool is_good(enum rx_outcome outcome)
{
	return outcome == RX_PASS || outcome == RX_XPASS;
}

static void compare_check(struct rx_run *run, const struct rx_kernel_run *kernel, const char *test,
			  const struct rx_check *before, const struct rx_check *now)
{
	const char *was = rx_outcome_word(before->outcome), *is = rx_outcome_word(now->outcome);

	/* a failure that is known on this kernel is none of the change's doing, whenever it was
	 * written down */
	if (now->outcome == RX_FAIL)
		add_check(run, is_bad(before->outcome) ? "still failing" : "regression", kernel,
			  test, now, was, is);
	else if (is_bad(before->outcome) && !is_bad(now->outcome) && now->outcome != RX_SKIP)
		add_check(run, "fix", kernel, test, now, was, is);
	else if (is_good(before->outcome) && now->outcome == RX_SKIP)
		add_check(run, "regression", kernel, test, now, was, is);
}

/* What the baseline has and this run has not. A case that skipped itself has lost what it checked;
 * one that failed has not come so far. */
static void lost_check(struct rx_run *run, const struct rx_kernel_run *kernel,
		       const struct rx_case *now, const struct rx_check *was)
{
	bool lost = is_good(was->outcome) && rx_case_outcome(now) == RX_SKIP;
	struct rx_check gone = *was;

	/* the whole case's reason is this check's, too */
	gone.detail = lost && now->n ? now->check[0].detail : NULL;
	add_check(run, lost ? "regression" : "gone", kernel, now->name, &gone,
		  rx_outcome_word(was->outcome), lost ? "skip" : "");
}

static void compare_case(struct rx_run *run, const struct rx_kernel_run *kernel,
			 const struct rx_case *before, const struct rx_case *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct rx_check *check = &now->check[i],
				      *was = rx_case_find_check(before, check->id);

		if (was)
			compare_check(run, kernel, now->name, was, check);
		else
			add_check(run,
				  check->outcome == RX_FAIL && is_good(rx_case_outcome(before))
					  ? "regression"
					  : "new",
				  kernel, now->name, check, "", rx_outcome_word(check->outcome));
	}
	for (size_t i = 0; i < before->n; i++)
		if (!rx_case_find_check(now, before->check[i].id))
			lost_check(run, kernel, now, &before->check[i]);
}

static void compare_capabilities(struct rx_run *run, const struct rx_kernel_run *before,
				 const struct rx_kernel_run *now)
{
	for (size_t i = 0; i < now->n_capabilities; i++) {
		const struct rx_capability *c = &now->capability[i];
		const struct rx_capability *was = rx_kernel_find_capability(before, c->name);

		if (!was)
			add(run, "new", now, CAPABILITY, c->name, "", c->answer);
		else if (!strcmp(was->answer, "yes") && strcmp(c->answer, "yes"))
			add(run, "regression", now, CAPABILITY, c->name, was->answer, c->answer);
		else if (strcmp(was->answer, c->answer))
			add(run, strcmp(c->answer, "yes") ? "new" : "fix", now, CAPABILITY, c->name,
			    was->answer, c->answer);
	}
	/* one that is not asked any more, because another that it needs is gone, is gone with it */
	for (size_t i = 0; i < before->n_capabilities; i++) {
		const struct rx_capability *c = &before->capability[i];

		if (!rx_kernel_find_capability(now, c->name))
			add(run, strcmp(c->answer, "yes") ? "gone" : "regression", now, CAPABILITY,
			    c->name, c->answer, "not asked");
	}
}

static void compare_kernel(struct rx_run *run, const struct rx_kernel_run *before,
			   const struct rx_kernel_run *now)
{
	compare_capabilities(run, before, now);
	for (size_t i = 0; i < now->n; i++) {
		const struct rx_case *was = rx_kernel_find_case(before, now->test[i].name);

		if (was)
			compare_case(run, now, was, &now->test[i]);
		else
			add(run, "new", now, now->test[i].name, "", "",
			    rx_outcome_word(rx_case_outcome(&now->test[i])));
	}
	for (size_t i = 0; i < before->n; i++)
		if (!rx_kernel_find_case(now, before->test[i].name))
			add(run, "gone", now, before->test[i].name, "",
			    rx_outcome_word(rx_case_outcome(&before->test[i])), "");
}

static const struct rx_kernel_run *find(const struct rx_run *before,
					const struct rx_kernel_run *kernel, bool release,
					bool label)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct rx_kernel_run *was = &before->kernel[i];

		if ((!label || !strcmp(was->label, kernel->label)) &&
		    (!release ||
		     (was->release && kernel->release && !strcmp(was->release, kernel->release))))
			return was;
	}
	return NULL;
}

/* The same release, and of several the one that was asked for by the same name; else the one of
 * that name. The name says less: runs that were merged have the first one's. One alone is compared
 * with one alone, whatever they are called: that is a kernel before and after a change. */
static const struct rx_kernel_run *counterpart(const struct rx_run *before,
					       const struct rx_run *run,
					       const struct rx_kernel_run *kernel)
{
	const struct rx_kernel_run *was = find(before, kernel, true, true);

	if (!was)
		was = find(before, kernel, true, false);
	if (!was)
		was = find(before, kernel, false, true);
	return was ? was : before->n == 1 && run->n == 1 ? before->kernel : NULL;
}

void rx_baseline_compare(const struct rx_run *before, struct rx_run *run)
{
	rx_run_forget_changes(run);
	run->compared = true;
	for (size_t i = 0; i < run->n; i++) {
		const struct rx_kernel_run *now = &run->kernel[i],
					   *was = counterpart(before, run, now);

		if (was)
			compare_kernel(run, was, now);
		else
			add(run, "new", now, "", "", "", rx_outcome_word(rx_kernel_outcome(now)));
	}
}
