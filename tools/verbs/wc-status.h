/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each completion status means on RXE and what usually causes it. */
#ifndef RXELAB_TOOLS_VERBS_WC_STATUS_H
#define RXELAB_TOOLS_VERBS_WC_STATUS_H

#include <stddef.h>

struct rx_wc_status {
	int number;       /* enum ibv_wc_status, infiniband/verbs.h */
	const char *name; /* "IBV_WC_RETRY_EXC_ERR" */
	const char *meaning;
	const char *cause; /* the usual one on RXE */
};

/* The entry for a status; one that says "unknown" for a number verbs.h does not have. */
const struct rx_wc_status *rx_wc_status(int number);

/* "status 12 (IBV_WC_RETRY_EXC_ERR): no ACK came back; usually ..." Returns buf. */
const char *rx_wc_text(int number, char *buf, size_t size);

#endif
