/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from one end to the other, in both directions at once, with every byte checked. Of an
 * end on another host its own process does its part. */
#include <arpa/inet.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/meeting.h"
#include "tools/verbs/payload.h"

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
static unsigned source_end(const struct rx_exchange *x, unsigned direction)
{
	return x->t->opcode == IBV_WR_RDMA_READ ? 1 - direction : direction;
}

static uint8_t *source(const struct rx_exchange *x, unsigned direction, unsigned i)
{
	return x->area[source_end(x, direction)].tx + (size_t)i * x->t->size;
}

static uint8_t *target(const struct rx_exchange *x, unsigned direction, unsigned i)
{
	return x->area[1 - source_end(x, direction)].rx + (size_t)i * x->t->size;
}

static uint32_t immediate(const struct rx_exchange *x, unsigned direction, unsigned i)
{
	return htonl((uint32_t)rx_meeting_seed(x->m, direction, i));
}

static int ready_direction(void *context, unsigned direction)
{
	struct rx_exchange *x = context;
	unsigned i;

	for (i = 0; i < x->t->messages; i++) {
		if (x->m->end[source_end(x, direction)])
			rx_payload_fill(source(x, direction, i), x->t->size,
					rx_meeting_seed(x->m, direction, i));
		if (!x->m->end[1 - direction] || !takes_receive(x->t, i))
			continue;
		if (rx_conn_recv(x->conn, direction, i, target(x, direction, i), x->t->size,
				 x->area[1 - direction].mr, &x->m->fault[direction]))
			return -1;
		x->expect.recvs[direction]++;
	}
	x->expect.sends[direction] = x->m->end[direction] != NULL;
	return 0;
}

static int post_direction(void *context, unsigned direction)
{
	struct rx_exchange *x = context;
	const struct rx_transfer *t = x->t;
	bool reads = t->opcode == IBV_WR_RDMA_READ;
	const struct rx_slice local = {(reads ? target : source)(x, direction, 0), t->size,
				       x->area[direction].mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr;

	if (!x->m->end[direction])
		return 0;
	wr = rx_chain(&chain, x->conn, direction, t->messages, &local);
	/* of a SEND that is of no account */
	rx_chain_rdma(&chain, t->messages, t->opcode,
		      (uintptr_t)(reads ? source : target)(x, direction, 0),
		      x->area[1 - direction].rkey);
	for (unsigned i = 0; i < t->messages; i++) {
		wr[i].opcode = opcode_of(t, i);
		if (has_immediate(t, i))
			wr[i].imm_data = immediate(x, direction, i);
		if (t->inlined)
			wr[i].send_flags |= IBV_SEND_INLINE;
	}
	if (rx_conn_send(x->conn, direction, wr, &x->m->fault[direction]))
		return -1;
	/* inlined data was copied by the post: overwriting the source now must not show at the
	 * receiver */
	if (t->inlined)
		memset(source(x, direction, 0), 0xa5, (size_t)t->messages * t->size);
	return 0;
}

static int check_direction(void *context, unsigned direction)
{
	struct rx_exchange *x = context;
	struct rx_fault *fault = &x->m->fault[direction];
	unsigned i;

	for (i = 0; x->m->end[1 - source_end(x, direction)] && i < x->t->messages; i++) {
		const struct ibv_wc *wc = &x->expect.wc[direction][i];

		if (takes_receive(x->t, i) && wc->byte_len != x->t->size)
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"message %u arrived with %u bytes instead of %u", i,
					wc->byte_len, x->t->size);
		if (has_immediate(x->t, i) && (!(wc->wc_flags & IBV_WC_WITH_IMM) ||
					       wc->imm_data != immediate(x, direction, i)))
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"message %u arrived with immediate data 0x%08x instead of "
					"0x%08x",
					i, wc->wc_flags & IBV_WC_WITH_IMM ? ntohl(wc->imm_data) : 0,
					ntohl(immediate(x, direction, i)));
		if (rx_meeting_check(x->m, direction, i, target(x, direction, i), x->t->size))
			return -1;
	}
	return 0;
}

int rx_exchange_ready(struct rx_exchange *x)
{
	return rx_meeting_each(x->m, ready_direction, x);
}

int rx_exchange_move(struct rx_exchange *x)
{
	double wait = x->t->wait > 0 ? x->t->wait : RX_WAIT;

	return rx_meeting_each(x->m, post_direction, x) ||
			       rx_conn_wait(x->conn, &x->expect, rx_now() + wait, x->m->fault)
		       ? -1
		       : 0;
}

int rx_exchange_check(struct rx_exchange *x)
{
	return rx_meeting_each(x->m, check_direction, x);
}

struct rx_area rx_area(const struct rx_port *port)
{
	return (struct rx_area){port->tx, port->rx, port->mr, port->mr->rkey};
}

int rx_transfer(struct rx_meeting *m, const struct rx_transfer *t)
{
	struct rx_exchange x = {.m = m, .t = t, .conn = rx_meeting_conn(m, t->kind, t->family)};

	if (!x.conn)
		return -1;
	for (int end = 0; end < 2; end++)
		x.area[end] = t->area ? t->area[end] : rx_area(m->end[end]);
	if (!rx_exchange_ready(&x) && !rx_exchange_move(&x))
		return rx_exchange_check(&x);
	rx_meeting_fail(m, t->kind);
	return -1;
}
