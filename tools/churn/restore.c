/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making an endpoint again by the operations of its lab's plan, in their order: what was mended
 * before stands later in the ledger than what depends on it. The ledger stays true throughout: a
 * kill at any instant leaves a lab that down and up can deal with. */
#include <errno.h>
#include <string.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/churn/churn.h"
#include "tools/lab/steps.h"

static bool same_object(const struct rx_op *a, const struct rx_op *b)
{
	char left[400], right[400];

	return a->kind == b->kind &&
	       !strcmp(rx_op_key(a, left, sizeof(left)), rx_op_key(b, right, sizeof(right)));
}

static void add_op(struct rx_churn_target *target, const struct rx_op *op)
{
	struct rx_op *last = rx_array_add(&target->ops, &target->n_ops, sizeof(*last));

	*last = *op;
	last->chain = 0; /* alone in its plan */
}

int rx_churn_targets(struct rx_churn *churn, struct rx_err *err)
{
	const struct rx_up_request request = {.lab = &churn->view.lab};
	struct rx_plan plan = {0};
	size_t i, k;
	int rc = rx_step_decide(&request, churn->deadline, &plan, NULL, err);

	churn->targets = rx_alloc(churn->view.n_endpoints + 1, sizeof(*churn->targets));
	for (i = 0; !rc && i < churn->view.n_endpoints; i++) {
		struct rx_churn_target *target = &churn->targets[i];

		target->node = &churn->view.nodes[i];
		target->number = (unsigned)i;
		for (k = 0; k < plan.n; k++)
			if (!strcmp(plan.ops[k].owner, target->node->want->name))
				add_op(target, &plan.ops[k]);
	}
	rx_plan_free(&plan);
	return rc;
}

static int make_again(struct rx_churn *churn, const struct rx_churn_target *target,
		      struct rx_err *err)
{
	struct rx_apply apply = {.lab = &churn->view.lab,
				 .ledger = &churn->ledger,
				 .types = rx_op_types,
				 .workers = 1,
				 .mode = RX_APPLY_MISSING,
				 .warn = churn->warn};
	struct rx_plan plan = {.n = target->n_ops};
	rx_autofree struct rx_op *ops = rx_alloc(target->n_ops + 1, sizeof(*ops));

	for (size_t i = 0; i < target->n_ops; i++)
		ops[i] = target->ops[i];
	plan.ops = ops;
	return rx_apply_plan(&apply, &plan, NULL, err);
}

/* The kernel answers so while what bore the name, the MAC or the netdev's RXE before is still being
 * torn down. */
static bool may_pass(int code)
{
	return code == EADDRINUSE || code == ENFILE || code == EEXIST || code == ENODEV ||
	       code == EBUSY;
}

/* What was made again has a later entry than what is gone. */
static size_t collect(struct rx_churn *churn, const char *owner, size_t **ids)
{
	struct rx_ledger *ledger = &churn->ledger;
	rx_autofree const struct rx_op **last = rx_alloc(ledger->n + 1, sizeof(*last));
	size_t n = 0, n_last = 0, i, k;

	pthread_mutex_lock(&ledger->mutex);
	*ids = rx_alloc(ledger->n + 1, sizeof(**ids));
	for (i = ledger->n; i-- > 0;) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state == RX_ENTRY_UNDONE || strcmp(entry->op.owner, owner))
			continue;
		for (k = 0; k < n_last && !same_object(last[k], &entry->op); k++)
			;
		if (k < n_last)
			(*ids)[n++] = entry->id;
		else
			last[n_last++] = &entry->op;
	}
	pthread_mutex_unlock(&ledger->mutex);
	return n;
}

static int forget(struct rx_churn *churn, const char *owner, struct rx_err *err)
{
	rx_autofree size_t *ids = NULL;
	size_t n = collect(churn, owner, &ids), i;

	for (i = 0; i < n; i++)
		if (rx_ledger_undone(&churn->ledger, ids[i], err))
			return -err->code;
	return 0;
}

int rx_churn_restore(struct rx_churn *churn, struct rx_churn_target *target, struct rx_err *err)
{
	double deadline = rx_now() + RX_CHURN_SETTLE;
	int rc;

	while ((rc = make_again(churn, target, err)) && may_pass(err->code) && rx_now() < deadline)
		rx_wait_ms(20);
	return rc ? rc : forget(churn, target->node->want->name, err);
}
