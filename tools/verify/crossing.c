/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did traffic cross both ends' netdevs and RXEs? What the counters say of it, whoever read them. */
#include <stdio.h>

#include "netns/base/cleanup.h"
#include "tools/verify/diagnose.h"

static bool counted(const struct rx_reading *before, const struct rx_reading *after)
{
	return before->counted && after->counted;
}

/* What was counted can still have been lost in the netdev's queue. */
uint64_t rx_frames_out(const struct rx_reading *before, const struct rx_reading *after)
{
	uint64_t all = after->netdev.tx_packets - before->netdev.tx_packets;
	uint64_t roce = after->roce[RX_STEER_OUT].frames - before->roce[RX_STEER_OUT].frames;

	return counted(before, after) && roce < all ? roce : all;
}

/* What a filter of somebody's takes before it is counted has come all the same; fewer frames than
 * were sent are others', multicast for one. */
uint64_t rx_frames_in(const struct rx_reading *before, const struct rx_reading *after, uint64_t out)
{
	uint64_t all = after->netdev.rx_packets - before->netdev.rx_packets;
	uint64_t roce = after->roce[RX_STEER_IN].frames - before->roce[RX_STEER_IN].frames;

	return counted(before, after) && (roce || all < out) ? roce : all;
}

struct rx_moved rx_moved(const struct rx_reading *before, const struct rx_reading *after)
{
	bool roce = counted(before, after);

	return (struct rx_moved){
		.good = before->good && after->good,
		.tx = roce ? after->roce[RX_STEER_OUT].bytes - before->roce[RX_STEER_OUT].bytes
			   : after->netdev.tx_bytes - before->netdev.tx_bytes,
		.rx = roce ? after->roce[RX_STEER_IN].bytes - before->roce[RX_STEER_IN].bytes
			   : after->netdev.rx_bytes - before->netdev.rx_bytes,
		.sent = after->rxe[RX_SENT_PKTS] - before->rxe[RX_SENT_PKTS],
		.received = after->rxe[RX_RCVD_PKTS] - before->rxe[RX_RCVD_PKTS],
		.lo = after->lo.tx_bytes - before->lo.tx_bytes,
	};
}

void rx_judge_path(struct rx_fault *fault, const struct rx_crossing *end, enum ibv_mtu mtu)
{
	uint64_t bytes = (uint64_t)RX_MESSAGES * RX_MESSAGE, packets = bytes / rx_mtu_bytes(mtu);
	const struct rx_moved *moved = &end->moved;
	const struct {
		const char *counter, *device;
		uint64_t moved, least;
	} wanted[] = {
		{end->sends ? "tx_bytes" : "rx_bytes", end->iface->netdev,
		 end->sends ? moved->tx : moved->rx, bytes},
		{end->sends ? "sent_pkts" : "rcvd_pkts", end->iface->rdma_dev,
		 end->sends ? moved->sent : moved->received, packets},
	};
	char by_lo[80] = "";

	if (!moved->good)
		rx_fault(fault, RX_FAULT_REFUSED, 0, "endpoint %s: its counters cannot be read",
			 end->name);
	if (moved->lo >= bytes)
		snprintf(by_lo, sizeof(by_lo), "; lo carried %llu bytes meanwhile",
			 (unsigned long long)moved->lo);
	for (size_t i = 0; i < RX_ARRAY_SIZE(wanted); i++)
		if (wanted[i].moved < wanted[i].least)
			rx_fault(fault, RX_FAULT_PAYLOAD, 0,
				 "endpoint %s: %s of %s moved by %llu where at least %llu was "
				 "sent: the traffic took another way%s",
				 end->name, wanted[i].counter, wanted[i].device,
				 (unsigned long long)wanted[i].moved,
				 (unsigned long long)wanted[i].least, by_lo);
}
