/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that are provoked, and must be the right ones (play->status). Each breaks its QPs, so
 * directions take turns. */
#include <string.h>

#include "netns/base/clock.h"
#include "tools/verify/verify.h"

/* Seven waits of 67 ms (tools/verbs/qp.h), and as much again for a machine that is busy. */
#define DEAD_BOUND 2.0

static int expect_it(struct rx_half *half)
{
	if (half->role == RX_SENDER)
		half->drive->expect.sends[half->direction] = 1;
	return 0;
}

/* The low byte is the variant of the key: the region exists, the key is wrong. */
static int write_with_wrong_key(struct rx_half *half)
{
	return rx_half_send(half, IBV_WR_RDMA_WRITE, half->far->rkey ^ 0x55);
}

static int send_one(struct rx_half *half)
{
	return rx_half_send(half, IBV_WR_SEND, half->far->rkey);
}

int rx_check_untouched(struct rx_half *half, unsigned from)
{
	for (unsigned i = from; half->role == RX_RECEIVER && i < RX_AREA; i++)
		if (half->port->rx[i] != RX_POISON)
			return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
					"byte %u was written, where nothing may be", i);
	return 0;
}

/* A write that was refused must not have been done. */
static int check_untouched(struct rx_half *half)
{
	return rx_check_untouched(half, 0);
}

static int post_short_receive(struct rx_half *half)
{
	if (half->role == RX_SENDER)
		return expect_it(half);
	return rx_conn_recv(half->drive->conn, half->direction, 0, half->port->rx, RX_MESSAGE / 4,
			    half->port->mr, half->fault);
}

static int die(struct rx_half *half)
{
	if (half->role == RX_SENDER)
		return expect_it(half);
	rx_port_drop_qp(half->port, RX_QP_RC);
	return 0;
}

static int send_to_the_dead(struct rx_half *half)
{
	*(double *)half->drive->state = rx_now();
	return send_one(half);
}

static int check_in_time(struct rx_half *half)
{
	double spent = rx_now() - *(double *)half->drive->state;

	if (half->role == RX_RECEIVER)
		return 0;
	if (spent > DEAD_BOUND)
		return rx_fault(half->fault, RX_FAULT_REFUSED, 0,
				"the dead peer was noticed after %.2f s, later than %.1f s", spent,
				DEAD_BOUND);
	rx_fault_add(half->fault, "; noticed after %.2f s", spent);
	return 0;
}

const struct rx_play rx_play_rkey_violation = {.prepare = expect_it,
					       .post = write_with_wrong_key,
					       .check = check_untouched,
					       .turns = true,
					       .status = IBV_WC_REM_ACCESS_ERR};
const struct rx_play rx_play_oversized_send = {.prepare = post_short_receive,
					       .post = send_one,
					       .turns = true,
					       .status = IBV_WC_REM_OP_ERR};
const struct rx_play rx_play_dead_peer = {.prepare = die,
					  .post = send_to_the_dead,
					  .check = check_in_time,
					  .turns = true,
					  .status = IBV_WC_RETRY_EXC_ERR,
					  .state = sizeof(double)};
