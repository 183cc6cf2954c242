/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where every part of churn says what is wrong. */
#ifndef RXELAB_TOOLS_CHURN_PROBLEM_H
#define RXELAB_TOOLS_CHURN_PROBLEM_H

#include <pthread.h>
#include <stddef.h>

#include "netns/lab/lab.h"

struct rx_churn_problem {
	unsigned cycle;                 /* from 1 */
	/* "restore", "census", "kernel", "traffic", "proof", "slab", an action's name */
	char what[24];
	char endpoint[RX_NODE_NAME_MAX + 1];
	char detail[600];
};

struct rx_churn_problems {
	struct rx_churn_problem *list;  /* owned */
	size_t n;
	unsigned cycle;                 /* the one that runs, from 1 */
	pthread_mutex_t mutex;
};

/* Said at once, and kept. From any thread. */
void rx_churn_problem(struct rx_churn_problems *problems, const char *what, const char *endpoint,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
