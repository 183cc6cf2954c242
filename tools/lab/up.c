/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/up.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/host.h"
#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/container.h"
#include "tools/lab/up-priv.h"

/* Between two operations, so that nothing stays half made; who waits for a lock ends, too. */
void rx_lab_catch_signals(void)
{
	rx_lock_stop = &rx_stopped;
	rx_stop_catch();
}

static void warn(const char *text)
{
	rx_warn("%s", text);
}

void rx_labops_waiting(const char *holder)
{
	rx_note("waiting for another rxelab (%s)", holder);
}

static const char *doing;

static void progress(size_t done, size_t total, const struct rx_op *op)
{
	char text[400];

	if (rx_progress_shows())
		rx_progress("%s %zu/%zu  %.60s", doing, done, total,
			    rx_op_text(op, text, sizeof(text)));
}

/* What undo and apply have in common here. */
static struct rx_apply apply_with(struct rx_ledger *ledger, const char *what)
{
	struct rx_apply apply = {
		.ledger = ledger, .types = rx_op_types, .warn = warn, .progress = progress};

	doing = what;
	rx_host_module_hooks(&apply);
	return apply;
}

static struct rx_host_hooks hooks(double deadline)
{
	return (struct rx_host_hooks){.warn = warn, .stop = &rx_stopped, .deadline = deadline};
}

static int lock_host(struct rx_err *err)
{
	return rx_lock(RX_HOST_LEDGER, RX_LOCK_TIMEOUT, rx_labops_waiting, err);
}

/* ---- down ---- */

/* Undo a lab's ledger and remove its state. Call with the lab's lock. */
static int undo_lab(struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger, "down");
	char name[sizeof(ledger->header.lab)];
	int rc;

	snprintf(name, sizeof(name), "%s", ledger->header.lab);
	/* a disk that is full must not keep us from undoing: the note is for whoever comes after a
	 * kill */
	rx_ledger_complete(ledger, false, err);
	rc = rx_undo(&apply, err);
	rx_progress_clear();
	rx_ledger_close(ledger);
	if (rc)
		return rx_wrap(err, "lab %s is not down yet (run \"rxelab down %s\" again)", name,
			       name);
	return rx_ledger_remove(name, err);
}

int rx_host_cleanup(struct rx_err *err)
{
	struct rx_host_hooks host = hooks(0);
	int lock, rc;

	/* the last thing that a command does, also one that a signal has stopped */
	rx_lock_stop = NULL;
	lock = lock_host(err);
	if (lock < 0)
		return lock;
	rc = rx_host_release(&host, err);
	rx_unlock(RX_HOST_LEDGER, lock, !rc);
	return rc;
}

int rx_lab_need_module(const char *name, struct rx_err *err)
{
	struct rx_host_hooks host = hooks(0);
	int lock = lock_host(err), rc;

	if (lock < 0)
		return lock;
	rc = rx_host_need_module(name, &host, err);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return rc;
}

static int down_locked(const char *name, struct rx_err *err)
{
	struct rx_ledger ledger;

	if (rx_ledger_open(name, true, &ledger, err))
		return -err->code;
	return undo_lab(&ledger, err);
}

int rx_lab_down(const char *name, struct rx_err *err)
{
	struct rx_err second = {0};
	int lock, rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	lock = rx_lock(name, RX_LOCK_TIMEOUT, rx_labops_waiting, err);
	if (lock < 0)
		return lock;
	rc = down_locked(name, err);
	rx_unlock(name, lock, !rc || rc == -ENOENT);
	/* also after a failure: other leftovers of the host must not wait for this lab */
	if (rx_host_cleanup(&second) && !rc) {
		*err = second;
		rc = -second.code;
	}
	return rc;
}

/* ---- up ---- */

char *rx_labops_text(const struct rx_lab *lab)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	rx_lab_write(lab, out);
	return fclose(out) ? NULL : text;
}

void rx_labops_show_warnings(const struct rx_plan *plan)
{
	for (size_t i = 0; i < plan->n_warnings; i++)
		rx_warn("%s", plan->warnings[i]);
}

/* The lab's ledger, made while the host's lock is held, so that no other command gives the host
 * back meanwhile. */
static int start_ledger(const struct rx_lab *lab, const struct rx_plan *plan,
			struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_ledger_header header = {.plane = plan->plane, .rdma_mode = plan->rdma_mode};
	rx_autofree char *text = rx_labops_text(lab);

	if (!text)
		return rx_fail(err, ENOMEM, "lab %s: out of memory", lab->name);
	snprintf(header.lab, sizeof(header.lab), "%s", lab->name);
	snprintf(header.plane_reason, sizeof(header.plane_reason), "%s", plan->plane_reason);
	return rx_ledger_create(lab->name, &header, text, ledger, err);
}

/* RXE devices that a lab of this name has already: it needs neither memory nor uverbs numbers for
 * them. */
static size_t count_present(const char *name)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	size_t n = 0, i;

	if (rx_ledger_open(name, false, &ledger, &ignored))
		return 0;
	for (i = 0; i < ledger.n; i++)
		n += ledger.entries[i].op.kind == RX_OP_RXE &&
		     ledger.entries[i].state == RX_ENTRY_DONE;
	rx_ledger_close(&ledger);
	return n;
}

int rx_labops_decide(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		     struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_host_hooks host = hooks(deadline);
	struct rx_facts facts = {.only = request->only};
	struct rx_err second = {0};
	int lock, rc;

	if (rx_containers_find(request->lab, request->only, &facts.containers, err))
		return -err->code;
	lock = lock_host(err);
	rc = lock < 0 ? lock : rx_host_prepare(request->lab, &host, &facts, err);
	facts.present = count_present(request->lab->name);
	if (!rc)
		rc = rx_plan_make(request->lab, &facts, plan, err);
	if (!rc && ledger)
		rc = start_ledger(request->lab, plan, ledger, err);
	if (!rc && request->lab->expedite && !request->dry_run && rx_host_expedite(&host, &second))
		rx_warn("%s; going on without it", second.text);
	rx_facts_free(&facts);
	if (lock < 0)
		return lock;
	if (rc || !ledger)
		rx_host_release(&host, &second);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return rc;
}

static void node_made(struct rx_worker *worker, unsigned node, void *view)
{
	rx_view_node_made(view, worker, node);
}

int rx_labops_apply(enum rx_apply_mode mode, struct rx_lab *lab, struct rx_plan *plan,
		    struct rx_ledger *ledger, struct rx_view *view, double deadline,
		    size_t *changed, struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger, "up");
	int rc;

	apply.mode = mode;
	apply.lab = lab;
	apply.stop = &rx_stopped;
	apply.deadline = deadline;
	apply.node_made = view ? node_made : NULL;
	apply.node_made_arg = view;
	/* expedited grace periods leave little to wait for, and more threads than processors only
	 * wait for each other's locks */
	if (lab->expedite)
		apply.workers = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	rc = rx_apply_plan(&apply, plan, changed, err);
	if (!rc)
		/* a signal may have come during the last operation */
		rc = rx_apply_check(&apply, err);
	rx_progress_clear();
	return rc;
}

int rx_labops_undo_owner(struct rx_ledger *ledger, const char *owner, struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger, "down");
	int rc = rx_undo_owner(&apply, owner, err);

	rx_progress_clear();
	return rc;
}

int rx_labops_look(const struct rx_up_request *request, const struct rx_ledger *ledger,
		   struct rx_err *err)
{
	if (!request->view || !rx_view_finish(request->view, ledger, err))
		return 0;
	rx_wrap(err, "lab %s is up, but could not be looked at", request->lab->name);
	return -err->code;
}

/* Do the plan of a new lab, and undo it if it fails. */
static int make_planned(const struct rx_up_request *request, struct rx_plan *plan,
			struct rx_ledger *ledger, double deadline, struct rx_err *err)
{
	struct rx_err second = {0};
	int rc;

	if (request->view)
		rx_view_begin(request->lab, ledger, request->view);
	rc = rx_labops_apply(RX_APPLY_NEW, request->lab, plan, ledger, request->view, deadline,
			     NULL, err);
	if (!rc)
		rc = rx_ledger_complete(ledger, true, err);
	if (!rc) {
		rc = rx_labops_look(request, ledger, err);
		rx_ledger_close(ledger);
		return rc;
	}
	if (request->view)
		rx_view_close(request->view);
	if (undo_lab(ledger, &second))
		rx_warn("%s", second.text);
	else
		rx_wrap(err, "lab %s was not made, and everything is as before",
			request->lab->name);
	return rc;
}

static int make_new(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_ledger ledger;
	int rc = rx_labops_decide(request, deadline, &plan, request->dry_run ? NULL : &ledger, err);

	if (!rc)
		rx_labops_show_warnings(&plan);
	if (!rc)
		rc = request->dry_run ? request->show(request->lab, &plan)
				      : make_planned(request, &plan, &ledger, deadline, err);
	rx_plan_free(&plan);
	return rc;
}

static void unexpedite(void)
{
	struct rx_host_hooks host = hooks(0);
	struct rx_err err = {0};
	int lock = lock_host(&err);

	if (lock < 0 || rx_host_unexpedite(&host, &err))
		rx_warn("%s", err.text);
	if (lock >= 0)
		rx_unlock(RX_HOST_LEDGER, lock, false);
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
		if (down_locked(name, err))
			return -err->code;
		there = false;
	}
	return there ? rx_labops_reconcile(request, deadline, err)
		     : make_new(request, deadline, err);
}

int rx_lab_up(const struct rx_up_request *request, struct rx_err *err)
{
	double deadline = request->timeout > 0 ? rx_now() + request->timeout : 0;
	const char *name = request->lab->name;
	struct rx_err second = {0};
	char path[200];
	int lock, rc;

	rx_lab_catch_signals();
	lock = rx_lock(name, RX_LOCK_TIMEOUT, rx_labops_waiting, err);
	if (lock < 0)
		return lock;
	rc = up_locked(request, deadline, err);
	if (request->lab->expedite && !request->dry_run)
		unexpedite();
	rx_unlock(name, lock, access(rx_ledger_path(name, "", path, sizeof(path)), F_OK));
	if (rc || request->dry_run)
		rx_host_cleanup(&second);
	return rc;
}

int rx_lab_stored(const char *name, struct rx_lab *lab, struct rx_err *err)
{
	struct rx_ledger ledger;
	char path[200];
	int rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	if (access(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), F_OK))
		return rx_fail(err, ENOENT,
			       "there is no lab \"%s\" here; \"rxelab list\" shows what there is",
			       name);
	rc = rx_lab_parse_file(path, lab, err);
	if (!rc)
		rc = rx_lab_complete(lab, err);
	if (!rc && !rx_ledger_open(name, false, &ledger, err)) {
		rx_attachments_overlay(&ledger.attachments, lab);
		rx_ledger_close(&ledger);
	}
	if (rc)
		err->status = RX_FAILED;
	return rc;
}
