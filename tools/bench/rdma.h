/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QPs, queues and memory of one flow; its own, since several flows may share an endpoint. */
#ifndef RXELAB_TOOLS_BENCH_RDMA_H
#define RXELAB_TOOLS_BENCH_RDMA_H

#include "tools/bench/engine.h"
#include "tools/verbs/conn.h"

#define RX_GRH 40u

struct rx_lane {
	struct ibv_cq *cq[2];        /* of each side: sends and receives together */
	struct ibv_mr *mr[2];
	uint8_t *memory[2];          /* tx, then rx, room bytes each */
	size_t room;
	struct ibv_ah *ah[2];        /* UD */
	unsigned send_depth, receive_depth;
	struct rx_conn conn;
};

/* As an engine's open and close; the lane is flow->own. */
int rx_lane_open(struct rx_flow *flow);
void rx_lane_close(struct rx_flow *flow);
uint8_t *rx_lane_tx(const struct rx_lane *lane, unsigned side);
uint8_t *rx_lane_rx(const struct rx_lane *lane, unsigned side);
/* Post n receives at once. 0, or an errno. */
int rx_lane_receive(struct rx_lane *lane, const struct rx_flow *flow, unsigned side, unsigned n);
/* One request of the flow's verb as this side sends it; the caller chains and signals. */
void rx_lane_request(const struct rx_lane *lane, const struct rx_flow *flow, unsigned side,
		     struct ibv_send_wr *wr, struct ibv_sge *sge);

#endif
