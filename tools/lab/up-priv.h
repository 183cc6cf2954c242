/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by up.c and change.c only. */
#ifndef RXELAB_TOOLS_LAB_UP_PRIV_H
#define RXELAB_TOOLS_LAB_UP_PRIV_H

#include "netns/apply/apply.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/lab/up.h"

/* seconds; another up of a large lab takes longer, and the message says who it is */
#define RX_LOCK_TIMEOUT 60.0

void rx_labops_waiting(const char *holder);
void rx_labops_show_warnings(const struct rx_plan *plan);
/* The lab as a lab file; the caller frees it. */
char *rx_labops_text(const struct rx_lab *lab);
/* Facts and plan; with ledger also the lab's state folder. The host's lock is held only in here. */
int rx_labops_decide(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		     struct rx_ledger *ledger, struct rx_err *err);
/* view: begun; each node is looked at when it is made; may be NULL. changed: how many operations
 * did something; may be NULL. */
int rx_labops_apply(enum rx_apply_mode mode, struct rx_lab *lab, struct rx_plan *plan,
		    struct rx_ledger *ledger, struct rx_view *view, double deadline,
		    size_t *changed, struct rx_err *err);
/* Finish request->view, if it is wanted; the error says that the lab is up all the same. */
int rx_labops_look(const struct rx_up_request *request, const struct rx_ledger *ledger,
		   struct rx_err *err);
/* Undo what was made for one endpoint. */
int rx_labops_undo_owner(struct rx_ledger *ledger, const char *owner, struct rx_err *err);
/* up on a lab that is up: the same file, make what is missing; another one, say what differs. */
int rx_labops_reconcile(const struct rx_up_request *request, double deadline, struct rx_err *err);

#endif
