/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bringing labs up and down: what the commands up, down, recreate and gc share. */
#ifndef RXELAB_TOOLS_LABOPS_H
#define RXELAB_TOOLS_LABOPS_H

#include <stdbool.h>

#include "../netns/lab.h"
#include "../netns/plan.h"

struct rx_up_request {
	struct rx_lab *lab;          /* completed */
	bool replace;                /* take down what is there first */
	bool dry_run;                /* decide and hand the plan to show, make nothing */
	double timeout;              /* seconds; 0: none */
	int (*show)(const struct rx_lab *lab, const struct rx_plan *plan);   /* dry_run */
};

/* Make a lab, or with one of that name up already make what is missing. Undoes itself on failure. */
int rx_lab_up(const struct rx_up_request *request, struct rx_err *err);

/* Take a lab down by its ledger, and give the host back when it was the last. */
int rx_lab_down(const char *name, struct rx_err *err);

/* Read the lab as it was asked for, completed, from its state. */
int rx_lab_stored(const char *name, struct rx_lab *lab, struct rx_err *err);

/* Load a module that a lab which is up needs from now on; it goes when the last lab goes. */
int rx_lab_need_module(const char *name, struct rx_err *err);

/* Undo what the host's ledger holds though no lab is left; 0 also when there is nothing. */
int rx_host_cleanup(struct rx_err *err);

#endif
