/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/idle.h"

#include <math.h>
#include <time.h>

#include "netns/base/clock.h"

static double thread_seconds(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t)
		       ? 0
		       : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void rx_idle_begin(struct rx_idle *idle)
{
	if (idle->on)
		return;
	idle->on = true;
	idle->wall = rx_now();
	idle->cpu = thread_seconds();
}

void rx_idle_end(struct rx_idle *idle, const struct rx_window *window)
{
	double now = rx_now(), within;

	if (!idle->on)
		return;
	idle->on = false;
	within = fmin(now, window->end) - fmax(idle->wall, window->start);
	if (within > 0 && now > idle->wall)
		idle->waited += (thread_seconds() - idle->cpu) * within / (now - idle->wall);
}
