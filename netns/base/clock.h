/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time for deadlines and durations: seconds of CLOCK_MONOTONIC. A deadline is a time; 0: there
 * is none. */
#ifndef RXELAB_NETNS_BASE_CLOCK_H
#define RXELAB_NETNS_BASE_CLOCK_H

#include <stdbool.h>

double rx_now(void);
/* The deadline of a limit of so many seconds from now; a limit of 0 or less: none. */
double rx_deadline(double seconds);
/* Whether it has come; false without one. */
bool rx_passed(double deadline);
/* Milliseconds to a deadline, rounded up, for poll(2): -1 without one, 0 when it has come. */
int rx_poll_until(double deadline);
/* A pause inside a loop that polls a condition to a deadline. */
void rx_wait_ms(int milliseconds);

#endif
