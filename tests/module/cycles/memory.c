/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leak or cache? Looked at with caches dropped; what a leak is made of shows in the slab caches and
 * pages that grow steadily. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/plan/facts.h"
#include "tests/module/cycles/cycles.h"
#include "tools/churn/churn.h"

#define MAX_CACHES 512
#define SHOWN 8

/* "pages" is what /proc/meminfo does not say: the rest of MemTotal, so pages that somebody in the
 * kernel took for himself (slub_debug's stack traces among them) and those that each CPU keeps
 * free. */
static const char *const kinds[] = {"MemFree", "Buffers", "Cached", "AnonPages",
				    "SUnreclaim", "SReclaimable", "Percpu", "VmallocUsed",
				    "KernelStack", "PageTables", "pages"};
#define KINDS RX_ARRAY_SIZE(kinds)
#define PAGES (KINDS - 1)

struct cache {
	char name[32];
	int64_t bytes;
};

struct look {
	unsigned cycle;
	int64_t kib[KINDS];
};

struct memory {
	unsigned cycles;
	struct rx_churn_slab *slab;     /* by cycle, for rx_churn_growth */
	struct look *looks;
	size_t n_looks;
	struct cache early[MAX_CACHES]; /* when a quarter was done */
	size_t n_early;
};

struct memory *memory_new(unsigned cycles)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		abort();
	memory->cycles = cycles;
	memory->slab = calloc(cycles + 2, sizeof(*memory->slab));
	memory->looks = calloc(cycles + 2, sizeof(*memory->looks));
	if (!memory->slab || !memory->looks)
		abort();
	return memory;
}

/* By name: /proc/slabinfo is in order of making. */
static size_t read_caches(struct cache list[MAX_CACHES])
{
	rx_autofile FILE *file = fopen("/proc/slabinfo", "re");
	char line[400];
	size_t n = 0;

	while (file && n < MAX_CACHES && fgets(line, sizeof(line), file)) {
		long long active, all, size;

		if (sscanf(line, "%31s %lld %lld %lld", list[n].name, &active, &all, &size) == 4 &&
		    list[n].name[0] != '#')
			list[n++].bytes = all * size;
	}
	return n;
}

static void drop_caches(void)
{
	rx_autoclose int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	if (fd < 0 || write(fd, "3", 1) != 1)
		printf("# caches could not be dropped\n");
}

void memory_look(struct memory *memory, unsigned cycle)
{
	struct look *look = &memory->looks[memory->n_looks++];
	unsigned i;

	drop_caches();
	look->cycle = cycle;
	look->kib[PAGES] = (int64_t)(rx_meminfo("MemTotal") / 1024);
	for (i = 0; i < PAGES; i++) {
		look->kib[i] = (int64_t)(rx_meminfo(kinds[i]) / 1024);
		look->kib[PAGES] -= look->kib[i];
	}
	printf("# cycle %u, KiB:", cycle);
	for (i = 0; i < KINDS; i++)
		printf(" %s %lld", kinds[i], (long long)look->kib[i]);
	printf("\n");
	if (!memory->n_early && cycle >= memory->cycles / 4)
		memory->n_early = read_caches(memory->early);
}

void memory_cycle(struct memory *memory, unsigned cycle)
{
	memory->slab[cycle].bytes = rx_meminfo("SUnreclaim");
}

static int by_growth(const void *a, const void *b)
{
	const struct cache *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

static void report_caches(struct memory *memory)
{
	static struct cache now[MAX_CACHES];
	size_t n = read_caches(now), i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < memory->n_early; j++)
			if (!strcmp(now[i].name, memory->early[j].name)) {
				now[i].bytes -= memory->early[j].bytes;
				break;
			}
	qsort(now, n, sizeof(*now), by_growth);
	printf("# slab caches, KiB more than when a quarter of the cycles was done:");
	for (i = 0; i < n && i < SHOWN && now[i].bytes > 0; i++)
		printf(" %s %lld", now[i].name, (long long)(now[i].bytes / 1024));
	printf("\n");
}

/* The mean of some looks: one alone is up to 2 MiB off, by what is on its way. */
static double mean(const struct memory *memory, size_t from, size_t to, size_t kind)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += kind < KINDS ? (double)memory->looks[i].kib[kind]
				    : (double)memory->looks[i].cycle;
	return sum / (double)(to - from);
}

/* The slope from the second quarter to the last. */
void memory_report(struct memory *memory, unsigned cycles)
{
	size_t n = memory->n_looks, i;

	if (n < 8)
		return;
	printf("# bytes a cycle, second quarter to last:");
	for (i = 0; i < KINDS; i++)
		printf(" %s %+.0f", kinds[i],
		       (mean(memory, 3 * n / 4, n, i) - mean(memory, n / 4, n / 2, i)) * 1024 /
			       (mean(memory, 3 * n / 4, n, KINDS) -
				mean(memory, n / 4, n / 2, KINDS)));
	printf("\n# SUnreclaim, lowest points, second quarter to last: %+.0f bytes a cycle\n",
	       rx_churn_growth(memory->slab, cycles));
	report_caches(memory);
}
