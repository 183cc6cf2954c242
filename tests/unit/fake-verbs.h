/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two ports without a device: the verbs that move data are ours, and copy. */
#ifndef RXELAB_TESTS_UNIT_FAKE_VERBS_H
#define RXELAB_TESTS_UNIT_FAKE_VERBS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tools/verify/verify.h"

#define RING 64

struct fake_qp {
	struct ibv_qp qp;
	struct fake_qp *peer;
	struct ibv_recv_wr recv[RING];
	struct ibv_sge sge[RING];
	unsigned posted, taken;
};

struct fake {
	struct ibv_context context;
	struct ibv_cq cq;
	struct ibv_wc wc[RING];
	unsigned pushed, polled;
	struct fake_qp qp[RX_QP_KINDS];
	struct ibv_mr mr;
	struct ibv_comp_channel channel;
	struct rx_node node;
	struct rx_node_view node_view;
	struct rx_port port;
	uint8_t area[2 * RX_AREA];
};

static struct fake fake[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool loses; /* what is sent goes nowhere and is not answered */
static bool idle;  /* WRITEs are answered and not done, swaps are done whatever is there */

static struct fake *owner(const struct ibv_context *context)
{
	return context == &fake[0].context ? &fake[0] : &fake[1];
}

static void push(struct fake *f, struct ibv_wc wc)
{
	f->wc[f->pushed++ % RING] = wc;
}

static int poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc)
{
	struct fake *f = owner(cq->context);
	int got = 0;

	pthread_mutex_lock(&lock);
	while (got < n && f->polled != f->pushed)
		wc[got++] = f->wc[f->polled++ % RING];
	pthread_mutex_unlock(&lock);
	return got;
}

static int notify(struct ibv_cq *cq, int solicited)
{
	(void)cq;
	(void)solicited;
	return 0;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct fake_qp *q = (struct fake_qp *)qp;
	unsigned at = q->posted % RING;

	(void)bad;
	pthread_mutex_lock(&lock);
	q->recv[at] = *wr;
	q->sge[at] = *wr->sg_list;
	q->posted++;
	pthread_mutex_unlock(&lock);
	return 0;
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

/* What an atomic finds in the peer's word is answered before it is changed. */
static bool carry_out_atomic(struct fake_qp *q, const struct ibv_send_wr *wr)
{
	uint64_t *word = pointer(wr->wr.atomic.remote_addr), *local = pointer(wr->sg_list->addr);

	if (wr->opcode != IBV_WR_ATOMIC_FETCH_AND_ADD && wr->opcode != IBV_WR_ATOMIC_CMP_AND_SWP)
		return false;
	assert_int_equal(wr->wr.atomic.rkey, owner(q->peer->qp.context)->mr.rkey);
	*local = *word;
	if (wr->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		*word += wr->wr.atomic.compare_add;
	else if (*word == wr->wr.atomic.compare_add || idle)
		*word = wr->wr.atomic.swap;
	if (wr->send_flags & IBV_SEND_SIGNALED)
		push(owner(q->qp.context), (struct ibv_wc){.wr_id = wr->wr_id});
	return true;
}

/* One request, as an RC QP does it; a receive that is missing is a mistake of the code. */
static void carry_out(struct fake_qp *q, const struct ibv_send_wr *wr)
{
	struct fake *there = owner(q->peer->qp.context);
	bool imm = wr->opcode == IBV_WR_SEND_WITH_IMM || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
	bool sends = wr->opcode == IBV_WR_SEND || wr->opcode == IBV_WR_SEND_WITH_IMM;
	void *local = pointer(wr->sg_list->addr);
	uint32_t length = wr->sg_list->length;

	if (carry_out_atomic(q, wr))
		return;
	if (!sends && wr->wr.rdma.rkey != there->mr.rkey) {
		push(owner(q->qp.context),
		     (struct ibv_wc){.wr_id = wr->wr_id, .status = IBV_WC_REM_ACCESS_ERR});
		return;
	}
	if (wr->opcode == IBV_WR_RDMA_READ)
		memcpy(local, pointer(wr->wr.rdma.remote_addr), length);
	else if (!sends && !idle)
		memcpy(pointer(wr->wr.rdma.remote_addr), local, length);
	assert_int_equal(wr->sg_list->lkey, owner(q->qp.context)->mr.lkey);
	if (sends || imm) {
		unsigned at = q->peer->taken++ % RING;

		assert_true(q->peer->taken <= q->peer->posted);
		if (sends)
			memcpy(pointer(q->peer->sge[at].addr), local, length);
		push(there, (struct ibv_wc){.wr_id = q->peer->recv[at].wr_id,
					    .byte_len = length,
					    .imm_data = wr->imm_data,
					    .wc_flags = imm ? IBV_WC_WITH_IMM : 0});
	}
	if (wr->send_flags & IBV_SEND_SIGNALED)
		push(owner(q->qp.context), (struct ibv_wc){.wr_id = wr->wr_id});
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	(void)bad;
	pthread_mutex_lock(&lock);
	for (; wr && !loses; wr = wr->next)
		carry_out((struct fake_qp *)qp, wr);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* What failed is not used again. */
int ibv_destroy_qp(struct ibv_qp *qp)
{
	(void)qp;
	return 0;
}

static int make_ports(void **state)
{
	int silent[2];

	(void)state;
	memset(fake, 0, sizeof(fake));
	loses = idle = false;
	assert_int_equal(pipe(silent), 0);
	for (unsigned end = 0; end < 2; end++) {
		struct fake *f = &fake[end];

		f->context.ops = (struct ibv_context_ops){.poll_cq = poll_cq,
							  .req_notify_cq = notify,
							  .post_send = post_send,
							  .post_recv = post_recv};
		f->cq.context = &f->context;
		f->mr = (struct ibv_mr){.lkey = 10 + end, .rkey = 20 + end};
		f->channel.fd = silent[0];
		snprintf(f->node.name, sizeof(f->node.name), "ep%u", end + 1);
		f->node_view.want = &f->node;
		f->port = (struct rx_port){.node = &f->node_view,
					   .cq = &f->cq,
					   .channel = &f->channel,
					   .mr = &f->mr,
					   .tx = f->area,
					   .rx = f->area + RX_AREA};
		for (unsigned kind = 0; kind < RX_QP_KINDS; kind++) {
			f->qp[kind].qp.context = &f->context;
			f->qp[kind].peer = &fake[1 - end].qp[kind];
			f->port.qp[kind] = &f->qp[kind].qp;
		}
	}
	return 0;
}

static int close_ports(void **state)
{
	(void)state;
	close(fake[0].channel.fd);
	return 0;
}

static const struct rx_iface want[2];
static struct rx_view view; /* of a kernel that is known to do atomics well */
static struct rx_fabric fabric = {.view = &view};

/* both: both ends are here; else end `self` alone is. The connections are joined. */
static struct rx_meeting meet(unsigned self, bool both)
{
	struct rx_meeting m = {.fabric = &fabric,
			       .number = {0, 1},
			       .directions = RX_FORWARD | RX_BACKWARD};

	for (unsigned end = 0; end < 2; end++) {
		m.want[end] = &want[end];
		m.name[end] = end ? "ep2" : "ep1";
		if (both || end == self)
			m.end[end] = &fake[end].port;
	}
	for (unsigned kind = 0; kind < RX_QP_KINDS; kind++) {
		m.conn[kind] = (struct rx_conn){.kind = (enum rx_qp_kind)kind,
						.up = true,
						.joined = true,
						.generation = 7 + self};
		for (unsigned end = 0; end < 2; end++) {
			m.conn[kind].far[end] = (struct rx_far){
				.address = (uintptr_t)fake[end].area, .rkey = fake[end].mr.rkey};
			if (!m.end[end])
				continue;
			m.conn[kind].end[end] = m.end[end];
			m.end[end]->qp[kind] = m.conn[kind].qp[end] = &fake[end].qp[kind].qp;
		}
	}
	return m;
}

#endif
