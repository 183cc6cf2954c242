/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did the traffic really cross the netdevs? Nobody else uses these endpoints during a meeting, so
 * the counters around it are its own. Each end judges its own counters. */
#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

static const struct rx_transfer transfer = {.kind = RX_QP_RC,
					    .opcode = IBV_WR_SEND,
					    .messages = RX_MESSAGES,
					    .size = RX_MESSAGE};

/* A reading for each half: in the same instant for both of an end. */
struct readings {
	struct rx_reading before[2][RX_ROLES];
};

/* Its QPs are joined, so that resolving addresses is not counted. */
static int prepare(struct rx_half *half)
{
	struct readings *readings = half->drive->state;

	if (rx_transfer_prepare(half))
		return -1;
	rx_port_read(half->port, &readings->before[half->direction][half->role]);
	return 0;
}

static int check(struct rx_half *half)
{
	const struct readings *readings = half->drive->state;
	const struct rx_far *ends = half->drive->conn->far;
	struct rx_reading after;
	struct rx_crossing crossing = {.name = half->port->node->want->name,
				       .iface = half->port->iface->want,
				       .sends = half->role == RX_SENDER};

	if (rx_transfer_check(half))
		return -1;
	rx_port_read(half->port, &after);
	crossing.moved = rx_moved(&readings->before[half->direction][half->role], &after);
	rx_judge_path(half->fault, &crossing, rx_path_mtu(ends[0].mtu, ends[1].mtu));
	return half->fault->kind ? -1 : 0;
}

const struct rx_play rx_play_path = {.prepare = prepare,
				     .post = rx_transfer_post,
				     .check = check,
				     .state = sizeof(struct readings),
				     .of = &transfer};
