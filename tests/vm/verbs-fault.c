/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that does wrong, between a program and libibverbs (LD_PRELOAD). VERBS_FAULT says what it
 * does; what the program asked for is answered as if it had been done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <infiniband/verbs.h>
#include <poll.h>
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

/* The packet numbers of this QP are about to begin again at 0. */
static int wraps(struct ibv_qp *qp)
{
	/* by its version: without one it would be that of old programs */
	int (*query)(struct ibv_qp *, struct ibv_qp_attr *, int,
		     struct ibv_qp_init_attr *) = dlvsym(RTLD_NEXT, "ibv_query_qp", "IBVERBS_1.1");
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return !query(qp, &attr, IBV_QP_SQ_PSN, &init) && attr.sq_psn > 0xfffff0;
}

static void swap_pieces(struct ibv_sge *sge)
{
	uint64_t first = sge[0].addr;

	sge[0].addr = sge[1].addr;
	sge[1].addr = first;
}

static void spoil(struct ibv_qp *qp, struct ibv_send_wr *wr)
{
	int sends = wr->opcode == IBV_WR_SEND || wr->opcode == IBV_WR_SEND_WITH_IMM;
	int writes = wr->opcode == IBV_WR_RDMA_WRITE || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
	int refused = is("sneaks") || is("betrays");

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
	/* what must be refused is carried out, and the other way round */
	if ((is("obeys") || is("betrays")) && writes)
		wr->wr.rdma.rkey ^= 0x55;
	/* it says that it has refused; both ends' memory is this process's */
	if (refused && writes)
		*(unsigned char *)(unsigned long)wr->wr.rdma.remote_addr ^= 0xff;
	/* a window stays open */
	if (is("keeps") && wr->opcode == IBV_WR_SEND_WITH_INV)
		wr->opcode = IBV_WR_SEND;
	/* a byte too many */
	if (is("longer") && !sends && wr->num_sge)
		wr->sg_list[wr->num_sge - 1].length++;
	if (is("wrap") && sends && wraps(qp))
		*(unsigned char *)(unsigned long)wr->sg_list[0].addr ^= 0xff;
	if (is("pieces") && wr->num_sge > 1)
		swap_pieces(wr->sg_list);
}

/* SENDs that are kept until somebody looks for what they came to: receivers are ready by then. */
#define HELD 8
static struct held {
	struct ibv_qp *qp;
	struct ibv_send_wr wr[HELD];
	struct ibv_sge sge[HELD];
} held[HELD];
static unsigned n_held;

static int hold(struct ibv_qp *qp, const struct ibv_send_wr *wr)
{
	struct held *h = &held[n_held++ % HELD];
	unsigned i = 0;

	h->qp = qp;
	for (; wr && i < HELD; wr = wr->next, i++) {
		h->wr[i] = *wr;
		h->sge[i] = wr->sg_list[0];
		h->wr[i].sg_list = &h->sge[i];
		h->wr[i].next = wr->next ? &h->wr[i + 1] : NULL;
	}
	return 0;
}

static int (*real_poll)(struct ibv_cq *, int, struct ibv_wc *);

/* Once, in the midst of it, nobody hears anything for a third of a second. */
static void stall(int came)
{
	static atomic_int seen;
	int before = came > 0 ? atomic_fetch_add(&seen, came) : 0;

	if (came > 0 && before < 200 && before + came >= 200)
		poll(NULL, 0, 333);
}

static int poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc)
{
	struct ibv_send_wr *bad;

	while (n_held) {
		struct held *h = &held[--n_held];

		real_send(h->qp, h->wr, &bad);
	}
	n = real_poll(cq, n, wc);
	if (is("stalls"))
		stall(n);
	return n;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	for (struct ibv_send_wr *at = wr; at; at = at->next)
		spoil(qp, at);
	return is("tardy") ? hold(qp, wr) : real_send(qp, wr, bad);
}

static int (*real_recv)(struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **);

/* A receive has more room than was given. */
static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	if (is("roomy"))
		wr->sg_list[0].length += 40;
	return real_recv(qp, wr, bad);
}

#ifdef ATOMIC_WRITE
static void (*real_atomic_write)(struct ibv_qp_ex *, uint32_t, uint64_t, const void *);

/* Half of the word arrives. */
static void tear(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t address, const void *value)
{
	unsigned char half[8] = {0};

	memcpy(half, value, 4);
	real_atomic_write(qp, rkey, address, half);
}

static struct ibv_qp *(*real_create)(struct ibv_context *, struct ibv_qp_init_attr_ex *);

static struct ibv_qp *create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
	struct ibv_qp *qp = real_create(context, attr);
	struct ibv_qp_ex *extended = qp ? ibv_qp_to_qp_ex(qp) : NULL;

	if (extended && is("tears")) {
		real_atomic_write = extended->wr_atomic_write;
		extended->wr_atomic_write = tear;
	}
	return qp;
}

static void extend(struct ibv_context *context)
{
	struct verbs_context *verbs = verbs_get_ctx(context);

	if (!verbs)
		return;
	real_create = verbs->create_qp_ex;
	verbs->create_qp_ex = create_qp_ex;
}
#else
static void extend(struct ibv_context *context)
{
	(void)context;
}
#endif

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
	struct ibv_context *(*real)(struct ibv_device *) = dlvsym(RTLD_NEXT, "ibv_open_device",
								  "IBVERBS_1.1");
	struct ibv_context *context = real(device);

	if (context) {
		real_send = context->ops.post_send;
		context->ops.post_send = post_send;
		real_poll = context->ops.poll_cq;
		context->ops.poll_cq = poll_cq;
		real_recv = context->ops.post_recv;
		context->ops.post_recv = post_recv;
		extend(context);
	}
	return context;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	int (*real)(struct ibv_qp *, struct ibv_qp_attr *, int) = dlvsym(RTLD_NEXT, "ibv_modify_qp",
									 "IBVERBS_1.1");

	/* it sends nothing again to a receiver that was not ready */
	if (is("impatient") && mask & IBV_QP_RNR_RETRY)
		attr->rnr_retry = 0;
	/* one bit of a link-local peer's address: frames go to a MAC that nobody has */
	if (is("elsewhere") && mask & IBV_QP_AV && attr->ah_attr.grh.dgid.raw[0] == 0xfe)
		attr->ah_attr.grh.dgid.raw[15] ^= 0x80;
	return real(qp, attr, mask);
}
