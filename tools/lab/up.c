/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/holders.h"
#include "tools/lab/reconcile.h"

/* Do the plan of a new lab, and undo it if it fails. */
static int make_planned(const struct rx_up_request *request, struct rx_plan *plan,
			struct rx_ledger *ledger, double deadline, struct rx_err *err)
{
	struct rx_err second = {0};
	int rc;

	if (request->view)
		rx_view_begin(request->lab, ledger, request->view);
	rc = rx_step_apply(RX_APPLY_NEW, request->lab, plan, ledger, request->view, deadline, NULL,
			   err);
	if (!rc)
		rc = rx_ledger_complete(ledger, err);
	if (!rc) {
		if (request->view)
			rx_view_finish(request->view, ledger);
		rx_ledger_close(ledger);
		return 0;
	}
	if (request->view)
		rx_view_close(request->view);
	if (rx_step_undo(ledger, request->replace, &second))
		rx_warn("%s", second.text);
	else if (!request->replace)
		rx_wrap(err, "lab %s could not be created; all changes were undone",
			request->lab->name);
	return rc;
}

static int make_new(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_ledger ledger;
	int rc = rx_step_decide(request, deadline, &plan, request->dry_run ? NULL : &ledger, err);

	if (!rc)
		rx_step_warnings(&plan);
	if (!rc)
		rc = request->dry_run ? request->show(request->lab, &plan)
				      : make_planned(request, &plan, &ledger, deadline, err);
	rx_plan_free(&plan);
	return rc;
}

/* Where nothing is of that name. */
static int make_first(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	struct rx_up_request first = *request;

	first.replace = false;
	return make_new(&first, deadline, err);
}

/* ---- a lab in place of another ---- */

/* What can be said before the old lab goes. Only a try tells whether the RDMA mode can be changed:
 * it is held by the old lab's own namespaces. */
static int judge(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		 struct rx_err *err)
{
	struct rx_up_request dry = *request;
	struct rx_apply limits = {.deadline = deadline, .stop = &rx_stopped};
	int rc;

	dry.dry_run = true;
	rc = rx_step_decide(&dry, deadline, plan, NULL, err);
	if (rc && (request->dry_run || strcmp(err->id, "rdma-mode-held")))
		return rc;
	if (!request->dry_run &&
	    rx_lab_without_holders(request->lab->name, false, RX_HOLDERS_WAIT, deadline, err))
		return -err->code;
	return rx_apply_check(&limits, err);
}

static void say_lost(const struct rx_lab *old, const struct rx_err *why)
{
	rx_autofree char *text = rx_step_text(old);
	char *cursor = text, *line;

	rx_warn("lab %s could not be made again either: %s; try \"rxelab recreate %s\"; its lab "
		"file is:",
		old->name, why->text, old->name);
	while ((line = rx_next_line(&cursor)))
		rx_note("| %s", line);
}

/* The old lab is gone and the new one failed: from its record, whatever stopped the other. */
static void make_again(struct rx_lab *old, struct rx_err *err)
{
	struct rx_up_request request = {.lab = old, .replace = true};
	sig_atomic_t stopped = rx_stopped;
	struct rx_err second = {0};

	rx_stopped = 0;
	if (!make_new(&request, 0, &second)) {
		rx_wrap(err, "lab %s could not be replaced; it was made again as it was",
			old->name);
	} else {
		rx_wrap(err, "lab %s could not be replaced, and is gone", old->name);
		say_lost(old, &second);
	}
	if (old->expedite)
		rx_step_unexpedite();
	if (stopped)
		rx_stopped = stopped;
}

/* Over the record of a lab, which is there as it was if that fails; text: its lab file. */
static int make_over_record(const struct rx_up_request *request, const char *text, double deadline,
			    struct rx_err *err)
{
	struct rx_up_request over = *request;
	struct rx_err second;
	int rc;

	over.replace = true;
	rc = make_new(&over, deadline, err);
	if (rc && rx_ledger_rewrite(request->lab->name, text, &second))
		rx_warn("%s", second.text);
	return rc;
}

static int replace(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	rx_autofree char *text = rx_lab_stored_text(name);
	struct rx_plan plan = {0};
	struct rx_lab old = {{0}};
	struct rx_err unread = {0};
	bool known = text && !rx_lab_stored(name, &old, &unread);
	int rc = judge(request, deadline, &plan, err);

	if (rc)
		rx_wrap(err, "lab %s was not touched", name);
	else if (request->dry_run)
		rc = request->show(request->lab, &plan);
	else
		rc = rx_lab_undo(name, known, err);
	if (!rc && !request->dry_run && known) {
		rc = make_over_record(request, text, deadline, err);
		if (rc)
			make_again(&old, err);
	} else if (!rc && !request->dry_run) {
		rc = make_first(request, deadline, err);
	}
	rx_plan_free(&plan);
	rx_lab_free(&old);
	return rc;
}

/* A recreate or --replace was killed: what it was made from counts until something is whole. */
static int go_on(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	rx_autofree char *text = rx_lab_stored_text(name);

	if (rx_lab_undo(name, true, err))
		return -err->code;
	if (!text || !rx_ledger_is_record(name))
		return make_first(request, deadline, err);
	if (!make_over_record(request, text, deadline, err))
		return 0;
	return rx_wrap(err,
		       "lab %s could not be created; \"rxelab recreate %s\" makes the lab that "
		       "was to be replaced",
		       name, name);
}

static int up_locked(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	struct rx_ledger ledger;
	bool there = !rx_ledger_open(name, false, &ledger, err), whole = there && ledger.complete,
	     kept = there && ledger.kept;

	if (!there && err->code != ENOENT)
		return -err->code;
	if (there)
		rx_ledger_close(&ledger);
	if (there && !whole)
		rx_note("lab %s is half made: an earlier up was killed; it is taken down first",
			name);
	if (there && request->replace)
		return replace(request, deadline, err);
	if (!there)
		return make_first(request, deadline, err);
	if (whole || request->dry_run)
		return rx_lab_reconcile(request, deadline, err);
	if (rx_lab_without_holders(name, false, RX_HOLDERS_WAIT, deadline, err))
		return -err->code;
	if (kept)
		return go_on(request, deadline, err);
	return rx_lab_undo(name, false, err) ? -err->code : make_first(request, deadline, err);
}

int rx_lab_up(const struct rx_up_request *request, struct rx_err *err)
{
	double deadline = rx_deadline(request->timeout);
	const char *name = request->lab->name;
	struct rx_err second = {0};
	char path[200];
	int lock, rc;

	rx_lab_catch_signals();
	lock = rx_lab_lock(name, deadline, err);
	if (lock < 0)
		return lock;
	rc = up_locked(request, deadline, err);
	if (request->lab->expedite && !request->dry_run)
		rx_step_unexpedite();
	rx_unlock(name, lock, access(rx_ledger_path(name, "", path, sizeof(path)), F_OK));
	if (rc || request->dry_run)
		rx_host_cleanup(&second);
	return rc;
}
