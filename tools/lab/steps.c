/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "kmod-helpers/host.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/container.h"
#include "tools/lab/shared.h"
#include "tools/lab/siblings.h"

void rx_lab_catch_signals(void)
{
	rx_lock_stop = &rx_stopped;
	rx_stop_catch();
}

static void warn(const char *text)
{
	rx_warn("%s", text);
}

static void say_waiting(const char *holder)
{
	rx_note("waiting for another rxelab (%s)", holder);
}

/* The command's own limit ends the waiting as it ends everything else. */
int rx_lab_lock(const char *name, double deadline, struct rx_err *err)
{
	double left = deadline ? fmax(deadline - rx_now(), 0) : RX_LOCK_TIMEOUT;
	bool limited = left < RX_LOCK_TIMEOUT;
	int fd = rx_lock(name, limited ? left : RX_LOCK_TIMEOUT, say_waiting, err);

	if (fd == -EBUSY && limited)
		err->status = RX_TIMEOUT;
	return fd;
}

static void progress(const char *doing, size_t done, size_t total, const struct rx_op *op)
{
	char text[400];

	if (rx_progress_shows())
		rx_progress("%s %zu/%zu  %.60s", doing, done, total,
			    rx_op_text(op, text, sizeof(text)));
}

static void up_progress(size_t done, size_t total, const struct rx_op *op)
{
	progress("up", done, total, op);
}

static void down_progress(size_t done, size_t total, const struct rx_op *op)
{
	progress("down", done, total, op);
}

/* What undo and apply have in common here. */
static struct rx_apply apply_with(struct rx_ledger *ledger)
{
	struct rx_apply apply = {
		.ledger = ledger, .types = rx_op_types, .warn = warn, .progress = down_progress};

	rx_host_module_hooks(&apply);
	return apply;
}

static struct rx_host_hooks hooks(double deadline)
{
	return (struct rx_host_hooks){.warn = warn, .stop = &rx_stopped, .deadline = deadline};
}

/* ---- the host ---- */

static int lock_host(double deadline, struct rx_err *err)
{
	return rx_lab_lock(RX_HOST_LEDGER, deadline, err);
}

#define STOPPED_WAIT 5.0 /* seconds */

int rx_host_cleanup(struct rx_err *err)
{
	struct rx_host_hooks host = hooks(0);
	int lock, rc;

	/* the last thing that a command does, also one that a signal has stopped; that one does not
	 * wait long, since whoever holds the lock ends with this, too */
	rx_lock_stop = NULL;
	lock = lock_host(rx_stopped ? rx_deadline(STOPPED_WAIT) : 0, err);
	if (lock < 0)
		return lock;
	rx_step_unshare_lost(apply_with(NULL));
	rc = rx_host_release(&host, err);
	rx_unlock(RX_HOST_LEDGER, lock, !rc);
	return rc;
}

int rx_lab_need_module(const char *name, struct rx_err *err)
{
	struct rx_host_hooks host = hooks(0);
	int lock = lock_host(0, err), rc;

	if (lock < 0)
		return lock;
	rc = rx_host_need_module(name, &host, err);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return rc;
}

void rx_step_unexpedite(void)
{
	struct rx_host_hooks host = hooks(0);
	struct rx_err err = {0};
	int lock = lock_host(0, &err);

	if (lock < 0 || rx_host_unexpedite(&host, &err))
		rx_warn("%s", err.text);
	if (lock >= 0)
		rx_unlock(RX_HOST_LEDGER, lock, false);
}

/* ---- decide ---- */

char *rx_step_text(const struct rx_lab *lab)
{
	char *text;
	FILE *out = rx_text_stream(&text);

	rx_lab_write(lab, out);
	if (fclose(out))
		rx_memory_lost();
	return text;
}

void rx_step_warnings(const struct rx_plan *plan)
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
	rx_autofree char *text = rx_step_text(lab);

	snprintf(header.lab, sizeof(header.lab), "%s", lab->name);
	snprintf(header.machine, sizeof(header.machine), "%s", lab->machine);
	snprintf(header.plane_reason, sizeof(header.plane_reason), "%s", plan->plane_reason);
	return rx_ledger_create(lab->name, &header, text, ledger, err);
}

static size_t count_made(const struct rx_ledger *ledger, enum rx_op_kind kind)
{
	size_t n = 0, i;

	for (i = 0; i < ledger->n; i++)
		n += ledger->entries[i].op.kind == kind &&
		     ledger->entries[i].state == RX_ENTRY_DONE &&
		     !(kind == RX_OP_NETNS && ledger->entries[i].op.value[0]);
	return n;
}

/* The rules that a lab of this name has made come first: they tell its numbers also where somebody
 * has taken them away. */
static void add_recorded_rules(const struct rx_ledger *ledger, struct rx_facts *facts)
{
	struct rx_rule *rules = rx_alloc(ledger->n + facts->n_rules, sizeof(*rules));
	size_t n = 0, i;

	for (i = 0; i < ledger->n; i++)
		if (ledger->entries[i].op.kind == RX_OP_RULE &&
		    ledger->entries[i].state != RX_ENTRY_UNDONE)
			rules[n++] = rx_op_rule_spec(&ledger->entries[i].op);
	for (i = 0; i < facts->n_rules; i++)
		rules[n++] = facts->rules[i];
	free(facts->rules);
	facts->rules = rules;
	facts->n_rules = n;
}

/* RXE devices that a lab of this name has already: it needs neither memory nor uverbs numbers for
 * them. One that is to be replaced frees its namespaces, too. */
static void credit_present(const struct rx_up_request *request, struct rx_facts *facts)
{
	struct rx_load load = {.namespaces = facts->namespaces, .mode = facts->rdma_mode};
	struct rx_ledger ledger;
	struct rx_err ignored;

	if (rx_ledger_open(request->lab->name, false, &ledger, &ignored))
		return;
	add_recorded_rules(&ledger, facts);
	facts->present = count_made(&ledger, RX_OP_RXE);
	load.devices = facts->present;
	load.own_namespaces = count_made(&ledger, RX_OP_NETNS);
	rx_ledger_close(&ledger);
	if (!request->replace || load.own_namespaces >= facts->namespaces)
		return;
	load.namespaces -= load.own_namespaces;
	facts->mem_available += rx_predict_memory(&load);
	facts->namespaces = load.namespaces;
	facts->rdma_mode_fixed = facts->namespaces > 1;
	facts->uverbs_used -= facts->uverbs_used < facts->present ? 0 : facts->present;
	facts->present = 0;
}

/* The first that is made: the lab's ledger, if it is a new one, and what it shares with others. */
static int begin(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		 struct rx_ledger *ledger, struct rx_err *err)
{
	const struct rx_lab *lab = request->lab;
	struct rx_apply apply = apply_with(NULL);
	struct rx_err second = {0};

	if (ledger && start_ledger(lab, plan, ledger, err))
		return -err->code;
	apply.deadline = deadline;
	if (!rx_step_share(apply, lab->name, plan, err))
		return 0;
	if (ledger) {
		rx_ledger_close(ledger);
		if (rx_step_give_back(apply_with(NULL), lab->name, &second) ||
		    (!request->replace && rx_ledger_remove(lab->name, &second)))
			rx_warn("%s", second.text);
	}
	return -err->code;
}

int rx_step_settle(struct rx_lab *lab, double deadline, struct rx_err *err)
{
	int lock = lock_host(deadline, err);

	if (lock < 0)
		return lock;
	rx_lab_settle_macs(lab);
	rx_lab_settle_subnets(lab);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return 0;
}

int rx_step_decide(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		   struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_host_hooks host = hooks(deadline);
	struct rx_facts facts = {.only = request->only};
	struct rx_err second = {0};
	int lock, rc;

	if (rx_containers_find(request->lab, request->only, &facts.containers, err))
		return -err->code;
	lock = lock_host(deadline, err);
	rc = lock < 0 ? lock : 0;
	if (!rc) {
		rx_lab_settle_macs(request->lab);
		rx_lab_settle_subnets(request->lab);
	}
	if (!rc && (ledger || request->dry_run))
		rc = rx_lab_judge_siblings(request->lab, err);
	if (!rc)
		rc = rx_host_prepare(request->lab, &host, &facts, err);
	if (!rc)
		rx_step_adopt_old();
	rx_step_wants(&facts);
	if (!rc)
		credit_present(request, &facts);
	if (!rc)
		rc = rx_plan_make(request->lab, &facts, plan, err);
	if (!rc && !request->dry_run)
		rc = begin(request, deadline, plan, ledger, err);
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

/* ---- apply, undo ---- */

static void node_made(struct rx_worker *worker, unsigned node, void *view)
{
	rx_view_node_made(view, worker, node);
}

int rx_step_apply(enum rx_apply_mode mode, struct rx_lab *lab, struct rx_plan *plan,
		  struct rx_ledger *ledger, struct rx_view *view, double deadline, size_t *changed,
		  struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger);
	int rc;

	apply.progress = up_progress;
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

/* Part of an undo, which a signal does not stop. */
static int lock_host_to_undo(struct rx_err *err)
{
	const volatile sig_atomic_t *stop = rx_lock_stop;
	int lock;

	rx_lock_stop = NULL;
	lock = lock_host(0, err);
	rx_lock_stop = stop;
	return lock;
}

/* Without that it would put back an MTU that other labs want. */
static int hand_over(struct rx_ledger *ledger, struct rx_err *err)
{
	int lock = ledger->header.nonce[0] ? 0 : lock_host_to_undo(err);

	if (ledger->header.nonce[0] || lock < 0)
		return lock;
	rx_step_hand_over(ledger);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return 0;
}

/* What it shared with other labs. */
static int give_back(const char *name, struct rx_err *err)
{
	int lock = lock_host_to_undo(err), rc;

	if (lock < 0)
		return lock;
	rc = rx_step_give_back(apply_with(NULL), name, err);
	rx_unlock(RX_HOST_LEDGER, lock, false);
	return rc;
}

int rx_step_undo(struct rx_ledger *ledger, bool keep, struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger);
	char name[sizeof(ledger->header.lab)];
	int rc;

	snprintf(name, sizeof(name), "%s", ledger->header.lab);
	/* a disk that is full must not keep us from undoing: the note is for whoever comes after a
	 * kill */
	rx_ledger_ending(ledger, keep, err);
	rc = hand_over(ledger, err);
	if (!rc)
		rc = rx_undo(&apply, err);
	rx_progress_clear();
	/* an empty ledger: the lab file alone counts from now on */
	keep = keep && !rc && !rx_ledger_compact(ledger, err);
	rx_ledger_close(ledger);
	if (!rc)
		rc = give_back(name, err);
	if (rc)
		return rx_wrap(err, "lab %s is not down yet (run \"rxelab down %s\" again)", name,
			       name);
	return keep ? 0 : rx_ledger_remove(name, err);
}

int rx_step_undo_owner(struct rx_ledger *ledger, const char *owner, struct rx_err *err)
{
	struct rx_apply apply = apply_with(ledger);
	int rc = rx_undo_owner(&apply, owner, err);

	rx_progress_clear();
	return rc;
}
