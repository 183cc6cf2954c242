/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/histogram.h"

#include <math.h>

/* Below 64 each value has its own bucket; above, the top six bits after the leading one choose
 * it. */
static unsigned index_of(uint64_t value)
{
	unsigned power = value < RX_HISTOGRAM_SUB ? 0 : 63u - (unsigned)__builtin_clzll(value) - 5u;

	if (power >= RX_HISTOGRAM_POWERS)
		return RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB - 1;
	if (!power)
		return (unsigned)value;
	return power * RX_HISTOGRAM_SUB +
	       (unsigned)((value >> (power - 1)) & (RX_HISTOGRAM_SUB - 1));
}

/* The middle of a bucket. */
static double value_of(unsigned index)
{
	unsigned power = index / RX_HISTOGRAM_SUB, sub = index % RX_HISTOGRAM_SUB;
	double width;

	if (!power)
		return sub;
	width = ldexp(1, (int)power - 1);
	return (RX_HISTOGRAM_SUB + sub) * width + width / 2;
}

void rx_histogram_add(struct rx_histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->count++;
	histogram->bucket[index_of(value)]++;
}

double rx_histogram_at(const struct rx_histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)histogram->count), seen = 0;
	double value;
	unsigned i;

	if (!histogram->count)
		return NAN;
	for (i = 0; i < RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB; i++) {
		seen += histogram->bucket[i];
		if (seen < wanted || !seen)
			continue;
		value = value_of(i);
		/* a bucket's middle may lie beyond what was really seen */
		return fmin(fmax(value, (double)histogram->min), (double)histogram->max);
	}
	return (double)histogram->max;
}
