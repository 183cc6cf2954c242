/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that rdma_cm's ends run in (cm-end.h). */
#ifndef RXELAB_TOOLS_VERBS_CM_CHILD_H
#define RXELAB_TOOLS_VERBS_CM_CHILD_H

#include <sys/types.h>

#include "tools/verbs/cm-end.h"

#define RX_CM_WAIT 15.0    /* seconds for one connection, both processes included */

struct rx_cm_child {
	pid_t pid;
	int fd;         /* our end of its socket; -1: none */
	bool heard;
	struct rx_cm_report report;
};

/* 0 or -errno. */
int rx_cm_start(struct rx_cm_child *child, const struct rx_cm_end *end);
/* A child says two things: its port (uint16_t), once it listens, and its report. 0, or -1 when it
 * did not in time. */
int rx_cm_hear(struct rx_cm_child *child, void *what, size_t size, double deadline);
/* End it and forget it. */
void rx_cm_finish(struct rx_cm_child *child);

/* After a move the stock 7.2 and 7.3 cannot make QP1 again (docs/reference/verify.md): nothing that
 * rdma_cm sends gets out. */
bool rx_cm_lacks_qp1(struct rx_port *port);

#endif
