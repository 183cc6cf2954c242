/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomic writes and FLUSH (IBA annex A19), which only QPs with the extended post interface send.
 * The libibverbs that this was built with may be older than they are, as may the kernel's RXE. */
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define NOT_BUILT "this rxelab was built with a libibverbs that is older than this operation"
#define WORD 8u /* bytes of an atomic write */

static const char *lacks(const struct rx_fabric *fabric, bool built, uint64_t offered,
			 const char *reason)
{
	for (size_t i = 0; built && i < fabric->n_ports; i++)
		if (fabric->ports[i].context && !(fabric->ports[i].offers & offered))
			return reason;
	return built ? NULL : NOT_BUILT;
}

const char *rx_cannot_atomic_write(const struct rx_fabric *fabric)
{
	return lacks(fabric, RX_BUILT_ATOMIC_WRITE, RX_OFFERS_ATOMIC_WRITE,
		     "the RXE devices of this kernel offer no atomic write");
}

const char *rx_cannot_flush(const struct rx_fabric *fabric)
{
	return lacks(fabric, RX_BUILT_FLUSH, RX_OFFERS_FLUSH,
		     "the RXE devices of this kernel offer no FLUSH");
}

/* Another host finds out for itself. */
static int prepare(struct rx_half *half, const char *why_not, unsigned messages, uint32_t size)
{
	if (why_not)
		return rx_fault(half->fault, RX_FAULT_SKIP, 0, "%s", why_not);
	for (unsigned i = 0; half->role == RX_SENDER && i < messages; i++)
		rx_payload_fill(half->port->tx + i * size, size,
				rx_meeting_seed(half->drive->m, half->direction, i));
	if (half->role == RX_SENDER)
		half->drive->expect.sends[half->direction] = 1;
	return 0;
}

static int check(struct rx_half *half, unsigned messages, uint32_t size)
{
	for (unsigned i = 0; half->role == RX_RECEIVER && i < messages; i++)
		if (rx_meeting_check(half->drive->m, half->direction, i, half->port->rx + i * size,
				     size, false, half->fault))
			return -1;
	return rx_check_untouched(half, messages * size);
}

static int prepare_words(struct rx_half *half)
{
	return prepare(half, rx_cannot_atomic_write(half->drive->m->fabric), RX_MESSAGES, WORD);
}

static int check_words(struct rx_half *half)
{
	return check(half, RX_MESSAGES, WORD);
}

static int prepare_flush(struct rx_half *half)
{
	return prepare(half, rx_cannot_flush(half->drive->m->fabric), 1, RX_MESSAGE);
}

static int check_flushed(struct rx_half *half)
{
	return check(half, 1, RX_MESSAGE);
}

#if RX_BUILT_ATOMIC_WRITE
/* The next request of this half. */
static struct ibv_qp_ex *next(const struct rx_half *half, struct ibv_qp_ex *qp, unsigned i,
			      bool signalled)
{
	qp->wr_id = rx_wr_id(half->drive->conn, half->direction, false, i);
	qp->wr_flags = signalled ? IBV_SEND_SIGNALED : 0;
	return qp;
}

static struct ibv_qp_ex *start(const struct rx_half *half)
{
	struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(half->drive->conn->qp[half->direction]);

	ibv_wr_start(qp);
	return qp;
}

static int complete(struct rx_half *half, struct ibv_qp_ex *qp)
{
	int rc = ibv_wr_complete(qp);

	return rc ? rx_qp_refused(half->port, "posting a send", rc, half->fault) : 0;
}

static int post_words(struct rx_half *half)
{
	struct ibv_qp_ex *qp;

	if (half->role == RX_RECEIVER)
		return 0;
	qp = start(half);
	for (unsigned i = 0; i < RX_MESSAGES; i++)
		ibv_wr_atomic_write(next(half, qp, i, i + 1 == RX_MESSAGES), half->far->rkey,
				    half->far->address + RX_AREA + i * WORD,
				    half->port->tx + i * WORD);
	return complete(half, qp);
}
#else
#define post_words NULL
#endif

#if RX_BUILT_FLUSH
static int post_flush(struct rx_half *half)
{
	const uint64_t address = half->far->address + RX_AREA;
	struct ibv_qp_ex *qp;

	if (half->role == RX_RECEIVER)
		return 0;
	qp = start(half);
	ibv_wr_rdma_write(next(half, qp, 0, false), half->far->rkey, address);
	ibv_wr_set_sge(qp, half->port->mr->lkey, (uintptr_t)half->port->tx, RX_MESSAGE);
	ibv_wr_flush(next(half, qp, 1, true), half->far->rkey, address, RX_MESSAGE,
		     IBV_FLUSH_GLOBAL, IBV_FLUSH_RANGE);
	return complete(half, qp);
}
#else
#define post_flush NULL
#endif

const struct rx_play rx_play_atomic_write = {.prepare = prepare_words,
					     .post = post_words,
					     .check = check_words,
					     .kind = RX_QP_EXTENDED};
const struct rx_play rx_play_flush = {.prepare = prepare_flush,
				      .post = post_flush,
				      .check = check_flushed,
				      .kind = RX_QP_EXTENDED};
