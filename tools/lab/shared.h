/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs share, under the host's lock (netns/apply/shared.h). apply: without its ledger. */
#ifndef RXELAB_TOOLS_LAB_SHARED_H
#define RXELAB_TOOLS_LAB_SHARED_H

#include "netns/apply/apply.h"

/* What labs want and share, into facts. */
void rx_step_wants(struct rx_facts *facts);
/* Do what the lab shares with others, and take it out of the plan. */
int rx_step_share(struct rx_apply apply, const char *lab, struct rx_plan *plan, struct rx_err *err);
int rx_step_give_back(struct rx_apply apply, const char *lab, struct rx_err *err);
/* Give back what labs had whose state folder is gone. */
void rx_step_unshare_lost(struct rx_apply apply);

/* Labs of rxelab 0.1 wrote what they changed of the host in their own ledgers: it is noted in the
 * host's, before others count on it. */
void rx_step_adopt_old(void);
/* The same of one lab that is to go: it is given back by the host's ledger alone. */
void rx_step_hand_over(struct rx_ledger *lab);

#endif
