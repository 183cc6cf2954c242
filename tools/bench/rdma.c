/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/rdma.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "netns/base/memory.h"
#include "netns/plan/facts.h"
#include "tools/verbs/qp.h"

#define RD_ATOMIC 16 /* READs and atomics in flight, as many as the device grants */
#define MIN_RECEIVES 512
#define CHECK_MEMORY (16u << 20) /* bytes of receives with --check */

static int refused(struct rx_flow *flow, unsigned side, const char *what)
{
	return rx_fault(&flow->fault, RX_FAULT_SETUP, errno, "endpoint %s: %s: %s",
			flow->port[side]->node->want->name, what, strerror(errno));
}

uint8_t *rx_lane_tx(const struct rx_lane *lane, unsigned side, unsigned long n)
{
	return lane->memory[side] + n % lane->tx_places * lane->room;
}

uint8_t *rx_lane_rx(const struct rx_lane *lane, unsigned side, unsigned long n)
{
	return lane->memory[side] + (lane->tx_places + n % lane->rx_places) * lane->room;
}

static size_t memory_size(const struct rx_lane *lane)
{
	return (lane->tx_places + lane->rx_places) * lane->room;
}

static enum ibv_qp_type qp_type(const struct rx_flow *flow)
{
	return flow->transport == RX_UD   ? IBV_QPT_UD
	       : flow->transport == RX_UC ? IBV_QPT_UC
					  : IBV_QPT_RC;
}

static int open_side(struct rx_lane *lane, struct rx_flow *flow, unsigned side)
{
	struct rx_port *port = flow->port[side];
	struct ibv_qp_init_attr attr = {
		.qp_type = qp_type(flow),
		.cap = {.max_send_wr = lane->send_depth,
			.max_recv_wr = lane->receive_depth,
			.max_send_sge = 1,
			.max_recv_sge = 1,
			.max_inline_data = RX_MAX_INLINE},
	};

	lane->cq[side] = ibv_create_cq(port->context,
				       (int)(lane->send_depth + lane->receive_depth + 16), NULL,
				       NULL, 0);
	if (!lane->cq[side])
		return refused(flow, side, "completion queue");
	lane->memory[side] = mmap(NULL, memory_size(lane), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (lane->memory[side] == MAP_FAILED) {
		lane->memory[side] = NULL;
		return refused(flow, side, "memory");
	}
	lane->mr[side] = ibv_reg_mr(port->pd, lane->memory[side], memory_size(lane),
				    IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
					    IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC);
	if (!lane->mr[side])
		return refused(flow, side, "registering memory");
	attr.send_cq = attr.recv_cq = lane->cq[side];
	lane->conn.qp[side] = ibv_create_qp(port->pd, &attr);
	return lane->conn.qp[side] ? 0 : refused(flow, side, "making a QP");
}

static int open_ah(struct rx_lane *lane, struct rx_flow *flow, unsigned side)
{
	struct rx_port *port = flow->port[side], *peer = flow->port[1 - side];
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = RX_PORT_NUM,
		.grh = {.dgid = peer->gid[RX_MAIN].gid,
			.hop_limit = 64,
			.sgid_index = (uint8_t)port->gid[RX_MAIN].index},
	};

	lane->ah[side] = ibv_create_ah(port->pd, &attr);
	return lane->ah[side] ? 0 : refused(flow, side, "address handle");
}

static uint8_t rd_atomic(const struct rx_flow *flow)
{
	int most = RD_ATOMIC, side;

	for (side = 0; side < 2; side++) {
		if (flow->port[side]->device.max_qp_rd_atom < most)
			most = flow->port[side]->device.max_qp_rd_atom;
		if (flow->port[side]->device.max_qp_init_rd_atom < most)
			most = flow->port[side]->device.max_qp_init_rd_atom;
	}
	return (uint8_t)(most > 0 ? most : 1);
}

/* With --check: memory for each message under way, as many receives as fit, and the bytes. All
 * flows at once need it: half of what the machine has left is the most. */
static int prepare_check(struct rx_lane *lane, struct rx_flow *flow)
{
	uint64_t word = 0x9e3779b97f4a7c15u, have = rx_meminfo("MemAvailable") / 2, want;
	size_t flows = flow->at_once ? flow->at_once : 1, most = CHECK_MEMORY / flows / lane->room;

	lane->tx_places = rx_flow_depth(flow);
	if (lane->receive_depth > most)
		lane->receive_depth = (unsigned)most;
	if (lane->receive_depth < 2 * lane->tx_places)
		lane->receive_depth = 2 * (unsigned)lane->tx_places;
	lane->rx_places = lane->receive_depth;
	want = flows * (2 * memory_size(lane) + flow->size + RX_CHECK_PLACES);
	if (have && want > have)
		return rx_fault(&flow->fault, RX_FAULT_SETUP, ENOMEM,
				"--check: %zu pairs at once need %llu MiB; take fewer, or a "
				"smaller "
				"--depth",
				flows, (unsigned long long)want >> 20);
	lane->pattern = rx_alloc(flow->size + RX_CHECK_PLACES, 1);
	for (size_t i = 0; i < flow->size + RX_CHECK_PLACES; i++) {
		/* xorshift64 (Marsaglia 2003): good enough to tell bytes apart */
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		lane->pattern[i] = (uint8_t)(word >> 32);
	}
	return 0;
}

int rx_lane_open(struct rx_flow *flow)
{
	static const enum rx_qp_kind kinds[] = {RX_QP_RC, RX_QP_UC, RX_QP_UD};
	struct rx_lane *lane = flow->own = rx_alloc(1, sizeof(*lane));
	unsigned side;

	lane->room = ((size_t)flow->size + RX_GRH + 4095) & ~(size_t)4095;
	lane->send_depth = flow->bench->p.depth;
	lane->receive_depth = 2 * flow->bench->p.depth > MIN_RECEIVES ? 2 * flow->bench->p.depth
								      : MIN_RECEIVES;
	lane->tx_places = lane->rx_places = 1;
	if (flow->bench->p.check && flow->test->figure == RX_BANDWIDTH && prepare_check(lane, flow))
		return -1;
	lane->conn.kind = kinds[flow->transport];
	for (side = 0; side < 2; side++) {
		lane->conn.end[side] = flow->port[side];
		if (flow->port[side]->problem[0])
			return rx_fault(&flow->fault, RX_FAULT_SETUP, ENODEV, "%s",
					flow->port[side]->problem);
		if (open_side(lane, flow, side))
			return -1;
		memset(lane->memory[side], 0, memory_size(lane));
	}
	if (rx_conn_join(&lane->conn, rd_atomic(flow), &flow->fault))
		return -1;
	for (side = 0; flow->transport == RX_UD && side < 2; side++)
		if (open_ah(lane, flow, side))
			return -1;
	return 0;
}

void rx_lane_close(struct rx_flow *flow)
{
	struct rx_lane *lane = flow->own;
	unsigned side;

	for (side = 0; side < 2; side++) {
		if (lane->conn.qp[side])
			ibv_destroy_qp(lane->conn.qp[side]);
		if (lane->ah[side])
			ibv_destroy_ah(lane->ah[side]);
		if (lane->mr[side])
			ibv_dereg_mr(lane->mr[side]);
		if (lane->memory[side])
			munmap(lane->memory[side], memory_size(lane));
		if (lane->cq[side])
			ibv_destroy_cq(lane->cq[side]);
	}
	free(lane->pattern);
	free(lane);
}

int rx_lane_receive(struct rx_lane *lane, const struct rx_flow *flow, unsigned side, unsigned n)
{
	struct ibv_sge sge[64];
	struct ibv_recv_wr wr[64], *bad;
	uint32_t bytes = flow->size + (flow->transport == RX_UD ? RX_GRH : 0);
	unsigned i, batch;
	int rc = 0;

	for (; n && !rc; n -= batch) {
		batch = n < 64 ? n : 64;
		for (i = 0; i < batch; i++) {
			unsigned long place = lane->receives[side]++ % lane->rx_places;

			sge[i] = (struct ibv_sge){(uintptr_t)rx_lane_rx(lane, side, place), bytes,
						  lane->mr[side]->lkey};
			wr[i] = (struct ibv_recv_wr){.wr_id = 1 + place,
						     .sg_list = &sge[i],
						     .num_sge = 1,
						     .next = i + 1 < batch ? &wr[i + 1] : NULL};
		}
		rc = ibv_post_recv(lane->conn.qp[side], wr, &bad);
	}
	return rc;
}

void rx_lane_request(const struct rx_lane *lane, const struct rx_flow *flow, unsigned side,
		     unsigned long n, struct ibv_send_wr *wr, struct ibv_sge *sge)
{
	static const enum ibv_wr_opcode opcodes[] = {IBV_WR_SEND, IBV_WR_RDMA_WRITE,
						     IBV_WR_RDMA_READ, IBV_WR_ATOMIC_FETCH_AND_ADD};
	/* all atomics add to one word */
	unsigned long place = flow->test->verb == RX_VERB_ATOMIC ? 0 : n;
	uint64_t remote = (uintptr_t)rx_lane_rx(lane, 1 - side, place);
	uint32_t rkey = lane->mr[1 - side]->rkey;

	*sge = (struct ibv_sge){(uintptr_t)rx_lane_tx(lane, side, n), flow->size,
				lane->mr[side]->lkey};
	memset(wr, 0, sizeof(*wr));
	wr->sg_list = sge;
	wr->num_sge = 1;
	wr->opcode = opcodes[flow->test->verb];
	/* in a latency test where each waits for its answer the other side sees the bytes
	 * themselves */
	if (wr->opcode == IBV_WR_RDMA_WRITE && rx_flow_is_received(flow))
		wr->opcode = IBV_WR_RDMA_WRITE_WITH_IMM;
	if (wr->opcode == IBV_WR_SEND && rx_flow_is_received(flow) &&
	    (lane->pattern || flow->test->figure == RX_LATENCY))
		wr->opcode = IBV_WR_SEND_WITH_IMM;
	wr->imm_data = htobe32((uint32_t)n);
	wr->send_flags = rx_flow_is_inline(flow) ? IBV_SEND_INLINE : 0;
	if (flow->transport == RX_UD) {
		wr->wr.ud.ah = lane->ah[side];
		wr->wr.ud.remote_qpn = lane->conn.qp[1 - side]->qp_num;
		wr->wr.ud.remote_qkey = RX_QKEY;
	} else if (flow->test->verb == RX_VERB_ATOMIC) {
		wr->wr.atomic.remote_addr = remote;
		wr->wr.atomic.rkey = rkey;
		wr->wr.atomic.compare_add = 1;
	} else {
		wr->wr.rdma.remote_addr = remote;
		wr->wr.rdma.rkey = rkey;
	}
}
