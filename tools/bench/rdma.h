/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QPs, queues and memory of one flow; its own, since several flows may share an endpoint. */
#ifndef RXELAB_TOOLS_BENCH_RDMA_H
#define RXELAB_TOOLS_BENCH_RDMA_H

#include "tools/bench/engine.h"
#include "tools/verbs/conn.h"

#define RX_GRH 40u
#define RX_CHECK_PLACES 65536u /* where a message's bytes may begin in the pattern */

struct rx_lane {
	struct ibv_cq *cq[2]; /* of each side: sends and receives together */
	struct ibv_mr *mr[2];
	uint8_t *memory[2]; /* places to send from, then to receive at, room bytes each */
	size_t room;
	/* one, or with --check as many as are under way */
	unsigned long tx_places, rx_places;
	unsigned long receives[2]; /* posted */
	atomic_ulong seen;         /* up to here the receiver has looked at what came */
	uint8_t *pattern;          /* owned; --check: random bytes. NULL: nothing is checked */
	struct ibv_ah *ah[2];      /* UD */
	unsigned send_depth, receive_depth;
	struct rx_conn conn;
};

/* As an engine's open and close; the lane is flow->own. */
int rx_lane_open(struct rx_flow *flow);
void rx_lane_close(struct rx_flow *flow);
/* Where message n is sent from, and where it is received. */
uint8_t *rx_lane_tx(const struct rx_lane *lane, unsigned side, unsigned long n);
uint8_t *rx_lane_rx(const struct rx_lane *lane, unsigned side, unsigned long n);
/* Post n receives at once; the wr_id is 1 and the number of its place. 0, or an errno. */
int rx_lane_receive(struct rx_lane *lane, const struct rx_flow *flow, unsigned side, unsigned n);
/* Request n of the flow's verb as this side sends it; the caller chains and signals. What carries
 * immediate data carries n. */
void rx_lane_request(const struct rx_lane *lane, const struct rx_flow *flow, unsigned side,
		     unsigned long n, struct ibv_send_wr *wr, struct ibv_sge *sge);

#endif
