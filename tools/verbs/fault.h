/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why one direction of a pair failed. */
#ifndef RXELAB_TOOLS_VERBS_FAULT_H
#define RXELAB_TOOLS_VERBS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum rx_fault_kind {
	RX_FAULT_NONE,
	RX_FAULT_SETUP,      /* a verb was refused; code is an errno */
	RX_FAULT_STATUS,     /* a bad completion; code is an enum ibv_wc_status */
	RX_FAULT_DEADLINE,   /* nothing came in time */
	RX_FAULT_REFUSED,    /* a step was refused or came out otherwise, on a path that lives */
	RX_FAULT_PAYLOAD,    /* something came and is wrong: final, it is never tried again */
	RX_FAULT_COLLATERAL, /* the other direction failed first, on the same QPs */
	RX_FAULT_SKIP,       /* cannot be tried; text is the reason */
	RX_FAULT_CUT,        /* the command was stopped meanwhile: no verdict */
	RX_FAULT_KINDS,
};

struct rx_fault {
	enum rx_fault_kind kind;
	int code;
	char text[704];
};

/* Fill fault unless it holds something already: the first cause counts. Returns -1. */
int rx_fault(struct rx_fault *fault, enum rx_fault_kind kind, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Add to its text. */
void rx_fault_add(struct rx_fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Unless it has a cause of its own: not done because the other direction failed on the same QPs. */
void rx_fault_collateral(struct rx_fault *fault);

/* It is a failure: something was tried, and not well. */
bool rx_fault_failed(const struct rx_fault *fault);

/* Another attempt may decide otherwise. Wrong bytes are wrong, whatever comes later. */
bool rx_fault_may_pass(const struct rx_fault *fault);

/* Nothing gets through at all: another test on the same path would wait for the same nothing. */
bool rx_fault_is_dead_path(const struct rx_fault *fault);

#endif
