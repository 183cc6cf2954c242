/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from one end to the other, in both directions at once, with every byte checked. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/cli/output.h"
#include "tools/verbs/drive.h"
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

static const struct rx_transfer *transfer_of(const struct rx_half *half)
{
	return half->drive->play->of;
}

static bool reads(const struct rx_half *half)
{
	return transfer_of(half)->opcode == IBV_WR_RDMA_READ;
}

/* The bytes come from this half: a READ flows against the request. */
static bool is_source(const struct rx_half *half)
{
	return (half->role == RX_SENDER) != reads(half);
}

/* Memory of one transfer's own, gone afterwards. */
struct own {
	struct {
		uint8_t *at;
		struct ibv_mr *mr;
	} of[2][RX_ROLES];
};

static uint32_t size_of(const struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);
	const struct rx_far *ends = half->drive->conn->far;
	uint32_t mtu = t->mtus ? rx_mtu_bytes(rx_path_mtu(ends[0].mtu, ends[1].mtu)) : 0;

	return t->size + t->mtus * mtu + (uint32_t)t->more;
}

static struct own *own_of(const struct rx_half *half)
{
	return transfer_of(half)->own_memory ? half->drive->state : NULL;
}

static uint8_t *message(const struct rx_half *half, unsigned i)
{
	const struct own *own = own_of(half);
	uint8_t *at = own               ? own->of[half->direction][half->role].at
		      : is_source(half) ? half->port->tx
					: half->port->rx;

	return at + (size_t)i * size_of(half);
}

static struct ibv_mr *region(const struct rx_half *half)
{
	const struct own *own = own_of(half);

	return own ? own->of[half->direction][half->role].mr : half->port->mr;
}

static uint64_t seed_of(const struct rx_half *half, unsigned i)
{
	return rx_meeting_seed(half->drive->m, half->direction, i);
}

static uint32_t immediate(const struct rx_half *half, unsigned i)
{
	return htonl((uint32_t)seed_of(half, i));
}

static int map_own(struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);
	struct own *own = half->drive->state;
	uint8_t **at = &own->of[half->direction][half->role].at;
	size_t size = (size_t)t->messages * size_of(half);

	*at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*at == MAP_FAILED)
		*at = NULL;
	else
		own->of[half->direction][half->role].mr = ibv_reg_mr(half->port->pd, *at, size,
								     IBV_ACCESS_LOCAL_WRITE);
	return region(half) ? 0
			    : rx_fault(half->fault, RX_FAULT_REFUSED, errno,
				       "endpoint %s: registering %zu bytes: %s",
				       half->port->node->want->name, size, strerror(errno));
}

int rx_transfer_prepare(struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);
	struct rx_drive *drive = half->drive;
	uint32_t size = size_of(half);
	unsigned i;

	if (t->own_memory && map_own(half))
		return -1;
	for (i = 0; is_source(half) && i < t->messages; i++)
		rx_payload_fill(message(half, i), size, seed_of(half, i));
	if (half->role == RX_SENDER)
		drive->expect.sends[half->direction] = 1;
	for (i = 0; half->role == RX_RECEIVER && i < t->messages; i++) {
		if (!takes_receive(t, i))
			continue;
		if (rx_conn_recv(drive->conn, half->direction, i, message(half, i), size,
				 region(half), half->fault))
			return -1;
		drive->expect.recvs[half->direction]++;
	}
	return 0;
}

/* Each message from several pieces, of which the last has the rest. */
static void cut(const struct rx_transfer *t, struct rx_chain *chain, struct ibv_sge *piece)
{
	for (unsigned i = 0; i < t->messages; i++) {
		const struct ibv_sge whole = chain->sge[i];
		uint32_t length = whole.length / t->sges;

		chain->wr[i].sg_list = piece;
		chain->wr[i].num_sge = (int)t->sges;
		for (unsigned k = 0; k < t->sges; k++, piece++)
			*piece = (struct ibv_sge){whole.addr + (uint64_t)k * length,
						  k + 1 < t->sges ? length
								  : whole.length - k * length,
						  whole.lkey};
	}
}

int rx_transfer_post(struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);
	uint32_t size = size_of(half);
	struct ibv_sge pieces[RX_MAX_WR];
	struct rx_chain chain;
	struct ibv_send_wr *wr;
	struct rx_slice local;

	if (half->role == RX_RECEIVER)
		return 0;
	local = (struct rx_slice){message(half, 0), size, region(half)};
	wr = rx_chain(&chain, half->drive->conn, half->direction, t->messages, &local);
	/* of a SEND that is of no account */
	rx_chain_rdma(&chain, t->messages, t->opcode,
		      half->far->address + (reads(half) ? 0 : RX_AREA), half->far->rkey);
	if (t->sges > 1)
		cut(t, &chain, pieces);
	for (unsigned i = 0; i < t->messages; i++) {
		wr[i].opcode = opcode_of(t, i);
		if (!size)
			wr[i].num_sge = 0;
		if (has_immediate(t, i))
			wr[i].imm_data = immediate(half, i);
		if (t->inlined)
			wr[i].send_flags |= IBV_SEND_INLINE;
	}
	if (rx_conn_send(half->drive->conn, half->direction, wr, half->fault))
		return -1;
	/* inlined data was copied by the post: overwriting the source now must not show at the
	 * receiver */
	if (t->inlined)
		memset(message(half, 0), 0xa5, (size_t)t->messages * size);
	return 0;
}

static int check_completion(const struct rx_half *half, unsigned i)
{
	const struct rx_transfer *t = transfer_of(half);
	const struct ibv_wc *wc = &half->drive->expect.wc[half->direction][i];

	uint32_t size = size_of(half);

	if (takes_receive(t, i) && wc->byte_len != size)
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"message %u arrived with %u bytes instead of %u", i, wc->byte_len,
				size);
	if (has_immediate(t, i) &&
	    (!(wc->wc_flags & IBV_WC_WITH_IMM) || wc->imm_data != immediate(half, i)))
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"message %u arrived with immediate data 0x%08x instead of 0x%08x",
				i, wc->wc_flags & IBV_WC_WITH_IMM ? ntohl(wc->imm_data) : 0,
				ntohl(immediate(half, i)));
	return 0;
}

/* Nothing was written behind the last message. */
static int check_behind(const struct rx_half *half)
{
	const uint8_t *end = half->port->rx + RX_AREA;

	for (const uint8_t *at = message(half, transfer_of(half)->messages); at < end; at++)
		if (*at != RX_POISON)
			return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
					"byte %td behind the last message was written",
					at - message(half, transfer_of(half)->messages));
	return 0;
}

int rx_transfer_check(struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);
	uint32_t size = size_of(half);
	unsigned i;

	for (i = 0; half->role == RX_RECEIVER && i < t->messages; i++)
		if (check_completion(half, i))
			return -1;
	for (i = 0; !is_source(half) && i < t->messages; i++)
		if (rx_meeting_check(half->drive->m, half->direction, i, message(half, i), size,
				     t->kind == RX_QP_UC, half->fault))
			return -1;
	return is_source(half) || t->own_memory ? 0 : check_behind(half);
}

static void unmap_own(struct rx_half *half)
{
	const struct rx_transfer *t = transfer_of(half);

	/* receives that nobody took would keep the region */
	rx_meeting_break(half->drive->m, t->kind);
	if (region(half))
		ibv_dereg_mr(region(half));
	if (message(half, 0))
		munmap(message(half, 0), (size_t)t->messages * size_of(half));
}

struct rx_play rx_transfer_play(const struct rx_transfer *t)
{
	return (struct rx_play){.prepare = rx_transfer_prepare,
				.post = rx_transfer_post,
				.check = rx_transfer_check,
				.finish = t->own_memory ? unmap_own : NULL,
				.kind = t->kind,
				.family = t->family,
				.wait = t->wait,
				.psn = t->psn,
				.state = t->own_memory ? sizeof(struct own) : 0,
				.of = t};
}

int rx_transfer(struct rx_meeting *m, const struct rx_transfer *t)
{
	const struct rx_play play = rx_transfer_play(t);

	return rx_play(m, &play);
}
