/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding what rxelab left behind and no lab accounts for. */
#ifndef RXELAB_TOOLS_LAB_GC_H
#define RXELAB_TOOLS_LAB_GC_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

struct rx_leftover {
	const char *kind; /* "lab", "namespace", "netdev", "RXE device", "folder", "host" */
	char name[128];
	char reason[160];
	unsigned ifindex;
	bool foreign; /* has a name like ours and nothing else of ours: told, never touched */
	bool removed;
	const char *id; /* of what kept it (struct rx_err); NULL: nothing did */
	char problem[300];
};

struct rx_leftovers {
	struct rx_leftover *item; /* owned */
	size_t n;
};

/* Look; nothing is touched. */
int rx_gc_find(struct rx_leftovers *list, struct rx_err *err);
/* Remove each but what is foreign; removed or problem says how it went. Returns how many could not
 * be removed. */
size_t rx_gc_remove(struct rx_leftovers *list);

#endif
