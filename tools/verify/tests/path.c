/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did the traffic really cross the netdevs? Nobody else uses these endpoints during a meeting, so
 * the counters around it are its own; other traffic (ARP, ND) can only add to them. */
#include <stdio.h>

#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

#define BYTES ((uint64_t)RX_MESSAGES * RX_MESSAGE)

struct moved {
	uint64_t tx, rx, sent, received, lo;
};

static struct moved difference(const struct rx_reading *before, const struct rx_reading *after)
{
	return (struct moved){
		.tx = after->netdev.tx_bytes - before->netdev.tx_bytes,
		.rx = after->netdev.rx_bytes - before->netdev.rx_bytes,
		.sent = after->rxe[RX_SENT_PKTS] - before->rxe[RX_SENT_PKTS],
		.received = after->rxe[RX_RCVD_PKTS] - before->rxe[RX_RCVD_PKTS],
		.lo = after->lo.tx_bytes - before->lo.tx_bytes,
	};
}

static int require(struct rx_meeting *m, unsigned direction, unsigned end, const char *counter,
		   const char *device, uint64_t moved, uint64_t least, uint64_t lo)
{
	char by_lo[80] = "";

	if (moved >= least)
		return 0;
	if (lo >= BYTES)
		snprintf(by_lo, sizeof(by_lo), "; lo carried %llu bytes meanwhile",
			 (unsigned long long)lo);
	return rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
			"endpoint %s: %s of %s moved by %llu where at least %llu was sent: the "
			"traffic took another way%s",
			m->end[end]->node->want->name, counter, device, (unsigned long long)moved,
			(unsigned long long)least, by_lo);
}

static void judge(struct rx_meeting *m, unsigned direction, const struct moved moved[2])
{
	unsigned from = direction, to = 1 - direction;
	const struct rx_iface *sender = m->end[from]->iface->want,
			      *receiver = m->end[to]->iface->want;
	enum ibv_mtu mtu = m->end[0]->port.active_mtu < m->end[1]->port.active_mtu
				   ? m->end[0]->port.active_mtu
				   : m->end[1]->port.active_mtu;
	uint64_t packets = BYTES / rx_mtu_bytes(mtu);

	if (require(m, direction, from, "tx_bytes", sender->netdev, moved[from].tx, BYTES,
		    moved[from].lo) ||
	    require(m, direction, to, "rx_bytes", receiver->netdev, moved[to].rx, BYTES,
		    moved[to].lo) ||
	    require(m, direction, from, "sent_pkts", sender->rdma_dev, moved[from].sent, packets,
		    0))
		return;
	require(m, direction, to, "rcvd_pkts", receiver->rdma_dev, moved[to].received, packets, 0);
}

void rx_test_path(struct rx_meeting *m)
{
	const struct rx_transfer t = {.kind = RX_QP_RC,
				      .opcode = IBV_WR_SEND,
				      .messages = RX_MESSAGES,
				      .size = RX_MESSAGE};
	struct rx_reading before[2], after[2];
	struct rx_fault unread = {0};
	struct moved moved[2];
	unsigned end, direction;

	/* joined first, so that resolving addresses is not counted */
	if (!rx_meeting_conn(m, RX_QP_RC, RX_MAIN))
		return;
	for (end = 0; end < 2; end++)
		rx_port_read(m->end[end], &before[end]);
	if (rx_transfer(m, &t))
		return;
	for (end = 0; end < 2; end++) {
		rx_port_read(m->end[end], &after[end]);
		if (!before[end].good || !after[end].good) {
			rx_fault(&unread, RX_FAULT_PAYLOAD, 0,
				 "endpoint %s: its counters cannot be read",
				 m->end[end]->node->want->name);
			rx_meeting_fault(m, &unread);
			return;
		}
		moved[end] = difference(&before[end], &after[end]);
	}
	for (direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction))
			judge(m, direction, moved);
}
