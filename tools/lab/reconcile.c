/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/reconcile.h"

#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/lab/holders.h"

static void look_at(struct rx_lab_place *place, const struct rx_op *op)
{
	place->anything = true;
	if (!place->container)
		place->container = rx_op_container(op);
	if (op->kind == RX_OP_NETNS)
		place->netns = op->value;
}

bool rx_lab_same_place(const struct rx_lab_place *place, uint64_t container, const char *netns)
{
	return place->container == container && !strcmp(place->netns, netns);
}

static struct rx_lab_place wanted_place(const struct rx_plan *plan, const char *owner)
{
	struct rx_lab_place place = {.netns = ""};
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (!strcmp(plan->ops[i].owner, owner))
			look_at(&place, &plan->ops[i]);
	return place;
}

struct rx_lab_place rx_lab_present_place(const struct rx_ledger *ledger, const char *owner)
{
	struct rx_lab_place place = {.netns = ""};
	size_t i;

	for (i = 0; i < ledger->n; i++) {
		const struct rx_entry *entry = &ledger->entries[i];

		if (entry->state == RX_ENTRY_UNDONE || strcmp(entry->op.owner, owner))
			continue;
		look_at(&place, &entry->op);
		place.broken |= entry->state == RX_ENTRY_INTENT;
	}
	return place;
}

/* What was made for an endpoint in a container that has ended, or elsewhere than where it is to be,
 * is undone. */
static int undo_misplaced(const struct rx_up_request *request, const struct rx_plan *plan,
			  struct rx_ledger *ledger, double deadline, struct rx_err *err)
{
	struct rx_holders_wait wait = {.seconds = RX_HOLDERS_WAIT, .deadline = deadline};
	const char *only = request->only;
	size_t i;

	for (i = 0; i < request->lab->n_endpoints; i++) {
		const char *name = request->lab->nodes[i].name;
		struct rx_lab_place now = rx_lab_present_place(ledger, name),
				    then = wanted_place(plan, name);

		if ((only && strcmp(only, name)) || !now.anything ||
		    (rx_lab_same_place(&now, then.container, then.netns) && !now.broken &&
		     then.anything))
			continue;
		wait.endpoint = name;
		if (rx_ledger_without_holders(ledger, &wait, err) ||
		    rx_step_undo_owner(ledger, name, err))
			return rx_wrap(err, "endpoint \"%s\"", name);
	}
	return 0;
}

static bool is_owned_by(const struct rx_op *op, const void *owner)
{
	return !strcmp(op->owner, owner);
}

int rx_lab_settle(const struct rx_up_request *request, struct rx_ledger *ledger, double deadline,
		  size_t *changed, struct rx_err *err)
{
	struct rx_plan plan = {0};
	int rc = rx_step_decide(request, deadline, &plan, NULL, err);

	if (!rc && request->dry_run) {
		rc = request->show(request->lab, &plan);
	} else if (!rc) {
		rx_step_warnings(&plan);
		rc = undo_misplaced(request, &plan, ledger, deadline, err);
		if (request->only)
			rx_plan_keep(&plan, is_owned_by, request->only);
		if (!rc)
			rc = rx_step_apply(RX_APPLY_MISSING, request->lab, &plan, ledger, NULL,
					   deadline, changed, err);
	}
	rx_plan_free(&plan);
	return rc;
}

/* Lines of the one that are not in the other, as a short list. */
static void say_differences(const char *name, const char *have, const char *want)
{
	rx_autofree char *copy = rx_strdup(want);
	char *cursor = copy, *line;

	while ((line = rx_next_line(&cursor)))
		if (!strstr(have, line))
			rx_note("lab %s is up without: %s", name, line + strspn(line, " "));
}

int rx_lab_reconcile(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	rx_autofree char *have = rx_lab_stored_text(name), *want = NULL;
	struct rx_ledger ledger;
	size_t changed = 0;
	int rc;

	if (rx_step_settle(request->lab, deadline, err))
		return -err->code;
	want = rx_step_text(request->lab);
	if (!have)
		return rx_fail(err, "state-read", ENOENT,
			       "lab %s: its stored lab file cannot be read; use --replace", name);
	if (strcmp(have, want)) {
		say_differences(name, have, want);
		return rx_fail(err, "lab-differs", EEXIST,
			       "lab %s is up already and was made from a different lab; use "
			       "--replace to take it down and create it again",
			       name);
	}
	if (rx_ledger_open(name, true, &ledger, err))
		return -err->code;
	rx_attachments_overlay(&ledger.attachments, request->lab);
	rc = rx_lab_settle(request, &ledger, deadline, &changed, err);
	if (!rc && !request->dry_run && request->view) {
		rx_view_begin(request->lab, &ledger, request->view);
		rx_view_finish(request->view, &ledger);
	}
	rx_ledger_close(&ledger);
	if (!rc && !request->dry_run)
		rx_note(changed ? "lab %s was up; %zu missing things were made"
				: "lab %s is up already, nothing was missing",
			name, changed);
	return rc;
}
