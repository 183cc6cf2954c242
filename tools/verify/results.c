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

	for (i = 0; i < results->n; i++) {
		struct rx_result *r = &results->result[i];

		for (unsigned k = 0; k < r->n_attempts; k++)
			free(r->attempt[k].detail);
		free(r->detail);
	}
	free(results->result);
	pthread_mutex_destroy(&results->lock);
}

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (fmt && vasprintf(&text, fmt, ap) < 0)
		rx_memory_lost();
	return text;
}

static char *formatted(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *formatted(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	return text;
}

static void put(struct rx_results *results, const struct rx_result *result)
{
	pthread_mutex_lock(&results->lock);
	*(struct rx_result *)rx_array_add(&results->result, &results->n,
					  sizeof(*results->result)) = *result;
	results->count[result->outcome]++;
	results->repeated += result->n_attempts > 1;
	pthread_mutex_unlock(&results->lock);
}

void rx_results_add(struct rx_results *results, const struct rx_subject *of,
		    enum rx_outcome outcome, double seconds, const char *fmt, ...)
{
	struct rx_result result = {.of = *of, .outcome = outcome, .seconds = seconds};
	va_list ap;

	va_start(ap, fmt);
	result.detail = format(fmt, ap);
	va_end(ap);
	if (outcome != RX_SKIP)
		result.attempt[result.n_attempts++] = (struct rx_attempt){
			outcome, result.detail ? rx_strdup(result.detail) : NULL};
	put(results, &result);
}

static struct rx_attempt attempt_of(const struct rx_fault *fault)
{
	return (struct rx_attempt){rx_fault_failed(fault)         ? RX_FAIL
				   : fault->kind == RX_FAULT_SKIP ? RX_SKIP
								  : RX_PASS,
				   fault->text[0] ? rx_strdup(fault->text) : NULL};
}

void rx_results_fault(struct rx_results *results, const struct rx_subject *of, double seconds,
		      const struct rx_fault *attempts, unsigned n)
{
	struct rx_result result = {.of = *of, .seconds = seconds};
	const struct rx_attempt *last;

	n -= n && attempts[n - 1].kind == RX_FAULT_CUT;
	if (!n)
		return;
	while (result.n_attempts < n) {
		result.attempt[result.n_attempts] = attempt_of(&attempts[result.n_attempts]);
		result.n_attempts++;
	}
	last = &result.attempt[n - 1];
	result.outcome = last->outcome;
	if (n > 1 && last->outcome == RX_PASS)
		result.detail = formatted("passed at attempt %u; attempt 1: %s%s%s", n,
					  attempts[0].text, last->detail ? "; " : "",
					  last->detail ? last->detail : "");
	else if (last->detail)
		result.detail = rx_strdup(last->detail);
	/* nothing was tried */
	if (n == 1 && last->outcome == RX_SKIP) {
		free(last->detail);
		result.n_attempts = 0;
	}
	put(results, &result);
}

static int compare(const void *left, const void *right)
{
	const struct rx_subject *a = &((const struct rx_result *)left)->of,
				*b = &((const struct rx_result *)right)->of;

	if (a->test != b->test)
		return a->test < b->test ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return strcmp(a->network ? a->network : "", b->network ? b->network : "");
}

void rx_results_sort(struct rx_results *results)
{
	if (results->n)
		qsort(results->result, results->n, sizeof(*results->result), compare);
}
