/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a pair whose other end is on another host. Both hosts run this; what differs is who
 * begins. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/kernel/rtnl.h"
#include "tools/cli/output.h"
#include "tools/verbs/payload.h"
#include "tools/verbs/prime.h"
#include "tools/verbs/wc-status.h"
#include "tools/verify/remote/remote.h"

#define RD_ATOMIC 4

/* The names are those of rx_tests, where the reports find them. */
const struct rx_remote_test rx_remote_tests[] = {
	{"rc-send", RX_REMOTE_SEND, false},
	{"rc-write", RX_REMOTE_WRITE, false},
	{"rc-read", RX_REMOTE_READ, false},
	{"path", RX_REMOTE_SEND, true},
	{"cm", RX_REMOTE_CM, false},
	{NULL},
};

const struct rx_remote_test *rx_remote_test(const char *name)
{
	const struct rx_remote_test *test;

	for (test = rx_remote_tests; test->name; test++)
		if (!strcmp(test->name, name))
			return test;
	return NULL;
}

static uint64_t seed(const struct rx_remote_end *end, bool outward, unsigned sequence)
{
	return rx_payload_seed(end->salt, end->test_number, outward ? end->self : end->other,
			       outward ? end->other : end->self, sequence);
}

int rx_remote_open(struct rx_remote_end *end, struct rx_far *own)
{
	struct rx_port *port = end->port;
	struct rx_fault *fault = &end->out;

	if (port->problem[0])
		return rx_fault(fault, RX_FAULT_SETUP, ENODEV, "%s", port->problem);
	/* an earlier session may have ended in the middle */
	rx_port_drop_qp(port, RX_QP_RC);
	if (rx_port_qp(port, RX_QP_RC, fault))
		return -1;
	end->qp = port->qp[RX_QP_RC];
	rx_qp_tell(port, end->qp, RX_MAIN, own);
	return rx_qp_init(port, end->qp, RX_QP_RC, fault);
}

/* `up` made the peers permanent neighbours unless there are too many of them. */
static void prime(const struct rx_remote_end *end)
{
	struct rx_neigh_spec list[2];
	struct rx_err ignored;
	size_t n = 0;

	if (end->lab->n_endpoints + end->lab->n_remote <= RX_PRIMED || !rx_port_meter(end->port))
		return;
	if (end->peer->ipv4.family)
		list[n++] = (struct rx_neigh_spec){end->port->iface->ifindex, end->peer->ipv4,
						   end->peer->mac};
	if (end->peer->ipv6.family)
		list[n++] = (struct rx_neigh_spec){end->port->iface->ifindex, end->peer->ipv6,
						   end->peer->mac};
	rx_neigh_replace(&end->port->meter.route, list, n, &ignored);
}

static uint64_t wr_id(const struct rx_remote_end *end, bool receive, unsigned index)
{
	return (uint64_t)end->generation << 32 | (uint64_t)receive << 16 | index;
}

static int post_receive(struct rx_remote_end *end, unsigned i)
{
	struct ibv_sge sge = {(uintptr_t)end->port->rx + i * RX_MESSAGE, RX_MESSAGE,
			      end->port->mr->lkey};
	struct ibv_recv_wr *bad, wr = {.wr_id = wr_id(end, true, i), .sg_list = &sge, .num_sge = 1};
	int rc = ibv_post_recv(end->qp, &wr, &bad);

	return rc ? rx_qp_refused(end->port, "posting a receive", rc, &end->out) : 0;
}

int rx_remote_join(struct rx_remote_end *end)
{
	bool reads = end->test->way == RX_REMOTE_READ;
	unsigned i;

	prime(end);
	if (rx_qp_rtr(end->port, end->qp, RX_QP_RC, RX_MAIN, &end->far, RD_ATOMIC, &end->out) ||
	    rx_qp_rts(end->port, end->qp, RX_QP_RC, RD_ATOMIC, 0, &end->out))
		return -1;
	memset(end->port->rx, 0, RX_AREA);
	for (i = 0; i < RX_MESSAGES; i++) {
		/* what a READ fetches is written by the end that it is fetched from */
		rx_payload_fill(end->port->tx + i * RX_MESSAGE, RX_MESSAGE, seed(end, !reads, i));
		if (end->test->way == RX_REMOTE_SEND && post_receive(end, i))
			return -1;
	}
	if (end->test->counters)
		rx_port_read(end->port, &end->before);
	return 0;
}

static int post_sends(struct rx_remote_end *end)
{
	static const enum ibv_wr_opcode opcodes[] = {IBV_WR_SEND, IBV_WR_RDMA_WRITE,
						     IBV_WR_RDMA_READ};
	bool reads = end->test->way == RX_REMOTE_READ;
	struct ibv_send_wr wr[RX_MESSAGES], *bad;
	struct ibv_sge sge[RX_MESSAGES];
	unsigned i;
	int rc;

	memset(wr, 0, sizeof(wr));
	for (i = 0; i < RX_MESSAGES; i++) {
		uint8_t *local = reads ? end->port->rx : end->port->tx;

		sge[i] = (struct ibv_sge){(uintptr_t)local + i * RX_MESSAGE, RX_MESSAGE,
					  end->port->mr->lkey};
		wr[i].wr_id = wr_id(end, false, i);
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].opcode = opcodes[end->test->way];
		wr[i].next = i + 1 < RX_MESSAGES ? &wr[i + 1] : NULL;
		wr[i].wr.rdma.remote_addr = end->far.address + (reads ? 0 : RX_AREA) +
					    i * RX_MESSAGE;
		wr[i].wr.rdma.rkey = end->far.rkey;
	}
	wr[RX_MESSAGES - 1].send_flags = IBV_SEND_SIGNALED;
	rc = ibv_post_send(end->qp, wr, &bad);
	return rc ? rx_qp_refused(end->port, "posting a send", rc, &end->out) : 0;
}

/* What is still owed to an end. */
struct owed {
	unsigned sends, receives;
};

/* Returns -1 if this completion ends the wait: the own sender's first bad one. */
static int take(struct rx_remote_end *end, const struct ibv_wc *wc, struct owed *owed)
{
	bool receive = wc->wr_id & (1 << 16);
	char text[400];

	if (wc->wr_id >> 32 != end->generation)
		return 0;
	if (wc->status != IBV_WC_SUCCESS && !receive)
		return rx_fault(&end->out, RX_FAULT_STATUS, wc->status, "%s",
				rx_wc_text(wc->status, text, sizeof(text)));
	if (wc->status != IBV_WC_SUCCESS)
		return 0; /* the sender's own completion says more */
	if (receive && wc->byte_len != RX_MESSAGE)
		rx_fault(&end->in, RX_FAULT_PAYLOAD, 0,
			 "message %u arrived with %u bytes instead of %u",
			 (unsigned)(wc->wr_id & 0xffff), wc->byte_len, RX_MESSAGE);
	if (receive && owed->receives)
		owed->receives--;
	else if (!receive && owed->sends)
		owed->sends--;
	return 0;
}

/* Everything that lies in the queue. */
static int drain(struct rx_remote_end *end, struct owed *owed)
{
	struct ibv_wc wc[16];
	int n, i;

	do {
		n = ibv_poll_cq(end->port->cq, 16, wc);
		if (n < 0)
			return rx_fault(&end->out, RX_FAULT_SETUP, EIO,
					"endpoint %s: its completion queue failed",
					end->port->node->want->name);
		for (i = 0; i < n; i++)
			if (take(end, &wc[i], owed))
				return -1;
	} while (n);
	return 0;
}

/* Until the queue says that something came, armed first and looked at again, or an event could be
 * missed. */
static int doze(struct rx_remote_end *end, struct owed *owed, double rest)
{
	struct pollfd ready = {.fd = end->port->channel->fd, .events = POLLIN};
	struct ibv_cq *cq;
	void *context;

	ibv_req_notify_cq(end->port->cq, 0);
	if (drain(end, owed))
		return -1;
	if (!owed->sends && !owed->receives)
		return 0;
	if (poll(&ready, 1, (int)(rest * 1e3) + 1) > 0 &&
	    !ibv_get_cq_event(end->port->channel, &cq, &context))
		ibv_ack_cq_events(cq, 1);
	return drain(end, owed);
}

void rx_remote_run(struct rx_remote_end *end)
{
	struct owed owed = {.sends = 1,
			    .receives = end->test->way == RX_REMOTE_SEND ? RX_MESSAGES : 0};
	double deadline = rx_now() + RX_WAIT;

	if (post_sends(end))
		return;
	while (owed.sends || owed.receives) {
		double rest = deadline - rx_now();

		if (rest <= 0)
			break;
		if (doze(end, &owed, rest < 0.1 ? rest : 0.1))
			return;
	}
	if (owed.sends)
		rx_fault(&end->out, RX_FAULT_DEADLINE, ETIMEDOUT,
			 "the sender %s had no completion within %.0f s",
			 end->port->node->want->name, RX_WAIT);
	if (owed.receives)
		rx_fault(&end->in, RX_FAULT_DEADLINE, ETIMEDOUT,
			 "%u of %u messages did not come to %s within %.0f s", owed.receives,
			 RX_MESSAGES, end->port->node->want->name, RX_WAIT);
}

/* What this end has in its rx area: sent or written by the other one, or fetched by itself. */
static void compare(struct rx_remote_end *end)
{
	bool reads = end->test->way == RX_REMOTE_READ;
	struct rx_fault *fault = reads ? &end->out : &end->in;
	unsigned i;

	for (i = 0; i < RX_MESSAGES; i++) {
		const uint8_t *at = end->port->rx + i * RX_MESSAGE;
		uint64_t wanted = seed(end, reads, i);
		long bad = rx_payload_check(at, RX_MESSAGE, wanted);

		if (bad >= 0)
			rx_fault(fault, RX_FAULT_PAYLOAD, 0,
				 "byte %ld of message %u at %s is 0x%02x where 0x%02x was sent",
				 bad, i, end->port->node->want->name, at[bad],
				 rx_payload_byte(wanted, (size_t)bad));
	}
}

void rx_remote_check(struct rx_remote_end *end, struct rx_moved *moved)
{
	struct rx_reading after;

	memset(moved, 0, sizeof(*moved));
	compare(end);
	if (!end->test->counters)
		return;
	rx_port_read(end->port, &after);
	moved->good = after.good && end->before.good;
	moved->tx = after.netdev.tx_bytes - end->before.netdev.tx_bytes;
	moved->rx = after.netdev.rx_bytes - end->before.netdev.rx_bytes;
	moved->sent = after.rxe[RX_SENT_PKTS] - end->before.rxe[RX_SENT_PKTS];
	moved->rcvd = after.rxe[RX_RCVD_PKTS] - end->before.rxe[RX_RCVD_PKTS];
}

static void blame(struct rx_fault *fault, const char *name, const char *trouble)
{
	size_t used = strlen(fault->text);

	if (fault->kind && fault->kind != RX_FAULT_SKIP && !strstr(fault->text, trouble))
		snprintf(fault->text + used, sizeof(fault->text) - used, "; endpoint %s: %s", name,
			 trouble);
}

void rx_remote_blame(struct rx_remote_end *end)
{
	char trouble[300];

	if (!end->port || !rx_endpoint_trouble(end->port->node, trouble, sizeof(trouble))[0])
		return;
	blame(&end->out, end->port->node->want->name, trouble);
	blame(&end->in, end->port->node->want->name, trouble);
}

void rx_remote_close(struct rx_remote_end *end)
{
	struct ibv_wc wc[16];

	if (!end->port)
		return;
	rx_port_drop_qp(end->port, RX_QP_RC);
	while (end->port->cq && ibv_poll_cq(end->port->cq, 16, wc) > 0)
		;
	end->qp = NULL;
}
