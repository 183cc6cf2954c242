/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labs that are up and change: missing things made again, endpoints moved into containers and
 * back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/container.h"
#include "tools/lab/up-priv.h"

/* Lines of the one that are not in the other, as a short list. */
static void say_differences(const char *name, const char *have, const char *want)
{
	rx_autofree char *copy = strdup(want);
	char *save = NULL, *line;

	for (line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strstr(have, line))
			rx_note("lab %s is up without: %s", name, line + strspn(line, " "));
}

static char *read_stored(const char *name)
{
	char path[200];
	FILE *file = fopen(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), "re");
	char *text = NULL;
	size_t room = 0;

	if (file && getdelim(&text, &room, 0, file) < 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* ---- endpoints whose container is another than that which they were made in ---- */

struct place {
	uint64_t container; /* inode of its namespace; 0: not in a container */
	const char *netns;  /* the namespace's file: that of a process, or what the lab says; "" */
	bool anything, broken; /* broken: an operation was begun and not ended */
};

static void look_at(struct place *place, const struct rx_op *op)
{
	place->anything = true;
	if (!place->container)
		place->container = rx_op_container(op);
	if (op->kind == RX_OP_NETNS)
		place->netns = op->value;
}

/* The process counts too: in a pod it ends and starts again while others keep the namespace. */
static bool is_same(const struct place *place, uint64_t container, const char *netns)
{
	return place->container == container && !strcmp(place->netns, netns);
}

static struct place wanted_place(const struct rx_plan *plan, const char *owner)
{
	struct place place = {.netns = ""};
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (!strcmp(plan->ops[i].owner, owner))
			look_at(&place, &plan->ops[i]);
	return place;
}

static struct place present_place(const struct rx_ledger *ledger, const char *owner)
{
	struct place place = {.netns = ""};
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
			  struct rx_ledger *ledger, struct rx_err *err)
{
	const char *only = request->only;
	size_t i;

	for (i = 0; i < request->lab->n_endpoints; i++) {
		const char *name = request->lab->nodes[i].name;
		struct place now = present_place(ledger, name), then = wanted_place(plan, name);

		if ((only && strcmp(only, name)) || !now.anything ||
		    (is_same(&now, then.container, then.netns) && !now.broken && then.anything))
			continue;
		if (rx_labops_undo_owner(ledger, name, err))
			return rx_wrap(err, "endpoint \"%s\"", name);
	}
	return 0;
}

static bool is_owned_by(const struct rx_op *op, const void *owner)
{
	return !strcmp(op->owner, owner);
}

/* Make what is missing: of the whole lab, or of one endpoint. */
static int settle(const struct rx_up_request *request, struct rx_ledger *ledger, double deadline,
		  size_t *changed, struct rx_err *err)
{
	struct rx_plan plan = {0};
	int rc = rx_labops_decide(request, deadline, &plan, NULL, err);

	if (!rc && request->dry_run) {
		rc = request->show(request->lab, &plan);
	} else if (!rc) {
		rx_labops_show_warnings(&plan);
		rc = undo_misplaced(request, &plan, ledger, err);
		if (request->only)
			rx_plan_keep(&plan, is_owned_by, request->only);
		if (!rc)
			rc = rx_labops_apply(RX_APPLY_MISSING, request->lab, &plan, ledger, NULL,
					     deadline, changed, err);
	}
	rx_plan_free(&plan);
	return rc;
}

int rx_labops_reconcile(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	rx_autofree char *have = read_stored(name), *want = rx_labops_text(request->lab);
	struct rx_ledger ledger;
	size_t changed = 0;
	int rc;

	if (!have || !want)
		return rx_fail(err, ENOENT,
			       "lab %s: its stored lab file cannot be read; use --replace", name);
	if (strcmp(have, want)) {
		say_differences(name, have, want);
		return rx_fail(err, EEXIST,
			       "lab %s is up already and was made from a different lab; use "
			       "--replace to take it down and make it anew",
			       name);
	}
	if (rx_ledger_open(name, true, &ledger, err))
		return -err->code;
	rx_attachments_overlay(&ledger.attachments, request->lab);
	rc = settle(request, &ledger, deadline, &changed, err);
	if (!rc && !request->dry_run && request->view)
		rx_view_begin(request->lab, &ledger, request->view);
	if (!rc && !request->dry_run)
		rc = rx_labops_look(request, &ledger, err);
	rx_ledger_close(&ledger);
	if (!rc && !request->dry_run)
		rx_note(changed ? "lab %s was up; %zu missing things were made"
				: "lab %s is up already, nothing was missing",
			name, changed);
	return rc;
}

/* ---- attach, detach, reattach ---- */

/* A lab that is up, opened to be changed under its lock. */
struct opened {
	struct rx_lab lab;
	struct rx_ledger ledger;
	int lock;
};

static void close_lab(struct opened *opened)
{
	char path[200];
	bool gone;

	gone = access(rx_ledger_path(opened->lab.name, "", path, sizeof(path)), F_OK);
	rx_ledger_close(&opened->ledger);
	rx_unlock(opened->lab.name, opened->lock, gone);
	rx_lab_free(&opened->lab);
}

static int open_lab(const char *name, struct opened *opened, struct rx_err *err)
{
	memset(opened, 0, sizeof(*opened));
	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	opened->lock = rx_lock(name, RX_LOCK_TIMEOUT, rx_labops_waiting, err);
	if (opened->lock < 0)
		return opened->lock;
	if (!rx_lab_stored(name, &opened->lab, err) &&
	    !rx_ledger_open(name, true, &opened->ledger, err)) {
		if (opened->ledger.complete)
			return 0;
		rx_fail(err, EAGAIN,
			"lab %s is half made: an up or down of it was killed; take it down or up "
			"first",
			name);
		rx_ledger_close(&opened->ledger);
	}
	rx_unlock(name, opened->lock, err->code == ENOENT);
	rx_lab_free(&opened->lab);
	return -err->code;
}

static struct rx_node *find_endpoint(struct rx_lab *lab, const char *name, struct rx_err *err)
{
	size_t i;

	for (i = 0; i < lab->n_endpoints; i++)
		if (!strcmp(lab->nodes[i].name, name))
			return &lab->nodes[i];
	rx_fail(err, ENOENT, "lab %s has no endpoint \"%s\"; \"rxelab inspect %s\" shows them",
		lab->name, name, lab->name);
	return NULL;
}

/* A second endpoint in one container would want the first one's netdev and device nodes. */
static int judge_container(const struct rx_lab *lab, const struct rx_node *node,
			   const struct rx_container *container, struct rx_err *err)
{
	struct rx_container_fact fact;
	size_t i;

	for (i = 0; i < lab->n_endpoints; i++)
		if (&lab->nodes[i] != node && container->kind &&
		    lab->nodes[i].container.kind == container->kind &&
		    !strcmp(lab->nodes[i].container.id, container->id))
			return rx_fail(err, EEXIST, "%s %s is already that of endpoint \"%s\"",
				       rx_container_kind_name(container->kind), container->id,
				       lab->nodes[i].name);
	if (*container->netdev && node->n_ifaces > 1)
		return rx_fail(err, EINVAL,
			       "--netdev names one netdev, and endpoint \"%s\" has %zu; leave it "
			       "out",
			       node->name, node->n_ifaces);
	return container->kind ? rx_container_find(container, &fact, err) : 0;
}

/* Undo the endpoint where it is and make it where it is to be. The ledger says so first, so that
 * after a kill the next up, reattach or attach goes on. */
static int move_endpoint(struct opened *opened, struct rx_node *node,
			 const struct rx_container *container, struct rx_err *err)
{
	struct rx_up_request request = {.lab = &opened->lab, .only = node->name};
	int rc = rx_ledger_attach(&opened->ledger, node->name, container, err);

	if (rc)
		return rc;
	rx_lab_set_container(node, container);
	return settle(&request, &opened->ledger, 0, NULL, err);
}

/* The way back after a failure. A signal that stopped the way there must not stop this one, too;
 * another one may. */
static int move_back(struct opened *opened, struct rx_node *node, const struct rx_container *before,
		     struct rx_err *err)
{
	sig_atomic_t stopped = rx_stopped;
	int rc;

	rx_stopped = 0;
	rc = move_endpoint(opened, node, before, err);
	if (stopped)
		rx_stopped = stopped;
	return rc;
}

int rx_lab_attach(const char *lab, const char *endpoint, const struct rx_container *container,
		  struct rx_err *err)
{
	struct rx_container before;
	struct rx_err second = {0};
	struct opened opened;
	struct rx_node *node;
	int rc = open_lab(lab, &opened, err);

	if (rc)
		return rc;
	node = find_endpoint(&opened.lab, endpoint, err);
	rc = node ? judge_container(&opened.lab, node, container, err) : -err->code;
	if (!rc) {
		before = node->container;
		rc = move_endpoint(&opened, node, container, err);
		if (rc && !move_back(&opened, node, &before, &second))
			rx_wrap(err, "endpoint \"%s\" is where it was", endpoint);
		else if (rc)
			rx_warn("endpoint \"%s\" could not be put back where it was: %s", endpoint,
				second.text);
	}
	close_lab(&opened);
	return rc;
}

/* The container's own program is asked only when the process that was attached to is gone: podman
 * takes its time. Whoever gets the number of a process that has ended is a stranger and not
 * followed. */
static bool is_astray(const struct rx_ledger *ledger, const struct rx_node *node)
{
	struct place now = present_place(ledger, node->name);
	struct rx_container_fact fact;
	struct rx_err ignored;

	if (!node->container.kind || (now.container && rx_inode_of(now.netns) == now.container))
		return false;
	if (rx_container_find(&node->container, &fact, &ignored) && ignored.code != ESRCH)
		return false;
	if (node->container.kind == RX_CONTAINER_PID)
		return now.container != 0;
	return !is_same(&now, fact.inode, fact.inode ? fact.netns : "");
}

static bool is_meant(const struct opened *opened, const struct rx_node *node, const char *endpoint,
		     bool only_astray)
{
	return node->container.kind && (!endpoint || !strcmp(node->name, endpoint)) &&
	       !(only_astray && !is_astray(&opened->ledger, node));
}

int rx_lab_reattach(const char *lab, const char *endpoint, bool only_astray, struct rx_err *err)
{
	struct opened opened;
	struct rx_up_request request = {.lab = &opened.lab};
	struct rx_err problem = {0};
	int rc = open_lab(lab, &opened, err);
	size_t i, found = 0;

	if (rc)
		return rc;
	for (i = 0; i < opened.lab.n_endpoints && !rx_stopped; i++) {
		const struct rx_node *node = &opened.lab.nodes[i];

		if (!is_meant(&opened, node, endpoint, only_astray))
			continue;
		found++;
		request.only = node->name;
		/* one that cannot be attached must not keep the others from it */
		if (settle(&request, &opened.ledger, 0, NULL, &problem) && !rc) {
			*err = problem;
			rc = -problem.code;
		}
	}
	if (!rc && !found && !only_astray)
		rc = rx_fail(err, ENOENT, "lab %s has no endpoint %s%s%sin a container", lab,
			     endpoint ? "\"" : "", endpoint ? endpoint : "", endpoint ? "\" " : "");
	close_lab(&opened);
	return rc;
}

bool rx_lab_astray(const char *name)
{
	struct rx_lab lab = {{0}};
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool astray = false;
	size_t i;

	if (rx_lab_stored(name, &lab, &ignored) || rx_ledger_open(name, false, &ledger, &ignored)) {
		rx_lab_free(&lab);
		return false;
	}
	for (i = 0; i < lab.n_endpoints && !astray; i++)
		astray = is_astray(&ledger, &lab.nodes[i]);
	rx_ledger_close(&ledger);
	rx_lab_free(&lab);
	return astray;
}
