/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/results.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"

void rx_results_init(struct rx_results *results)
{
	memset(results, 0, sizeof(*results));
	pthread_mutex_init(&results->lock, NULL);
}

void rx_results_free(struct rx_results *results)
{
	size_t i;

	for (i = 0; i < results->n; i++)
		free(results->result[i].detail);
	free(results->result);
	pthread_mutex_destroy(&results->lock);
}

void rx_results_add(struct rx_results *results, unsigned test, int from, int to,
		    enum rx_outcome outcome, double seconds, const char *fmt, ...)
{
	char *detail = NULL;
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		if (vasprintf(&detail, fmt, ap) < 0)
			rx_memory_lost();
		va_end(ap);
	}
	pthread_mutex_lock(&results->lock);
	*(struct rx_result *)rx_array_add(&results->result, &results->n, sizeof(*results->result)) =
		(struct rx_result){test, from, to, outcome, seconds, detail};
	results->count[outcome]++;
	pthread_mutex_unlock(&results->lock);
}

void rx_results_fault(struct rx_results *results, unsigned test, unsigned from, unsigned to,
		      double seconds, const struct rx_fault *fault)
{
	enum rx_outcome outcome = fault->kind == RX_FAULT_NONE   ? RX_PASS
				  : fault->kind == RX_FAULT_SKIP ? RX_SKIP
								 : RX_FAIL;

	rx_results_add(results, test, (int)from, (int)to, outcome, seconds,
		       fault->text[0] ? "%s" : NULL, fault->text);
}

static int compare(const void *left, const void *right)
{
	const struct rx_result *a = left, *b = right;

	if (a->test != b->test)
		return a->test < b->test ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

void rx_results_sort(struct rx_results *results)
{
	if (results->n)
		qsort(results->result, results->n, sizeof(*results->result), compare);
}
