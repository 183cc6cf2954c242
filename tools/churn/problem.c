/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/churn/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "netns/base/memory.h"
#include "tools/cli/output.h"

void rx_churn_problem(struct rx_churn_problems *problems, const char *what, const char *endpoint,
		      const char *fmt, ...)
{
	struct rx_churn_problem problem = {.cycle = problems->cycle}, *kept;
	va_list ap;

	snprintf(problem.what, sizeof(problem.what), "%s", what);
	snprintf(problem.endpoint, sizeof(problem.endpoint), "%s", endpoint);
	va_start(ap, fmt);
	vsnprintf(problem.detail, sizeof(problem.detail), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&problems->mutex);
	kept = rx_array_add(&problems->list, &problems->n, sizeof(*kept));
	*kept = problem;
	pthread_mutex_unlock(&problems->mutex);
	rx_progress_clear();
	rx_note("churn: cycle %u: %s%s%s: %s", problem.cycle, what, *endpoint ? " " : "", endpoint,
		problem.detail);
}
