/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_RECONCILE_H
#define RXELAB_TOOLS_LAB_RECONCILE_H

#include "tools/lab/steps.h"

/* Where an endpoint was made, or is to be made. */
struct rx_lab_place {
	uint64_t container; /* inode of its namespace; 0: not in a container */
	const char *netns;  /* the namespace's file: that of a process, or what the lab says; "" */
	bool anything, broken; /* broken: an operation was begun and not ended */
};

struct rx_lab_place rx_lab_present_place(const struct rx_ledger *ledger, const char *owner);
/* The process counts too: in a pod it ends and starts again while others keep the namespace. */
bool rx_lab_same_place(const struct rx_lab_place *place, uint64_t container, const char *netns);

/* Make what is missing: of the whole lab, or of one endpoint. */
int rx_lab_settle(const struct rx_up_request *request, struct rx_ledger *ledger, double deadline,
		  size_t *changed, struct rx_err *err);
/* up on a lab that is up: the same file, make what is missing; another one, say what differs. */
int rx_lab_reconcile(const struct rx_up_request *request, double deadline, struct rx_err *err);

#endif
