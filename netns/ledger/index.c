/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces, netdevs and what these have, which the ledger holds as made, sorted: the view asks
 * often for each node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "netns/ledger/ledger.h"

#define BIT(kind) (1u << (kind))
#define INDEXED \
	(BIT(RX_OP_NETNS) | BIT(RX_OP_LINK) | BIT(RX_OP_ADDR) | BIT(RX_OP_ROUTE) | \
	 BIT(RX_OP_NOT_LOCAL) | BIT(RX_OP_RULE))

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

		if (entry->state == RX_ENTRY_DONE && BIT(entry->op.kind) & INDEXED)
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

const struct rx_op **rx_ledger_index_all(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *name, size_t *n)
{
	struct rx_op key = {.kind = kind};
	const struct rx_op *want = &key, **found, **end = index->op + index->n;

	*n = 0;
	snprintf(key.name, sizeof(key.name), "%s", name);
	found = bsearch(&want, index->op, index->n, sizeof(*index->op), by_kind_and_name);
	while (found && found > index->op && !by_kind_and_name(found - 1, &want))
		found--;
	while (found && found + *n < end && !by_kind_and_name(found + *n, &want))
		++*n;
	return found;
}

const struct rx_op *rx_ledger_index_find(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *netns, const char *name)
{
	const struct rx_op *last = NULL;
	size_t n, i;
	const struct rx_op **all = rx_ledger_index_all(index, kind, name, &n);

	/* the entries lie in one array, so the later one has the higher address */
	for (i = 0; i < n; i++)
		if ((!netns || !strcmp(all[i]->netns, netns)) && (!last || all[i] > last))
			last = all[i];
	return last;
}
