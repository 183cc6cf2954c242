/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
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
		rc = rx_ledger_complete(ledger, true, err);
	if (!rc) {
		if (request->view)
			rx_view_finish(request->view, ledger);
		rx_ledger_close(ledger);
		return 0;
	}
	if (request->view)
		rx_view_close(request->view);
	if (rx_step_undo(ledger, &second))
		rx_warn("%s", second.text);
	else
		rx_wrap(err, "lab %s could not be created; all changes were undone",
			request->lab->name);
	return rc;
}

#define WORTH_A_WORD (64ull << 20)

/* What the helper would save, where that is much. */
static void note_savings(const struct rx_plan *plan)
{
	if (plan->lean && plan->memory > plan->lean + WORTH_A_WORD)
		rx_note("with rxelab's helper module this lab would take about %.0f MiB in place "
			"of %.0f, and less time: rxelab module build",
			(double)plan->lean / (1 << 20), (double)plan->memory / (1 << 20));
}

static int make_new(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_ledger ledger;
	int rc = rx_step_decide(request, deadline, &plan, request->dry_run ? NULL : &ledger, err);

	if (!rc)
		rx_step_warnings(&plan);
	if (!rc && !request->dry_run)
		note_savings(&plan);
	if (!rc)
		rc = request->dry_run ? request->show(request->lab, &plan)
				      : make_planned(request, &plan, &ledger, deadline, err);
	rx_plan_free(&plan);
	return rc;
}

static int up_locked(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	const char *name = request->lab->name;
	struct rx_ledger ledger;
	bool there = !rx_ledger_open(name, false, &ledger, err), whole = there && ledger.complete;

	if (!there && err->code != ENOENT)
		return -err->code;
	if (there)
		rx_ledger_close(&ledger);
	if (there && !whole)
		rx_note("lab %s is half made: an earlier up was killed; it is taken down first",
			name);
	if (there && (request->replace || !whole) && !request->dry_run) {
		if (rx_lab_undo(name, err))
			return -err->code;
		there = false;
	}
	return there ? rx_lab_reconcile(request, deadline, err) : make_new(request, deadline, err);
}

int rx_lab_up(const struct rx_up_request *request, struct rx_err *err)
{
	double deadline = rx_deadline(request->timeout);
	const char *name = request->lab->name;
	struct rx_err second = {0};
	char path[200];
	int lock, rc;

	rx_lab_catch_signals();
	lock = rx_lab_lock(name, err);
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
