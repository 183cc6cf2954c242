/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from one end to the other, in both directions at once, with every byte checked. */
#include <arpa/inet.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/meeting.h"
#include "tools/verbs/payload.h"

struct run {
	struct rx_meeting *m;
	const struct rx_transfer *t;
	struct rx_conn *conn;
	struct rx_area area[2];
	struct rx_expect expect;
};

/* A UC sender never learns what became of its WRITEs; the last one carries immediate data to tell
 * the receiver. */
static enum ibv_wr_opcode opcode_of(const struct rx_transfer *t, unsigned i)
{
	if (t->kind == RX_QP_UC && t->opcode == IBV_WR_RDMA_WRITE && i + 1 == t->messages)
		return IBV_WR_RDMA_WRITE_WITH_IMM;
	return t->opcode;
}

static bool takes_receive(const struct rx_transfer *t, unsigned i)
{
	enum ibv_wr_opcode opcode = opcode_of(t, i);

	return opcode == IBV_WR_SEND || opcode == IBV_WR_SEND_WITH_IMM ||
	       opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool has_immediate(const struct rx_transfer *t, unsigned i)
{
	enum ibv_wr_opcode opcode = opcode_of(t, i);

	return opcode == IBV_WR_SEND_WITH_IMM || opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
}

/* Where direction's data lies before and after: a READ flows against the request. */
static unsigned source_end(const struct run *run, unsigned direction)
{
	return run->t->opcode == IBV_WR_RDMA_READ ? 1 - direction : direction;
}

static uint8_t *source(const struct run *run, unsigned direction, unsigned i)
{
	return run->area[source_end(run, direction)].tx + (size_t)i * run->t->size;
}

static uint8_t *target(const struct run *run, unsigned direction, unsigned i)
{
	return run->area[1 - source_end(run, direction)].rx + (size_t)i * run->t->size;
}

static uint32_t immediate(const struct run *run, unsigned direction, unsigned i)
{
	return htonl((uint32_t)rx_meeting_seed(run->m, direction, i));
}

static int ready_direction(void *context, unsigned direction)
{
	struct run *run = context;
	unsigned i;

	for (i = 0; i < run->t->messages; i++) {
		rx_payload_fill(source(run, direction, i), run->t->size,
				rx_meeting_seed(run->m, direction, i));
		if (!takes_receive(run->t, i))
			continue;
		if (rx_conn_recv(run->conn, direction, i, target(run, direction, i), run->t->size,
				 run->area[1 - direction].mr, &run->m->fault[direction]))
			return -1;
		run->expect.recvs[direction]++;
	}
	run->expect.sends[direction] = 1;
	return 0;
}

static int post_direction(void *context, unsigned direction)
{
	struct run *run = context;
	const struct rx_transfer *t = run->t;
	bool reads = t->opcode == IBV_WR_RDMA_READ;
	const struct rx_slice local = {(reads ? target : source)(run, direction, 0), t->size,
				       run->area[direction].mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr = rx_chain(&chain, run->conn, direction, t->messages, &local);

	/* of a SEND that is of no account */
	rx_chain_rdma(&chain, t->messages, t->opcode,
		      (uintptr_t)(reads ? source : target)(run, direction, 0),
		      run->area[1 - direction].mr->rkey);
	for (unsigned i = 0; i < t->messages; i++) {
		wr[i].opcode = opcode_of(t, i);
		if (has_immediate(t, i))
			wr[i].imm_data = immediate(run, direction, i);
		if (t->inlined)
			wr[i].send_flags |= IBV_SEND_INLINE;
	}
	if (rx_conn_send(run->conn, direction, wr, &run->m->fault[direction]))
		return -1;
	/* inlined data was copied by the post: overwriting the source now must not show at the
	 * receiver */
	if (t->inlined)
		memset(source(run, direction, 0), 0xa5, (size_t)t->messages * t->size);
	return 0;
}

static int check_direction(void *context, unsigned direction)
{
	struct run *run = context;
	struct rx_fault *fault = &run->m->fault[direction];
	unsigned i;

	for (i = 0; i < run->t->messages; i++) {
		const struct ibv_wc *wc = &run->expect.wc[direction][i];

		if (takes_receive(run->t, i) && wc->byte_len != run->t->size)
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"message %u arrived with %u bytes instead of %u", i,
					wc->byte_len, run->t->size);
		if (has_immediate(run->t, i) && (!(wc->wc_flags & IBV_WC_WITH_IMM) ||
						 wc->imm_data != immediate(run, direction, i)))
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"message %u arrived with immediate data 0x%08x instead of "
					"0x%08x",
					i, wc->wc_flags & IBV_WC_WITH_IMM ? ntohl(wc->imm_data) : 0,
					ntohl(immediate(run, direction, i)));
		if (rx_meeting_check(run->m, direction, i, target(run, direction, i), run->t->size))
			return -1;
	}
	return 0;
}

static int move(struct run *run)
{
	const struct rx_transfer *t = run->t;

	if (!rx_meeting_each(run->m, ready_direction, run) &&
	    !rx_meeting_each(run->m, post_direction, run) &&
	    !rx_conn_wait(run->conn, &run->expect, rx_now() + (t->wait > 0 ? t->wait : RX_WAIT),
			  run->m->fault))
		return 0;
	rx_meeting_fail(run->m, t->kind);
	return -1;
}

int rx_transfer(struct rx_meeting *m, const struct rx_transfer *t)
{
	struct run run = {.m = m, .t = t, .conn = rx_meeting_conn(m, t->kind, t->family)};
	int end;

	if (!run.conn)
		return -1;
	for (end = 0; end < 2; end++)
		run.area[end] = t->area ? t->area[end]
					: (struct rx_area){m->end[end]->tx, m->end[end]->rx,
							   m->end[end]->mr};
	if (move(&run))
		return -1;
	return rx_meeting_each(m, check_direction, &run);
}
