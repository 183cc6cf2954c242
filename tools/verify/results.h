/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify found, as records; filled by several threads. */
#ifndef RXELAB_TOOLS_VERIFY_RESULTS_H
#define RXELAB_TOOLS_VERIFY_RESULTS_H

#include <pthread.h>
#include <stddef.h>

#include "tools/report/outcome.h"
#include "tools/verbs/fault.h"

#define RX_NOBODY (-1)
#define RX_ATTEMPTS 2 /* what fails is repeated once */

/* What a result is about. */
struct rx_subject {
	unsigned test;       /* number in rx_tests */
	int from, to;        /* endpoints by number; RX_NOBODY */
	const char *network; /* the view's; NULL: none in particular, or it has no name */
};

struct rx_attempt {
	enum rx_outcome outcome;
	char *detail; /* owned; NULL: none */
};

struct rx_result {
	struct rx_subject of;
	enum rx_outcome outcome;
	double seconds;
	char *detail; /* owned; NULL: none */
	/* those that were made, in order; none: it was not tried */
	struct rx_attempt attempt[RX_ATTEMPTS];
	unsigned n_attempts;
};

struct rx_results {
	pthread_mutex_t lock;
	struct rx_result *result; /* owned */
	size_t n;
	size_t count[RX_OUTCOMES];
	size_t repeated; /* results that needed more than one attempt */
};

void rx_results_init(struct rx_results *results);
void rx_results_free(struct rx_results *results);
/* Of one attempt; of none, if it is a skip. fmt NULL: no detail. */
void rx_results_add(struct rx_results *results, const struct rx_subject *of,
		    enum rx_outcome outcome, double seconds, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* What became of one direction of a pair in n attempts, of which the last decides; what is told of
 * one that passed is a detail, too. A last one that was cut short is no attempt, and with none
 * before it there is no result. */
void rx_results_fault(struct rx_results *results, const struct rx_subject *of, double seconds,
		      const struct rx_fault *attempts, unsigned n);
/* By test, then from, then to, then network. */
void rx_results_sort(struct rx_results *results);

#endif
