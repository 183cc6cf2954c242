/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of an rdma_cm connection, in a process of its own. */
#ifndef RXELAB_TOOLS_VERBS_CM_END_H
#define RXELAB_TOOLS_VERBS_CM_END_H

#include "tools/verbs/fabric.h"

struct rx_cm_end {
	struct rx_port *own;
	const struct rx_port *peer;
	bool server;
	uint16_t port; /* client: where the server listens, network order */
	uint64_t seed;
	const struct rx_until *until; /* see conn.h */
};

struct rx_cm_report {
	uint16_t port;      /* it listens there, and its end is still to come; 0: this is its end */
	bool failed, wrong; /* wrong: what came is not what was sent */
	char text[400];
};

/* Enter the endpoint's namespace, connect (or listen, which is reported on fd first), exchange a
 * message each way, disconnect, report on fd. Returns the process's exit status. */
int rx_cm_run(const struct rx_cm_end *end, int fd);

#endif
