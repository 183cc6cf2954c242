/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of bringing a lab up and down, and of changing one that is up.
 *   steps.c        decide, apply, undo; the host's part
 *   shared.c       what labs share
 *   stored.c       a lab as its state folder has it
 *   holders.c      programs that use a lab which is to go
 *   siblings.c     other labs with the same addresses
 *   reconcile.c    what is missing made again, what is misplaced undone
 *   down.c up.c    what the commands of these names do; above all of these, declared here
 *   attach.c       attach, detach, reattach
 *   leftovers.c    namespaces and netdevs that no ledger accounts for
 *   gc.c           everything that no lab accounts for
 *   container.c    containers, by asking their own programs
 *   view-output.c  a view as tables and JSON */
#ifndef RXELAB_TOOLS_LAB_STEPS_H
#define RXELAB_TOOLS_LAB_STEPS_H

#include "netns/apply/apply.h"
#include "netns/view/view.h"
#include "tools/lab/stored.h"

/* seconds; another up of a large lab takes longer, and the message says who it is */
#define RX_LOCK_TIMEOUT 60.0

struct rx_up_request {
	struct rx_lab *lab; /* completed */
	bool replace;       /* take down what is there first */
	bool dry_run;       /* decide and hand the plan to show, make nothing */
	double timeout;     /* seconds; 0: none */
	const char *only;   /* this endpoint alone is looked at and made; NULL: all */
	int (*show)(const struct rx_lab *lab, const struct rx_plan *plan); /* dry_run */
	/* filled, on success, with a look at what is up (lab is lent to it); may be NULL */
	struct rx_view *view;
};

/* Take note of SIGINT, SIGTERM and SIGHUP from now on: between two operations, so that nothing
 * stays half made; who waits for a lock ends, too. */
void rx_lab_catch_signals(void);
/* The lab's lock; who has to wait is told for whom. deadline: of the command, 0: none. Returns a
 * descriptor or -errno. */
int rx_lab_lock(const char *name, double deadline, struct rx_err *err);

void rx_step_warnings(const struct rx_plan *plan);
/* The lab as a lab file; the caller frees it. */
char *rx_step_text(const struct rx_lab *lab);
/* What the record and other labs have to say about MACs (stored.h) and subnets (siblings.h) that
 * nobody asked for, under the host's lock. */
int rx_step_settle(struct rx_lab *lab, double deadline, struct rx_err *err);
/* Facts and plan; with ledger also the lab's state folder. The host's lock is held only in here. */
int rx_step_decide(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		   struct rx_ledger *ledger, struct rx_err *err);
/* view: begun; each node is looked at when it is made; may be NULL. changed: how many operations
 * did something; may be NULL. */
int rx_step_apply(enum rx_apply_mode mode, struct rx_lab *lab, struct rx_plan *plan,
		  struct rx_ledger *ledger, struct rx_view *view, double deadline, size_t *changed,
		  struct rx_err *err);
/* Undo what the ledger of a lab holds, and remove its state folder; the ledger is closed. keep: the
 * folder stays, for who makes the lab again: a kill before that must not lose its lab file. */
int rx_step_undo(struct rx_ledger *ledger, bool keep, struct rx_err *err);
/* Undo what was made for one endpoint. */
int rx_step_undo_owner(struct rx_ledger *ledger, const char *owner, struct rx_err *err);
/* Put back what decide has set for an expedited lab. */
void rx_step_unexpedite(void);

/* Make a lab, or with one of that name up already make what is missing. Undoes itself on
 * failure. */
int rx_lab_up(const struct rx_up_request *request, struct rx_err *err);
/* Take a lab down by its ledger, and give the host back when it was the last. end, seconds: of
 * programs that use it (holders.h). */
int rx_lab_down(const char *name, bool end, double seconds, struct rx_err *err);
/* Undo what a killed command left of a lab: the record of one that was to be made again stays. */
int rx_lab_clear(const char *name, struct rx_err *err);
/* Undo a lab whose lock is held; keep: as in rx_step_undo. */
int rx_lab_undo(const char *name, bool keep, struct rx_err *err);

/* Load a module that a lab which is up needs from now on; it goes when the last lab goes. */
int rx_lab_need_module(const char *name, struct rx_err *err);
/* Undo what the host's ledger holds though no lab is left; 0 also when there is nothing. */
int rx_host_cleanup(struct rx_err *err);

#endif
