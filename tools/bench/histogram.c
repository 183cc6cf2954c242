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

static double mean_of(const struct rx_histogram *h)
{
	double sum = 0;

	for (unsigned i = 0; i < RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB; i++)
		sum += h->bucket[i] * value_of(i);
	return sum / (double)h->count;
}

static double deviation_of(const struct rx_histogram *h, double mean)
{
	double sum = 0;

	for (unsigned i = 0; i < RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB; i++)
		sum += h->bucket[i] * (value_of(i) - mean) * (value_of(i) - mean);
	return sqrt(sum / (double)h->count);
}

void rx_histogram_print(const struct rx_histogram *h, FILE *out)
{
	double mean = mean_of(h);
	uint64_t seen = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (unsigned i = 0; i < RX_HISTOGRAM_POWERS * RX_HISTOGRAM_SUB; i++) {
		double share;

		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		share = (double)seen / (double)h->count;
		fprintf(out, "%12.3f %.12f %10llu",
			fmin(fmax(value_of(i), (double)h->min), (double)h->max) / 1e3, share,
			(unsigned long long)seen);
		if (seen < h->count)
			fprintf(out, " %14.2f", 1 / (1 - share));
		fputc('\n', out);
	}
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / 1e3,
		deviation_of(h, mean) / 1e3);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)h->max / 1e3,
		(unsigned long long)h->count);
	fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n", RX_HISTOGRAM_POWERS,
		RX_HISTOGRAM_SUB);
}
