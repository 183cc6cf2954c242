/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would spoil a run, looked at before anything boots. */
#include <math.h>

#include "netns/plan/facts.h"
#include "tools/cli/output.h"
#include "tools/kernels/test.h"

/* One case takes 10 s under emulation on a quiet machine, unless it has a limit of its own; what
 * hangs is ended by that. */
#define SECONDS_A_CASE 90

/* What the guest needs and would not see. */
static int check_seen(const char *option, const char *path, struct rx_err *err)
{
	return path && rx_vm_hides(path)
		       ? rx_usage(err, "path-hidden",
				  "%s: a guest does not see %s, since it has folders of its own in "
				  "place of /dev, /proc, /run and /sys; put it elsewhere",
				  option, path)
		       : 0;
}

int rx_before_paths(const struct rx_kernels_options *o, struct rx_err *err)
{
	int rc = check_seen("--selftests", o->selftests, err);

	for (size_t i = 0; !rc && i < o->suites_dir.n; i++)
		rc = check_seen("--suites-dir", o->suites_dir.item[i], err);
	return rc;
}

int rx_before_limits(const struct rx_kernels_options *o, const struct rx_catalogue *catalogue,
		     struct rx_err *err)
{
	for (size_t i = 0; o->timeout > 0 && i < catalogue->n; i++)
		if (catalogue->offer[i].limit > o->timeout)
			return rx_usage(err, "option-value",
					"--timeout: %g s is less than case %s may take (%u s)",
					o->timeout, catalogue->offer[i].name,
					catalogue->offer[i].limit);
	return 0;
}

void rx_before_memory(struct rx_kernels_options *o)
{
	uint64_t available = rx_meminfo("MemAvailable") >> 20;
	unsigned asked, kernels = (unsigned)o->kernel.n;

	if (o->jobs > kernels)
		o->jobs = kernels;
	asked = o->jobs;
	while (available && o->jobs > 1 && (uint64_t)o->jobs * o->memory > available)
		o->jobs--;
	if (o->jobs < asked)
		rx_note("kernels: %u guests of %u MiB do not fit into the %llu MiB that are "
			"available: %u at a time",
			asked, o->memory, (unsigned long long)available, o->jobs);
	if (available && o->memory > available)
		rx_warn("kernels: a guest of %u MiB may not fit into the %llu MiB that are "
			"available: --memory gives it less",
			o->memory, (unsigned long long)available);
}

double rx_before_time(const struct rx_kernels_options *o, const struct rx_catalogue *catalogue)
{
	double seconds = 0;

	for (size_t i = 0; i < catalogue->n; i++)
		seconds += fmax(SECONDS_A_CASE, catalogue->offer[i].limit);
	return 600 + seconds * o->repeat;
}
