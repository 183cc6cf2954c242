/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs share, under the host's lock (netns/apply/shared.h). */
#include "netns/apply/shared.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/memory.h"
#include "netns/ledger/list.h"
#include "tools/cli/output.h"
#include "tools/lab/shared.h"

void rx_step_wants(struct rx_facts *facts)
{
	struct rx_ledger ledger;
	struct rx_err ignored;

	if (rx_ledger_open(RX_HOST_LEDGER, false, &ledger, &ignored))
		return;
	for (size_t i = 0; i < ledger.n; i++)
		if (ledger.entries[i].state != RX_ENTRY_UNDONE && ledger.entries[i].op.owner[0])
			*(struct rx_op *)rx_array_add(&facts->wants, &facts->n_wants,
						      sizeof(*facts->wants)) = ledger.entries[i].op;
	rx_ledger_close(&ledger);
}

/* The host's ledger is made, if there is anything to adopt. */
static int adopt(const struct rx_ledger *lab, struct rx_err *err)
{
	struct rx_ledger host;
	bool any = false;
	int rc;

	for (size_t i = 0; i < lab->n && !lab->header.nonce[0]; i++)
		any |= lab->entries[i].op.kind == RX_OP_MTU;
	rc = any ? rx_ledger_open_host(&host, err) : 0;
	if (!any || rc)
		return rc;
	rc = rx_shared_adopt(&host, lab, err);
	rx_ledger_close(&host);
	return rc;
}

void rx_step_adopt_old(void)
{
	char **names, nonce[RX_NONCE_SIZE];
	struct rx_ledger lab;
	struct rx_err err = {0};
	size_t n;

	if (rx_ledger_list(&names, &n, &err))
		return;
	for (size_t i = 0; i < n; i++) {
		if (rx_ledger_nonce(names[i], nonce) || nonce[0] ||
		    rx_ledger_open(names[i], false, &lab, &err))
			continue;
		if (adopt(&lab, &err) < 0)
			rx_warn("%s", err.text);
		rx_ledger_close(&lab);
	}
	rx_names_free(names);
}

void rx_step_hand_over(struct rx_ledger *lab)
{
	struct rx_err err = {0};
	int n = adopt(lab, &err);

	if (n < 0)
		rx_warn("%s; the MTU of netdevs that lab %s changed stays", err.text,
			lab->header.lab);
	for (size_t i = 0; n && i < lab->n; i++)
		if (lab->entries[i].op.kind == RX_OP_MTU &&
		    lab->entries[i].state != RX_ENTRY_UNDONE)
			rx_ledger_undone(lab, lab->entries[i].id, &err);
}

static bool is_shared(const struct rx_op *op, const void *arg)
{
	return (op->phase == RX_PHASE_HOST) == *(const bool *)arg;
}

int rx_step_share(struct rx_apply apply, const char *lab, struct rx_plan *plan, struct rx_err *err)
{
	static const bool shared = true, own = false;
	struct rx_plan part = {.n = plan->n};
	struct rx_ledger ledger;
	int rc;

	part.ops = rx_alloc(plan->n, sizeof(*part.ops));
	memcpy(part.ops, plan->ops, plan->n * sizeof(*part.ops));
	rx_plan_keep(&part, is_shared, &shared);
	rx_plan_keep(plan, is_shared, &own);
	rc = part.n ? rx_ledger_open_host(&ledger, err) : 0;
	if (part.n && !rc) {
		apply.ledger = &ledger;
		apply.mode = RX_APPLY_MISSING;
		rc = rx_shared_apply(&apply, &part, lab, err);
		rx_ledger_close(&ledger);
	}
	rx_plan_free(&part);
	return rc;
}

int rx_step_give_back(struct rx_apply apply, const char *lab, struct rx_err *err)
{
	struct rx_ledger ledger;
	bool damaged;
	int rc;

	if (rx_ledger_open_to_undo(RX_HOST_LEDGER, &ledger, &damaged, err))
		return err->code == ENOENT ? 0 : -err->code;
	if (damaged)
		rx_warn("%s; what can be read of it is given back", err->text);
	apply.ledger = &ledger;
	rc = rx_shared_undo(&apply, lab, err);
	rx_ledger_close(&ledger);
	return rc;
}

/* Each lab once: on a full disk what was given back cannot be noted. */
static bool was_before(const struct rx_facts *facts, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(facts->wants[i].owner, facts->wants[at].owner))
			return true;
	return false;
}

/* Of labs whose state folder is gone. */
void rx_step_unshare_lost(struct rx_apply apply)
{
	struct rx_facts facts = {0};
	struct rx_err err = {0};
	char path[200];

	rx_step_wants(&facts);
	for (size_t i = 0; i < facts.n_wants; i++) {
		const char *lab = facts.wants[i].owner;

		if (!was_before(&facts, i) &&
		    access(rx_ledger_path(lab, "", path, sizeof(path)), F_OK) &&
		    rx_step_give_back(apply, lab, &err))
			rx_warn("%s", err.text);
	}
	rx_facts_free(&facts);
}
