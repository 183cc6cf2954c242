/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the command line to parameters, judged before the machine is looked at. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/bench.h"

const struct rx_bench_test rx_bench_tests[] = {
	{"send-bw", RX_VERB_SEND, RX_BANDWIDTH},    {"write-bw", RX_VERB_WRITE, RX_BANDWIDTH},
	{"read-bw", RX_VERB_READ, RX_BANDWIDTH},    {"atomic-bw", RX_VERB_ATOMIC, RX_BANDWIDTH},
	{"tcp-bw", RX_VERB_TCP, RX_BANDWIDTH},      {"send-lat", RX_VERB_SEND, RX_LATENCY},
	{"write-lat", RX_VERB_WRITE, RX_LATENCY},   {"read-lat", RX_VERB_READ, RX_LATENCY},
	{"atomic-lat", RX_VERB_ATOMIC, RX_LATENCY}, {"tcp-lat", RX_VERB_TCP, RX_LATENCY},
};
const unsigned rx_n_bench_tests = sizeof(rx_bench_tests) / sizeof(rx_bench_tests[0]);

static const char *next(const char *at)
{
	const char *comma = strchr(at, ',');

	return comma ? comma + 1 : NULL;
}

int rx_bench_select(const char *text, bool selected[16], struct rx_err *err)
{
	char names[300] = "";
	const char *at;
	unsigned i;

	memset(selected, 0, 16 * sizeof(*selected));
	for (at = text ? text : "write-bw,tcp-bw,send-lat,tcp-lat"; at; at = next(at)) {
		size_t length = strcspn(at, ",");
		bool all = length == 3 && !strncmp(at, "all", 3), found = all;

		for (i = 0; i < rx_n_bench_tests; i++)
			if (all || (strlen(rx_bench_tests[i].name) == length &&
				    !strncmp(rx_bench_tests[i].name, at, length)))
				selected[i] = found = true;
		if (found)
			continue;
		for (i = 0; i < rx_n_bench_tests; i++)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s",
				 rx_bench_tests[i].name);
		return rx_usage(err, "option-value",
				"--tests: there is no test \"%.*s\"; there are all%s", (int)length,
				at, names);
	}
	return 0;
}

/* 64, 4k, 8M: powers of 1024. *end is left behind the number. */
static bool read_size(const char *at, const char **end, unsigned long *size)
{
	char *stop;

	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*size = strtoul(at, &stop, 10);
	if (*size > RX_BENCH_MAX_SIZE || errno)
		return false;
	if (*stop == 'k' || *stop == 'K')
		*size <<= 10, stop++;
	else if (*stop == 'm' || *stop == 'M')
		*size <<= 20, stop++;
	*end = stop;
	return *size >= 2 && *size <= RX_BENCH_MAX_SIZE;
}

static int add_size(struct rx_bench_parameters *p, unsigned long size, struct rx_err *err)
{
	if (p->n_sizes == RX_BENCH_SIZES)
		return rx_usage(err, "option-value", "--sizes: more than %d sizes", RX_BENCH_SIZES);
	p->sizes[p->n_sizes++] = (uint32_t)size;
	return 0;
}

int rx_bench_sizes(const char *text, struct rx_bench_parameters *p, struct rx_err *err)
{
	const char *at, *end;
	unsigned long size, last;
	int rc = 0;

	p->n_sizes = 0;
	for (at = text ? text : "64,4k,64k,1M"; at && !rc; at = next(at)) {
		bool good = read_size(at, &end, &size);

		last = size;
		if (good && *end == '-')
			good = read_size(end + 1, &end, &last) && last >= size;
		if (!good || (*end && *end != ','))
			return rx_usage(err, "option-value",
					"--sizes: \"%.*s\" is not a size from 2 to 8M, nor a range "
					"like 2-64k",
					(int)strcspn(at, ","), at);
		for (; size <= last && !rc; size *= 2)
			rc = add_size(p, size, err);
	}
	return rc;
}

int rx_bench_cpus(const char *text, struct rx_bench_parameters *p, struct rx_err *err)
{
	const char *at;

	p->n_cpus = 0;
	for (at = text; at; at = next(at)) {
		char *end;
		long cpu = strtol(at, &end, 10);

		if (end == at || (*end && *end != ',') || cpu < 0 || cpu > 1023 ||
		    p->n_cpus == RX_BENCH_CPUS)
			return rx_usage(err, "option-value",
					"--cpu: \"%s\" is not a list of at most %d processor "
					"numbers",
					text, RX_BENCH_CPUS);
		p->cpus[p->n_cpus++] = (int)cpu;
	}
	return 0;
}

const char *rx_transport_name(enum rx_transport transport)
{
	static const char *const names[] = {"RC", "UC", "UD", "TCP"};

	return names[transport];
}

const char *rx_size_text(uint32_t size, char buf[16])
{
	if (size >= 1u << 20 && !(size & ((1u << 20) - 1)))
		snprintf(buf, 16, "%uM", size >> 20);
	else if (size >= 1024 && !(size & 1023))
		snprintf(buf, 16, "%uk", size >> 10);
	else
		snprintf(buf, 16, "%u", size);
	return buf;
}
