/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/apply/shared.h"

#include <errno.h>
#include <string.h>

bool rx_shared_same(const struct rx_op *a, const struct rx_op *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == RX_OP_LINK ? !strcmp(a->name, b->name) : a->ifindex == b->ifindex;
}

unsigned rx_shared_mtu(const struct rx_ledger *ledger, const struct rx_op *netdev,
		       const struct rx_op *without)
{
	unsigned mtu = 0;
	size_t i;

	for (i = 0; i < ledger->n; i++) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state != RX_ENTRY_UNDONE && &entry->op != without &&
		    rx_shared_same(&entry->op, netdev) && entry->op.mtu > mtu)
			mtu = entry->op.mtu;
	}
	return mtu;
}

bool rx_shared_replaced(const struct rx_ledger *ledger, size_t entry)
{
	const struct rx_op *op = &ledger->entries[entry].op;

	for (size_t i = entry + 1; i < ledger->n; i++)
		if (ledger->entries[i].state == RX_ENTRY_DONE &&
		    rx_shared_same(&ledger->entries[i].op, op) &&
		    !strcmp(ledger->entries[i].op.owner, op->owner))
			return true;
	return false;
}

/* The last live entry about the same netdev: of owner, or (other) of anybody else; NULL. */
static const struct rx_entry *held(const struct rx_ledger *ledger, const struct rx_op *op,
				   const char *owner, bool other)
{
	size_t i;

	for (i = ledger->n; i-- > 0;) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state != RX_ENTRY_UNDONE && rx_shared_same(&entry->op, op) &&
		    (strcmp(entry->op.owner, owner) != 0) == other)
			return entry;
	}
	return NULL;
}

/* As it was first found is what is given back. */
static int look(struct rx_worker *worker, struct rx_op *op, const struct rx_entry *first,
		bool there, struct rx_err *err)
{
	const struct rx_op_type *type = worker->apply->types[op->kind];
	char text[400];

	if (first) {
		memcpy(op->before, first->op.before, sizeof(op->before));
		op->ifindex = there || op->ifindex ? first->op.ifindex : 0;
		return 0;
	}
	if (there && op->kind == RX_OP_LINK)
		return rx_fail(err, "name-taken", EEXIST,
			       "%s: something of this name exists already and is not ours; remove "
			       "it",
			       rx_op_text(op, text, sizeof(text)));
	return type->look ? type->look(worker, op, err) : 0;
}

static int want(struct rx_worker *worker, struct rx_op *op, const char *lab, struct rx_err *err)
{
	struct rx_apply *apply = worker->apply;
	const struct rx_op_type *type = apply->types[op->kind];
	const struct rx_entry *own, *first;
	struct rx_err ignored;
	bool there;
	size_t id;

	if (rx_apply_check(apply, err))
		return -err->code;
	if (!type->undo) /* of a netdev that is made and goes with the others */
		return type->apply(worker, op, err);
	snprintf(op->owner, sizeof(op->owner), "%s", lab);
	there = type->exists && type->exists(worker, op) > 0;
	own = held(apply->ledger, op, lab, false);
	first = own ? own : held(apply->ledger, op, lab, true);
	if (there && own && own->state == RX_ENTRY_DONE)
		return 0;
	if (look(worker, op, first, there, err))
		return -err->code;
	rx_boundary("before intent of what labs share");
	if (rx_ledger_intent(apply->ledger, op, &id, err))
		return -err->code;
	rx_boundary("after intent of what labs share");
	if (!there && type->apply(worker, op, err)) {
		if (!err->unanswered)
			rx_ledger_undone(apply->ledger, id, &ignored);
		return -err->code;
	}
	rx_boundary("before done of what labs share");
	return rx_ledger_done(apply->ledger, id, op, err);
}

int rx_shared_apply(struct rx_apply *apply, struct rx_plan *plan, const char *lab,
		    struct rx_err *err)
{
	struct rx_worker worker;
	int rc = 0;

	rx_worker_init(&worker, apply);
	for (size_t i = 0; i < plan->n && !rc; i++)
		rc = want(&worker, &plan->ops[i], lab, err);
	rx_worker_close(&worker);
	return rc;
}

/* Of an MTU the others' may be less than this one's. */
static int give_back(struct rx_worker *worker, struct rx_entry *entry, struct rx_err *err)
{
	struct rx_ledger *ledger = worker->apply->ledger;
	const struct rx_op_type *type = worker->apply->types[entry->op.kind];
	bool others = entry->op.kind != RX_OP_MTU &&
		      held(ledger, &entry->op, entry->op.owner, true);
	struct rx_err ignored;

	rx_boundary("before what labs share is given back");
	if (!others && type->undo(worker, &entry->op, entry->state == RX_ENTRY_DONE, err))
		return -err->code;
	rx_boundary("after what labs share was given back");
	/* a full disk must not keep the lab from going: the record is of a lab that is gone then,
	 * and there is nothing to give back */
	rx_ledger_undone(ledger, entry->id, &ignored);
	return 0;
}

int rx_shared_undo(struct rx_apply *apply, const char *lab, struct rx_err *err)
{
	struct rx_ledger *ledger = apply->ledger;
	struct rx_err problem = {0};
	struct rx_worker worker;
	int rc = 0;

	rx_worker_init(&worker, apply);
	for (size_t i = ledger->n; i-- > 0;) {
		struct rx_entry *entry = &ledger->entries[i];

		if (entry->state == RX_ENTRY_UNDONE || !entry->op.owner[0] ||
		    (lab && strcmp(entry->op.owner, lab)) || !give_back(&worker, entry, &problem))
			continue;
		if (!rc)
			*err = problem;
		rc = -err->code;
	}
	rx_worker_close(&worker);
	return rc;
}
