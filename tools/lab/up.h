/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bringing labs up and down: what the commands up, down, recreate and gc share. */
#ifndef RXELAB_TOOLS_LAB_UP_H
#define RXELAB_TOOLS_LAB_UP_H

#include <stdbool.h>

#include "netns/lab/lab.h"
#include "netns/plan/plan.h"
#include "netns/view/view.h"

struct rx_up_request {
	struct rx_lab *lab;          /* completed */
	bool replace;                /* take down what is there first */
	bool dry_run;                /* decide and hand the plan to show, make nothing */
	double timeout;              /* seconds; 0: none */
	const char *only;            /* this endpoint alone is looked at and made; NULL: all */
	int (*show)(const struct rx_lab *lab, const struct rx_plan *plan);   /* dry_run */
	/* filled, on success, with a look at what is up (lab is lent to it); may be NULL */
	struct rx_view *view;
};

/* Make a lab, or with one of that name up already make what is missing. Undoes itself on
 * failure. */
int rx_lab_up(const struct rx_up_request *request, struct rx_err *err);

/* Take a lab down by its ledger, and give the host back when it was the last. */
int rx_lab_down(const char *name, struct rx_err *err);

/* Put an endpoint of a running lab into a container that runs, or (kind RX_CONTAINER_NONE) into a
 * namespace of its own; on failure it is put back where it was. */
int rx_lab_attach(const char *lab, const char *endpoint, const struct rx_container *container,
		  struct rx_err *err);
/* Make anew what went with a container that was started again; what an ended one left is undone.
 * endpoint NULL: all that live in containers; only_astray: of these, as rx_lab_astray says. One
 * that fails does not keep the others from it. */
int rx_lab_reattach(const char *lab, const char *endpoint, bool only_astray, struct rx_err *err);

/* Whether rx_lab_reattach would change anything: an endpoint was made in a container that has
 * ended, or not in the one that runs. Cheap enough to be asked every second; false also when the
 * lab or a container cannot be looked at, and for a process number: whoever has it after that
 * process is a stranger. */
bool rx_lab_astray(const char *lab);

/* Read the lab as it was asked for, completed, its endpoints where attach and detach put them, from
 * its state. */
int rx_lab_stored(const char *name, struct rx_lab *lab, struct rx_err *err);

/* Take note of SIGINT, SIGTERM and SIGHUP from now on; all of the above do. Whether one came. */
void rx_lab_catch_signals(void);

/* Load a module that a lab which is up needs from now on; it goes when the last lab goes. */
int rx_lab_need_module(const char *name, struct rx_err *err);

/* Undo what the host's ledger holds though no lab is left; 0 also when there is nothing. */
int rx_host_cleanup(struct rx_err *err);

#endif
