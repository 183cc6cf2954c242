/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receiver that is late: what is sent to it is refused (RNR NAK), and sent again until it is
 * ready. Only RXE's own counters tell a refusal from a sender that was late itself. */
#include "netns/base/clock.h"
#include "tools/verify/verify.h"

/* Well within the half second that RX_RNR_LONG allows. */
#define LATE 0.25         /* seconds, at most: until something was refused */
#define LATE_UNSEEN_MS 20 /* where RXE does not say */

static const struct rx_transfer transfer = {.kind = RX_QP_RC,
					    .opcode = IBV_WR_SEND,
					    .messages = RX_MESSAGES,
					    .size = RX_MESSAGE};

/* Refusals of each half before anything is sent. */
struct refusals {
	bool counted[2][RX_ROLES];
	uint64_t before[2][RX_ROLES];
};

/* Those that a sender got, or a receiver gave. False: RXE does not say. */
static bool count(const struct rx_half *half, uint64_t *refusals)
{
	uint64_t counters[RX_RXE_COUNTERS];
	struct rx_err err;

	if (!rx_port_meter(half->port) ||
	    rx_meter_rxe(&half->port->meter, half->port->iface->rdma_index, counters, &err))
		return false;
	*refusals = counters[half->role == RX_SENDER ? RX_RNR_RECEIVED : RX_RNR_SENT];
	return true;
}

static bool was_refused(const struct rx_half *half)
{
	const struct refusals *refusals = half->drive->state;
	uint64_t now;

	return count(half, &now) && now > refusals->before[half->direction][half->role];
}

/* The receives are posted late. */
static int prepare(struct rx_half *half)
{
	struct refusals *refusals = half->drive->state;

	refusals->counted[half->direction][half->role] =
		count(half, &refusals->before[half->direction][half->role]);
	if (half->role == RX_SENDER)
		return rx_transfer_prepare(half);
	half->drive->expect.recvs[half->direction] = 0;
	return 0;
}

static int post(struct rx_half *half)
{
	const struct refusals *refusals = half->drive->state;
	double deadline = rx_now() + LATE;

	if (half->role == RX_SENDER)
		return rx_transfer_post(half);
	if (!refusals->counted[half->direction][half->role])
		rx_wait_ms(LATE_UNSEEN_MS);
	else
		while (!was_refused(half) && rx_now() < deadline)
			rx_wait_ms(1);
	return rx_transfer_prepare(half);
}

static int check(struct rx_half *half)
{
	const struct refusals *refusals = half->drive->state;

	if (rx_transfer_check(half))
		return -1;
	if (!refusals->counted[half->direction][half->role])
		rx_fault_add(half->fault, "RXE of %s does not count what is refused (RNR NAK)",
			     half->port->node->want->name);
	else if (!was_refused(half))
		return rx_fault(half->fault, RX_FAULT_REFUSED, 0,
				"everything arrived, but RXE of %s counted no refusal (RNR NAK): "
				"nothing was sent to a receiver that was not ready",
				half->port->node->want->name);
	return 0;
}

const struct rx_play rx_play_late = {.prepare = prepare,
				     .post = post,
				     .check = check,
				     .late = true,
				     .state = sizeof(struct refusals),
				     .of = &transfer};
