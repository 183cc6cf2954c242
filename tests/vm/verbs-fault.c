/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that does wrong, between a program and libibverbs (LD_PRELOAD). VERBS_FAULT says what it
 * does; what the program asked for is answered as if it had been done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <infiniband/verbs.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int (*real_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
static atomic_int flipped;

static int is(const char *fault)
{
	const char *wanted = getenv("VERBS_FAULT");

	return wanted && !strcmp(wanted, fault);
}

static int is_atomic(const struct ibv_send_wr *wr)
{
	return wr->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || wr->opcode == IBV_WR_ATOMIC_CMP_AND_SWP;
}

static void spoil(struct ibv_send_wr *wr)
{
	int sends = wr->opcode == IBV_WR_SEND || wr->opcode == IBV_WR_SEND_WITH_IMM;
	int writes = wr->opcode == IBV_WR_RDMA_WRITE || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;

	/* one byte of one message, once */
	if (is("flip") && sends && !atomic_exchange(&flipped, 1))
		*(unsigned char *)(unsigned long)wr->sg_list[0].addr ^= 0xff;
	/* the QP is content, the memory is as it was */
	if (is("unwritten") && writes)
		wr->num_sge = 0;
	if (is("unread") && wr->opcode == IBV_WR_RDMA_READ)
		wr->num_sge = 0;
	if (is("immediate"))
		wr->imm_data ^= 1;
	if (is("atomic") && is_atomic(wr))
		wr->wr.atomic.compare_add ^= 1;
	/* what must be refused is carried out */
	if (is("obeys") && writes)
		wr->wr.rdma.rkey ^= 0x55;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	for (struct ibv_send_wr *at = wr; at; at = at->next)
		spoil(at);
	return real_send(qp, wr, bad);
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
	struct ibv_context *(*real)(struct ibv_device *) =
		dlvsym(RTLD_NEXT, "ibv_open_device", "IBVERBS_1.1");
	struct ibv_context *context = real(device);

	if (context) {
		real_send = context->ops.post_send;
		context->ops.post_send = post_send;
	}
	return context;
}
