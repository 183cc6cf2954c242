/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --check: what arrives is what was sent. Each message under way has memory of its own at both ends
 * and bytes that its number decides, so one that was not moved, or moved to another's place, is
 * seen. Both ends are this process, so the initiator looks at the target's memory where the target
 * is told nothing. Atomics fetch and add 1: each must find its number. */
#ifndef RXELAB_TOOLS_BENCH_CHECK_H
#define RXELAB_TOOLS_BENCH_CHECK_H

#include "tools/bench/rdma.h"

/* Bytes of message n where it starts; before it is posted. Nothing without --check. */
void rx_check_fill(const struct rx_lane *lane, const struct rx_flow *flow, unsigned long n);
/* Look at what a completion of this side says is there: the receive, whose immediate data are the
 * number, or the initiator's n-th request where the receiver is told nothing. Counts in
 * flow->checked; 0, or -1 with the fault filled (RX_FAULT_PAYLOAD). 0 without --check. */
int rx_check_done(struct rx_lane *lane, struct rx_flow *flow, unsigned side, unsigned long n,
		  const struct ibv_wc *wc, struct rx_fault *fault);

#endif
