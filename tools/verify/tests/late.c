/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receiver that is late: what is sent to it is refused (RNR NAK), and sent again until it is
 * ready. */
#include "netns/base/clock.h"
#include "tools/verify/verify.h"

#define LATE_MS 20 /* well within the half second that RX_RNR_LONG allows */

static const struct rx_transfer transfer = {.kind = RX_QP_RC,
					    .opcode = IBV_WR_SEND,
					    .messages = RX_MESSAGES,
					    .size = RX_MESSAGE};

/* The receives are posted late. */
static int prepare(struct rx_half *half)
{
	if (half->role == RX_SENDER)
		return rx_transfer_prepare(half);
	half->drive->expect.recvs[half->direction] = 0;
	return 0;
}

static int post(struct rx_half *half)
{
	if (half->role == RX_SENDER)
		return rx_transfer_post(half);
	rx_wait_ms(LATE_MS);
	return rx_transfer_prepare(half);
}

const struct rx_play rx_play_late = {.prepare = prepare,
				     .post = post,
				     .check = rx_transfer_check,
				     .late = true,
				     .of = &transfer};
