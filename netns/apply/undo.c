/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undoing what the ledger says was made. Most of a delete is waiting for RCU and for the RTNL, so
 * those of different nodes overlap, up to UNDO_WORKERS at once: churn does the same for hundreds of
 * cycles on each kernel (docs/explanation/memory-and-time.md). They never overlap with adds. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "netns/apply/apply.h"
#include "netns/base/memory.h"

#define UNDO_WORKERS 4

struct undoing {
	struct rx_apply *apply;
	const char *owner; /* this node alone; NULL: everything */
	size_t *order;     /* live entries of nodes: by owner, last made first */
	size_t n, next;
	size_t done, total;
	struct rx_err err; /* the first failure */
	bool failed;
	pthread_mutex_t mutex;
};

static int undo_entry(struct rx_worker *worker, struct rx_entry *entry, const char *owner,
		      struct rx_err *err)
{
	const struct rx_op_type *type = worker->apply->types[entry->op.kind];
	struct rx_err ignored;
	char text[400];
	int rc;

	rx_boundary("before undo");
	rc = type->undo && !entry->op.netns[0] ? rx_worker_go(worker, "", err) : 0;
	if (type->undo && !rc)
		rc = type->undo(worker, &entry->op, entry->state == RX_ENTRY_DONE, err);
	if (type->undo && rx_tracing())
		rx_trace("undo: %s: %s", rx_op_text(&entry->op, text, sizeof(text)),
			 rc ? err->text : "ok");
	if (rc)
		return rc;
	rx_boundary("after undo");
	entry->state = RX_ENTRY_UNDONE;
	/* What has no undo vanishes with something that has one: no line for it, unless the lab
	 * stays. A line that cannot be written, on a full disk, must not keep us from undoing:
	 * whoever comes after a kill will find nothing to undo. */
	if (type->undo || owner)
		rx_ledger_undone(worker->apply->ledger, entry->id, &ignored);
	return 0;
}

static void undo_one(struct undoing *undoing, struct rx_worker *worker, struct rx_entry *entry)
{
	struct rx_err err = {0};
	int rc = undo_entry(worker, entry, undoing->owner, &err);

	pthread_mutex_lock(&undoing->mutex);
	if (rc && !undoing->failed) {
		undoing->failed = true;
		undoing->err = err;
	}
	undoing->done++;
	if (undoing->apply->progress)
		undoing->apply->progress(undoing->done, undoing->total, &entry->op);
	pthread_mutex_unlock(&undoing->mutex);
}

/* The entries of one node: [*from, *to) of order. */
static bool take_node(struct undoing *undoing, size_t *from, size_t *to)
{
	const struct rx_entry *entries = undoing->apply->ledger->entries;
	const size_t *order = undoing->order;
	bool taken;

	pthread_mutex_lock(&undoing->mutex);
	*from = *to = undoing->next;
	taken = *from < undoing->n;
	while (*to < undoing->n &&
	       !strcmp(entries[order[*to]].op.owner, entries[order[*from]].op.owner))
		++*to;
	undoing->next = *to;
	pthread_mutex_unlock(&undoing->mutex);
	return taken;
}

static void *undo_nodes(void *arg)
{
	struct undoing *undoing = arg;
	struct rx_worker worker;
	size_t from, to;

	rx_worker_init(&worker, undoing->apply);
	while (take_node(undoing, &from, &to))
		for (; from < to; from++)
			undo_one(undoing, &worker,
				 &undoing->apply->ledger->entries[undoing->order[from]]);
	rx_worker_close(&worker);
	return NULL;
}

static int by_owner_last_first(const void *a, const void *b, void *arg)
{
	const struct rx_entry *entries = arg;
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	int owner = strcmp(entries[left].op.owner, entries[right].op.owner);

	return owner ? owner : left < right ? 1 : -1;
}

static bool wanted(const struct undoing *undoing, const struct rx_entry *entry)
{
	return !undoing->owner || !strcmp(entry->op.owner, undoing->owner);
}

static void collect_nodes(struct undoing *undoing)
{
	struct rx_ledger *ledger = undoing->apply->ledger;
	size_t i;

	for (i = 0; i < ledger->n; i++) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state != RX_ENTRY_UNDONE && entry->op.owner[0] && wanted(undoing, entry))
			undoing->order[undoing->n++] = i;
	}
	qsort_r(undoing->order, undoing->n, sizeof(*undoing->order), by_owner_last_first,
		ledger->entries);
}

/* The calling thread works too; a thread that cannot be had is one worker less. */
static void all_nodes(struct undoing *undoing)
{
	unsigned want = undoing->apply->workers ? undoing->apply->workers
			: rx_boundary_hook      ? 1
						: UNDO_WORKERS;
	unsigned started = 0, i;
	pthread_t thread[UNDO_WORKERS];

	for (i = 1; i < want && started < UNDO_WORKERS && undoing->n; i++)
		if (!pthread_create(&thread[started], NULL, undo_nodes, undoing))
			started++;
	undo_nodes(undoing);
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}

static int undo_all(struct rx_apply *apply, const char *owner, struct rx_err *err)
{
	struct rx_ledger *ledger = apply->ledger;
	struct undoing undoing = {.apply = apply,
				  .owner = owner,
				  .total = rx_ledger_live(ledger),
				  .mutex = PTHREAD_MUTEX_INITIALIZER};
	struct rx_worker worker;
	size_t i;

	undoing.order = rx_alloc(ledger->n, sizeof(*undoing.order));
	collect_nodes(&undoing);
	all_nodes(&undoing);
	free(undoing.order);
	rx_worker_init(&worker, apply);
	for (i = ledger->n; i-- > 0;) {
		struct rx_entry *entry = &ledger->entries[i];

		/* what a node's own undo could not remove was tried once, which is enough */
		if (entry->state != RX_ENTRY_UNDONE && wanted(&undoing, entry) &&
		    !entry->op.owner[0])
			undo_one(&undoing, &worker, entry);
	}
	rx_worker_close(&worker);
	if (undoing.failed)
		*err = undoing.err;
	return undoing.failed ? -err->code : 0;
}

int rx_undo(struct rx_apply *apply, struct rx_err *err)
{
	return undo_all(apply, NULL, err);
}

int rx_undo_owner(struct rx_apply *apply, const char *owner, struct rx_err *err)
{
	return undo_all(apply, owner, err);
}
