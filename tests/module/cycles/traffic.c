/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic by the code of rxelab verify: every byte is checked, every wait has a deadline. */
#include <errno.h>
#include <string.h>

#include "tests/module/cycles/cycles.h"
#include "tools/verify/verify.h"

void users_begin(struct users *users, const struct lab *lab)
{
	const struct rx_pair pair = {0, 1, RX_FORWARD | RX_BACKWARD};

	memset(users, 0, sizeof(*users));
	rx_fabric_open(&lab->view, &users->fabric);
	rx_meeting_begin(&users->meeting, &users->fabric, &pair);
}

static int verdict(const struct rx_meeting *m, const char *what, struct rx_err *err)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (m->fault[direction].kind && m->fault[direction].kind != RX_FAULT_COLLATERAL)
			return rx_fail(err, "test", EIO, "%s, n%u to n%u: %s", what, direction + 1,
				       2 - direction, m->fault[direction].text);
	return 0;
}

/* RC in each cycle, by IPv4 and IPv6 in turn; rdma_cm in one direction, in turn, too. */
int users_talk(struct users *users, const struct parts *parts, unsigned cycle, struct rx_err *err)
{
	struct rx_meeting *m = &users->meeting;
	const struct rx_transfer transfer = {.kind = RX_QP_RC,
					     .family = cycle % 2 ? RX_IPV6 : RX_MAIN,
					     .opcode = cycle % 4 < 2 ? IBV_WR_SEND
								     : IBV_WR_RDMA_WRITE,
					     .messages = RX_MESSAGES,
					     .size = RX_MESSAGE};

	m->salt = cycle;
	rx_transfer(m, &transfer);
	if (verdict(m, cycle % 2 ? "RC over IPv6" : "RC", err))
		return -1;
	if (!parts->cm)
		return 0;
	m->directions = cycle / 2 % 2 ? RX_FORWARD : RX_BACKWARD;
	rx_test_cm(m);
	return verdict(m, "rdma_cm", err) ? -1 : 0;
}

void users_end(struct users *users)
{
	rx_meeting_end(&users->meeting);
	rx_fabric_close(&users->fabric);
}
