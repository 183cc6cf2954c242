/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/impair.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* netem takes s64 nanoseconds (TCA_NETEM_LATENCY64, include/uapi/linux/pkt_sched.h); beyond a
 * minute it is a typing mistake, and no RC queue pair would live through it. */
#define MAX_DELAY_US (60.0 * 1e6)
/* netem keeps bytes a second in a u64 (TCA_NETEM_RATE64). */
#define MAX_RATE_BPS 1e15

struct unit {
	const char *name;
	double factor;
};

static const struct unit time_units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {NULL, 0}};
static const struct unit percent_units[] = {{"", 1}, {"%", 1}, {NULL, 0}};
/* tc(8), RATES: bit is bits a second, bps is bytes a second; ki, mi, gi, ti are powers of 1024 */
static const struct unit rate_units[] = {
	{"", 1},
	{"bit", 1},
	{"kbit", 1e3},
	{"mbit", 1e6},
	{"gbit", 1e9},
	{"tbit", 1e12},
	{"kibit", 1024.0},
	{"mibit", 1048576.0},
	{"gibit", 1073741824.0},
	{"tibit", 1099511627776.0},
	{"bps", 8},
	{"kbps", 8e3},
	{"mbps", 8e6},
	{"gbps", 8e9},
	{"tbps", 8e12},
	{"kibps", 8 * 1024.0},
	{"mibps", 8 * 1048576.0},
	{"gibps", 8 * 1073741824.0},
	{NULL, 0},
};

enum what { TIME, PERCENT, RATE };

static const struct field {
	const char *name;
	enum what what;
	size_t offset;
} fields[] = {
	{"delay", TIME, offsetof(struct rx_impair, delay_us)},
	{"jitter", TIME, offsetof(struct rx_impair, jitter_us)},
	{"loss", PERCENT, offsetof(struct rx_impair, loss)},
	{"duplicate", PERCENT, offsetof(struct rx_impair, duplicate)},
	{"reorder", PERCENT, offsetof(struct rx_impair, reorder)},
	{"corrupt", PERCENT, offsetof(struct rx_impair, corrupt)},
	{"rate", RATE, offsetof(struct rx_impair, rate_bps)},
	{NULL},
};

/* Digits with at most one point, then a unit: no sign, no exponent, no "inf". */
static bool scan(const char *text, const struct unit *units, double *value)
{
	size_t length = strspn(text, "0123456789");

	if (!length)
		return false;
	if (text[length] == '.' && strspn(text + length + 1, "0123456789"))
		length += 1 + strspn(text + length + 1, "0123456789");
	for (; units->name; units++) {
		if (!strcasecmp(text + length, units->name)) {
			*value = strtod(text, NULL) * units->factor;
			return true;
		}
	}
	/* nothing needs no unit */
	*value = 0;
	return !text[length] && strtod(text, NULL) == 0;
}

static int parse_time(const char *key, const char *value, uint64_t *to, struct rx_err *err)
{
	double us;

	if (!scan(value, time_units, &us))
		return rx_usage(err, "impair-value",
				"%s \"%.40s\" is not a number with a unit us, ms or s, such as 2ms",
				key, value);
	if (us > MAX_DELAY_US)
		return rx_usage(err, "impair-value", "%s \"%.40s\" is above 60s", key, value);
	if (us > 0 && us < 1)
		return rx_usage(err, "impair-value", "%s \"%.40s\" is finer than 1us", key, value);
	*to = (uint64_t)llround(us);
	return 0;
}

static int parse_percent(const char *key, const char *value, double *to, struct rx_err *err)
{
	double percent;

	if (!scan(value, percent_units, &percent))
		return rx_usage(err, "impair-value", "%s \"%.40s\" is not a percentage such as 1%%",
				key, value);
	if (percent > 100)
		return rx_usage(err, "impair-value", "%s %.40s is not in 0%%..100%%", key, value);
	*to = percent;
	return 0;
}

static int parse_rate(const char *key, const char *value, uint64_t *to, struct rx_err *err)
{
	double rate;

	if (!scan(value, rate_units, &rate))
		return rx_usage(err, "impair-value",
				"%s \"%.40s\" is not a rate such as 100mbit (kbit, mbit, gbit; "
				"bare: bit/s)",
				key, value);
	if (rate > MAX_RATE_BPS || (rate > 0 && rate < 8))
		return rx_usage(err, "impair-value", "%s %.40s is not in 8bit..1000tbit", key,
				value);
	*to = (uint64_t)llround(rate);
	return 0;
}

int rx_impair_parse(const char *key, const char *value, struct rx_impair *impair,
		    struct rx_err *err)
{
	const struct field *field = fields;

	while (field->name && strcmp(field->name, key))
		field++;
	if (!field->name)
		return rx_usage(err, "impair-key",
				"\"%.40s\" is not delay, jitter, loss, duplicate, reorder, corrupt "
				"or rate",
				key);
	switch (field->what) {
	case TIME:
		return parse_time(key, value, (uint64_t *)((char *)impair + field->offset), err);
	case PERCENT:
		return parse_percent(key, value, (double *)((char *)impair + field->offset), err);
	case RATE:
		return parse_rate(key, value, (uint64_t *)((char *)impair + field->offset), err);
	}
	return 0;
}

bool rx_impair_any(const struct rx_impair *impair)
{
	return impair->delay_us || impair->jitter_us || impair->loss > 0 || impair->duplicate > 0 ||
	       impair->reorder > 0 || impair->corrupt > 0 || impair->rate_bps;
}

/* The largest unit that shows the value exactly. */
static void exact(uint64_t value, const struct unit *units, char *buf, size_t size)
{
	const struct unit *best = units;

	for (; units->name; units++)
		if (units->factor > best->factor && value % (uint64_t)units->factor == 0)
			best = units;
	snprintf(buf, size, "%" PRIu64 "%s", value / (uint64_t)best->factor, best->name);
}

/* The fewest digits that read back as the same number. */
static void percent_text(double value, char *buf, size_t size)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(buf, size, "%.*g", digits, value);
		if (strtod(buf, NULL) == value && !strchr(buf, 'e'))
			break;
	}
	/* below 0.0001 %g turns to exponents, which the file does not have */
	if (strchr(buf, 'e'))
		snprintf(buf, size, "%.20f", value);
	snprintf(buf + strlen(buf), size - strlen(buf), "%%");
}

static bool field_text(const struct field *field, const struct rx_impair *impair, char *buf,
		       size_t size)
{
	static const struct unit bits[] = {
		{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
	const void *at = (const char *)impair + field->offset;

	if (field->what == PERCENT) {
		if (!(*(const double *)at > 0))
			return false;
		percent_text(*(const double *)at, buf, size);
		return true;
	}
	if (!*(const uint64_t *)at)
		return false;
	exact(*(const uint64_t *)at, field->what == TIME ? time_units : bits, buf, size);
	return true;
}

int rx_impair_judge(const struct rx_impair *impair, const char *what, struct rx_err *err)
{
	if (impair->jitter_us && !impair->delay_us)
		return rx_usage(err, "impair-needs-delay",
				"%s: jitter varies a delay: give a delay too", what);
	if (impair->reorder > 0 && !impair->delay_us)
		return rx_usage(err, "impair-needs-delay",
				"%s: reorder lets packets past delayed ones: give a delay too",
				what);
	return 0;
}

const char *rx_impair_join(const struct rx_impair *impair, const char *colon, const char *comma,
			   char *buf, size_t size)
{
	char value[64];
	size_t used = 0;

	buf[0] = '\0';
	for (const struct field *field = fields; field->name && used < size; field++)
		if (field_text(field, impair, value, sizeof(value)))
			used += (size_t)snprintf(buf + used, size - used, "%s%s%s%s",
						 used ? comma : "", field->name, colon, value);
	return buf;
}

const char *rx_impair_text(const struct rx_impair *impair, char *buf, size_t size)
{
	return rx_impair_join(impair, " ", " ", buf, size);
}
