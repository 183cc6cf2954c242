/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did the traffic really cross the netdevs? Nobody else uses these endpoints during a meeting, so
 * the counters around it are its own. */
#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

void rx_test_path(struct rx_meeting *m)
{
	const struct rx_transfer t = {.kind = RX_QP_RC,
				      .opcode = IBV_WR_SEND,
				      .messages = RX_MESSAGES,
				      .size = RX_MESSAGE};
	struct rx_reading before[2], after;
	struct rx_crossing crossing[2];
	unsigned i;

	/* joined first, so that resolving addresses is not counted */
	if (!rx_meeting_conn(m, RX_QP_RC, RX_MAIN))
		return;
	for (i = 0; i < 2; i++)
		rx_port_read(m->end[i], &before[i]);
	if (rx_transfer(m, &t))
		return;
	for (i = 0; i < 2; i++) {
		rx_port_read(m->end[i], &after);
		crossing[i] = (struct rx_crossing){m->end[i]->node->want->name,
						   m->end[i]->iface->want,
						   rx_moved(&before[i], &after)};
	}
	for (i = 0; i < 2; i++)
		if (rx_meeting_tries(m, i))
			rx_judge_path(&m->fault[i], &crossing[i], &crossing[1 - i],
				      rx_path_mtu(m->end[0]->port.active_mtu,
						  m->end[1]->port.active_mtu));
}
