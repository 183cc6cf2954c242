/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/clock.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

double rx_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double rx_deadline(double seconds)
{
	return seconds > 0 ? rx_now() + seconds : 0;
}

bool rx_passed(double deadline)
{
	return deadline > 0 && rx_now() >= deadline;
}

int rx_poll_until(double deadline)
{
	double left = deadline - rx_now();

	if (deadline <= 0)
		return -1;
	if (left <= 0)
		return 0;
	return left < INT_MAX / 1000 ? (int)(left * 1000) + 1 : INT_MAX;
}

void rx_wait_ms(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}
