/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"

void rx_rate_start(struct rx_rate *rate, const struct rx_window *window)
{
	memset(rate, 0, sizeof(*rate));
	rate->window = *window;
	rate->last = window->began;
}

/* An interval counts once a later one has begun: the last is never whole. */
static void add_to_interval(struct rx_rate *rate, uint64_t interval, double bytes)
{
	if (interval != rate->interval) {
		rate->best = fmax(rate->best, rate->interval_bytes);
		rate->whole++;
		rate->interval = interval;
		rate->interval_bytes = 0;
	}
	rate->interval_bytes += bytes;
	rate->bytes += bytes;
	while (rate->n_series <= interval)
		*(double *)rx_array_add(&rate->series, &rate->n_series, sizeof(double)) = 0;
	rate->series[interval] += bytes;
}

void rx_rate_free(struct rx_rate *rate)
{
	free(rate->series);
	rate->series = NULL;
	rate->n_series = 0;
}

void rx_rate_add(struct rx_rate *rate, double now, uint64_t bytes, uint64_t messages)
{
	const struct rx_window *window = &rate->window;
	double from = fmax(rate->last, window->start), to = fmin(now, window->end);
	double density = now > rate->last ? (double)bytes / (now - rate->last) : 0;
	uint64_t interval;

	rate->all_bytes += bytes;
	rate->all_messages += messages;
	rate->last = now;
	/* by number: a sum of tenths may fall short of the next one */
	for (interval = (uint64_t)((from - window->start) / RX_INTERVAL + 1e-6); from < to;
	     interval++) {
		double next = fmin(window->start + (double)(interval + 1) * RX_INTERVAL, to);

		add_to_interval(rate, interval, density * (next - from));
		from = next;
	}
}

double rx_rate_average(const struct rx_rate *rate)
{
	double end = isinf(rate->window.end) ? rate->last : rate->window.end;

	return rate->all_bytes && rate->last > rate->window.start && end > rate->window.start
		       ? rate->bytes / (end - rate->window.start) / 1e6
		       : NAN;
}

double rx_rate_peak(const struct rx_rate *rate)
{
	double peak = rate->best / RX_INTERVAL / 1e6;

	return rate->whole >= 2 && peak >= rx_rate_average(rate) ? peak : NAN;
}
