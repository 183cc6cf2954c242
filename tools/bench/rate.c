/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/rate.h"

#include <math.h>
#include <string.h>

void rx_rate_start(struct rx_rate *rate, double now, double warm_up)
{
	memset(rate, 0, sizeof(*rate));
	rate->start = rate->last = now + warm_up;
}

/* An interval counts once a later one has begun: the last is never whole. */
void rx_rate_add(struct rx_rate *rate, double now, uint64_t bytes, uint64_t messages)
{
	uint64_t interval;

	rate->all_bytes += bytes;
	rate->all_messages += messages;
	if (now < rate->start)
		return;
	interval = (uint64_t)((now - rate->start) / RX_INTERVAL);
	if (interval != rate->interval) {
		if (rate->interval_bytes > rate->best)
			rate->best = rate->interval_bytes;
		rate->whole++;
		rate->interval = interval;
		rate->interval_bytes = 0;
	}
	rate->interval_bytes += bytes;
	rate->bytes += bytes;
	rate->messages += messages;
	rate->last = now;
}

double rx_rate_average(const struct rx_rate *rate)
{
	return rate->last > rate->start ? (double)rate->bytes / (rate->last - rate->start) / 1e6
					: NAN;
}

double rx_rate_peak(const struct rx_rate *rate)
{
	double peak = (double)rate->best / RX_INTERVAL / 1e6;

	return rate->whole >= 2 && peak >= rx_rate_average(rate) ? peak : NAN;
}
