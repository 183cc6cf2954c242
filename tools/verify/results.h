/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify found, as records; filled by several threads. */
#ifndef RXELAB_TOOLS_VERIFY_RESULTS_H
#define RXELAB_TOOLS_VERIFY_RESULTS_H

#include <pthread.h>
#include <stddef.h>

#include "tools/report/outcome.h"
#include "tools/verbs/fault.h"

#define RX_NOBODY (-1)

struct rx_result {
	unsigned test; /* number in rx_tests */
	int from, to;  /* endpoints by number; RX_NOBODY */
	enum rx_outcome outcome;
	double seconds;
	char *detail; /* owned; NULL: none */
};

struct rx_results {
	pthread_mutex_t lock;
	struct rx_result *result; /* owned */
	size_t n;
	size_t count[RX_OUTCOMES];
};

void rx_results_init(struct rx_results *results);
void rx_results_free(struct rx_results *results);
/* fmt NULL: no detail. */
void rx_results_add(struct rx_results *results, unsigned test, int from, int to,
		    enum rx_outcome outcome, double seconds, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* What became of one direction of a pair; what is told of one that passed is a detail, too. */
void rx_results_fault(struct rx_results *results, unsigned test, unsigned from, unsigned to,
		      double seconds, const struct rx_fault *fault);
/* By test, then from, then to. */
void rx_results_sort(struct rx_results *results);

#endif
