/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that rdma_cm's ends run in (cm-end.h), and what their two reports mean together. */
#ifndef RXELAB_TOOLS_VERBS_CM_CHILD_H
#define RXELAB_TOOLS_VERBS_CM_CHILD_H

#include <sys/types.h>

#include "tools/verbs/cm-end.h"

#define RX_CM_WAIT 15.0 /* seconds for one connection, both processes included */
#define RX_CM_ALONE 0.1 /* for a server whose client has failed: it waits for nobody */

struct rx_cm_child {
	pid_t pid;
	int fd; /* our end of its socket; -1: none */
	struct rx_port *port;
	struct rx_cm_report report; /* the last one */
};

/* What became of an end. */
struct rx_cm_ending {
	bool heard, failed;
	/* not asked of one that ended well: after a move the stock 7.2 and 7.3 cannot make QP1
	 * again (docs/reference/verify.md), and nothing that rdma_cm sends gets out */
	bool lacks_qp1;
	char text[400];
};

/* 0 or -errno. */
int rx_cm_start(struct rx_cm_child *child, const struct rx_cm_end *end);
/* Where a server listens; 0: it does not, in time. */
uint16_t rx_cm_port(struct rx_cm_child *child, double deadline);
/* Hear its end, to the deadline; end it and forget it. ending NULL: nobody asks. */
void rx_cm_finish(struct rx_cm_child *child, struct rx_cm_ending *ending, double deadline);

/* Fill the fault of the direction from client to server, unless both ended well. */
void rx_cm_judge(struct rx_fault *fault, const char *client_name, const struct rx_cm_ending *client,
		 const char *server_name, const struct rx_cm_ending *server);

#endif
