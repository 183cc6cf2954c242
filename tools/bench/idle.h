/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processor time that a thread spends looking for what has not come yet: it is no part of what
 * moving the bytes costs. */
#ifndef RXELAB_TOOLS_BENCH_IDLE_H
#define RXELAB_TOOLS_BENCH_IDLE_H

#include <stdbool.h>

#include "tools/bench/rate.h"

struct rx_idle {
	bool on;
	double wall, cpu; /* when it began, in seconds of the clock and of the thread */
	double waited;    /* the thread's seconds, within the window */
};

/* The calling thread begins to wait, unless it does already; it waits no more. */
void rx_idle_begin(struct rx_idle *idle);
void rx_idle_end(struct rx_idle *idle, const struct rx_window *window);

#endif
