/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/apply/shared.h"

#include <errno.h>
#include <string.h>

#include "netns/apply/own.h"

static bool same_index(const struct rx_op *a, const struct rx_op *b)
{
	return a->ifindex && a->ifindex == b->ifindex;
}

bool rx_shared_same(const struct rx_op *a, const struct rx_op *b)
{
	return a->kind == b->kind &&
	       (same_index(a, b) || (a->kind == RX_OP_LINK && !strcmp(a->name, b->name)));
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

	for (size_t i = entry + 1; i < ledger->n; i++) {
		const struct rx_op *later = &ledger->entries[i].op;

		if (ledger->entries[i].state == RX_ENTRY_DONE && later->kind == op->kind &&
		    !strcmp(later->owner, op->owner) &&
		    (same_index(later, op) || !strcmp(later->name, op->name)))
			return true;
	}
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

static bool was_begun(const struct rx_ledger *ledger, const struct rx_op *op)
{
	for (size_t i = 0; i < ledger->n; i++)
		if (ledger->entries[i].state == RX_ENTRY_INTENT &&
		    rx_shared_same(&ledger->entries[i].op, op))
			return true;
	return false;
}

static int refuse(const struct rx_op *op, struct rx_err *err)
{
	char text[400];

	return rx_fail(err, "name-taken", EEXIST,
		       "%s: something of this name exists already and is not ours; remove it",
		       rx_op_text(op, text, sizeof(text)));
}

/* A netdev that labs share is the one with the host's tag. One without, which a command that was
 * killed has left, goes. 1 it is there, 0 it is not, or -errno. */
static int find_shared(struct rx_worker *worker, struct rx_op *op, struct rx_link_info *info,
		       struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	char tag[RX_TAG_SIZE];

	op->ifindex = 0;
	if (!route)
		return -err->code;
	if (rx_link_get(route, op->name, info, err))
		return rx_op_is_gone(err) ? 0 : -err->code;
	if (!strcmp(info->alias, rx_own_tag(worker, tag)) && !strcmp(info->kind, op->link_kind)) {
		op->ifindex = info->ifindex;
		return 1;
	}
	if (info->alias[0] || !was_begun(worker->apply->ledger, op))
		return refuse(op, err);
	if (worker->apply->types[op->kind]->undo(worker, op, false, err))
		return -err->code;
	return rx_link_get(route, op->name, info, err) && rx_op_is_gone(err) ? 0 : refuse(op, err);
}

/* It is there, and in the bridge that it belongs in. */
static int find_in_place(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_link_info info, master;
	struct rx_link_change change = {.set_master = true};
	int there = find_shared(worker, op, &info, err);

	if (there <= 0 || !op->master[0])
		return there;
	if (rx_link_get(&worker->route, op->master, &master, err))
		return -err->code;
	change.master = master.ifindex;
	if (info.master != master.ifindex &&
	    rx_link_change(&worker->route, info.ifindex, op->name, &change, err))
		return -err->code;
	return 1;
}

/* As it was first found is what is given back. */
static int look(struct rx_worker *worker, struct rx_op *op, const struct rx_entry *first,
		struct rx_err *err)
{
	const struct rx_op_type *type = worker->apply->types[op->kind];

	if (!first)
		return type->look ? type->look(worker, op, err) : 0;
	memcpy(op->before, first->op.before, sizeof(op->before));
	return 0;
}

/* Done already, and nobody has renamed or replaced anything since. */
static bool as_recorded(const struct rx_entry *own, const struct rx_op *op)
{
	return own && own->state == RX_ENTRY_DONE && own->op.ifindex == op->ifindex &&
	       own->op.mtu == op->mtu && !strcmp(own->op.name, op->name) &&
	       !strcmp(own->op.master, op->master);
}

static int want(struct rx_worker *worker, struct rx_op *op, const char *lab, struct rx_err *err)
{
	struct rx_apply *apply = worker->apply;
	const struct rx_op_type *type = apply->types[op->kind];
	const struct rx_entry *own, *first;
	struct rx_err ignored;
	int there;
	size_t id;

	if (rx_apply_check(apply, err))
		return -err->code;
	if (!type->undo) /* of a netdev that is made and goes with the others */
		return type->apply(worker, op, err);
	snprintf(op->owner, sizeof(op->owner), "%s", lab);
	own = held(apply->ledger, op, lab, false);
	first = own ? own : held(apply->ledger, op, lab, true);
	there = op->kind == RX_OP_LINK ? find_in_place(worker, op, err)
				       : type->exists(worker, op) > 0;
	if (there < 0)
		return there;
	if (there && as_recorded(own, op))
		return 0;
	if (look(worker, op, first, err))
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

int rx_shared_adopt(struct rx_ledger *host, const struct rx_ledger *lab, struct rx_err *err)
{
	int n = 0;
	size_t id;

	for (size_t i = 0; i < lab->n && !lab->header.nonce[0]; i++) {
		struct rx_op op = lab->entries[i].op;

		if (lab->entries[i].state == RX_ENTRY_UNDONE || op.kind != RX_OP_MTU || !op.ifindex)
			continue;
		n++;
		snprintf(op.owner, sizeof(op.owner), "%s", lab->header.lab);
		if (held(host, &op, op.owner, false))
			continue;
		if (rx_ledger_intent(host, &op, &id, err) || rx_ledger_done(host, id, &op, err))
			return -err->code;
	}
	return n;
}
