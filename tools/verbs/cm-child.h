/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that rdma_cm's ends run in (cm-end.h) and what their ends mean. */
#ifndef RXELAB_TOOLS_VERBS_CM_CHILD_H
#define RXELAB_TOOLS_VERBS_CM_CHILD_H

#include <sys/types.h>

#include "tools/verbs/cm-end.h"
#include "tools/verbs/conn.h"

#define RX_CM_WAIT 15.0 /* seconds for one connection, both processes included */
#define RX_CM_ALONE 0.1 /* for a server whose client has failed: it waits for nobody */

struct rx_cm_child {
	pid_t pid;
	int fd; /* our end of its socket; -1: none */
	struct rx_port *port;
	bool server;
	const struct rx_until *until;
	struct rx_cm_report report; /* the last one */
};

/* 0 or -errno. */
int rx_cm_start(struct rx_cm_child *child, const struct rx_cm_end *end);
/* Where a server listens; 0: it does not, in time. */
uint16_t rx_cm_port(struct rx_cm_child *child, double deadline);
/* Hear its end, to the deadline; end it and forget it. fault is filled unless it ended well; NULL:
 * nobody asks. */
void rx_cm_finish(struct rx_cm_child *child, struct rx_fault *fault, double deadline);

#endif
