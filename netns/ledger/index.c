/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces and netdevs that the ledger holds as made, sorted: the view asks twice for each
 * node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "netns/ledger/ledger.h"

static int by_kind_and_name(const void *a, const void *b)
{
	const struct rx_op *left = *(const struct rx_op *const *)a,
			   *right = *(const struct rx_op *const *)b;

	return left->kind != right->kind ? (left->kind < right->kind ? -1 : 1)
					 : strcmp(left->name, right->name);
}

void rx_ledger_index_make(const struct rx_ledger *ledger, struct rx_ledger_index *index)
{
	size_t i;

	index->n = 0;
	index->op = rx_alloc(ledger->n, sizeof(*index->op));
	for (i = 0; i < ledger->n; i++) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state == RX_ENTRY_DONE &&
		    (entry->op.kind == RX_OP_NETNS || entry->op.kind == RX_OP_LINK))
			index->op[index->n++] = &entry->op;
	}
	qsort(index->op, index->n, sizeof(*index->op), by_kind_and_name);
}

void rx_ledger_index_free(struct rx_ledger_index *index)
{
	free(index->op);
	index->op = NULL;
	index->n = 0;
}

const struct rx_op *rx_ledger_index_find(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *netns, const char *name)
{
	struct rx_op key = {.kind = kind};
	const struct rx_op *want = &key, *const * found, *last = NULL;

	snprintf(key.name, sizeof(key.name), "%s", name);
	found = bsearch(&want, index->op, index->n, sizeof(*index->op), by_kind_and_name);
	while (found && found > index->op && !by_kind_and_name(found - 1, &want))
		found--;
	/* the entries lie in one array, so the later one has the higher address */
	for (; found && found < index->op + index->n && !by_kind_and_name(found, &want); found++)
		if ((!netns || !strcmp((*found)->netns, netns)) && (!last || *found > last))
			last = *found;
	return last;
}
