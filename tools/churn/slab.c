/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel memory that does not come back. */
#include <stdlib.h>

#include "netns/base/file.h"
#include "netns/plan/facts.h"
#include "tools/churn/churn.h"

/* SLUB's count of objects (CONFIG_SLUB_DEBUG; Documentation/ABI/testing/sysfs-kernel-slab).
 * Shrinking first gives back the empty slabs that each CPU keeps, which would count otherwise. */
static uint64_t namespaces(void)
{
	char text[64];

	rx_file_write("/sys/kernel/slab/net_namespace/shrink", "1");
	return rx_file_read("/sys/kernel/slab/net_namespace/objects", text, sizeof(text))
		       ? 0
		       : strtoull(text, NULL, 10);
}

struct rx_churn_slab rx_churn_slab(void)
{
	return (struct rx_churn_slab){.bytes = rx_meminfo("SUnreclaim"),
				      .namespaces = namespaces()};
}

static uint64_t lowest(const struct rx_churn_slab *slab, unsigned from, unsigned to)
{
	uint64_t low = slab[from].bytes;

	for (; from < to; from++)
		if (slab[from].bytes < low)
			low = slab[from].bytes;
	return low;
}

double rx_churn_growth(const struct rx_churn_slab *slab, unsigned cycles)
{
	if (cycles < 16)
		return 0;
	return ((double)lowest(slab, 3 * cycles / 4, cycles + 1) -
		(double)lowest(slab, cycles / 4, cycles / 2)) /
	       ((double)cycles / 2);
}
