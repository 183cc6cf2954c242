/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that are provoked, and must be the right ones. Each breaks its QPs, so directions take
 * turns. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/wc-status.h"
#include "tools/verify/verify.h"

/* Seven waits of 67 ms (tools/verbs/conn.h), and as much again for a machine that is busy. */
#define DEAD_BOUND 2.0

/* The error that came is compared with the one that must; either way its name and meaning are
 * told. */
static void judge(struct rx_fault *fault, const struct rx_fault *got, int wanted)
{
	char text[400];

	if (got->kind == RX_FAULT_STATUS && got->code == wanted)
		snprintf(fault->text, sizeof(fault->text), "%s",
			 rx_wc_text(wanted, text, sizeof(text)));
	else if (!got->kind)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "it passed, where status %d (%s) must come",
			 wanted, rx_wc_status(wanted)->name);
	else
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "where status %d (%s) must come: %s", wanted,
			 rx_wc_status(wanted)->name, got->text);
}

/* An error to provoke: how, and which status must come of it. */
struct provocation {
	struct rx_meeting *m;
	int wanted;
	enum ibv_wr_opcode opcode;
	int (*spoil)(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
		     struct ibv_send_wr *wr);
};

static int provoke(void *context, unsigned direction)
{
	const struct provocation *p = context;
	struct rx_meeting *m = p->m;
	struct rx_port *from = m->end[direction], *to = m->end[1 - direction];
	struct rx_conn *conn = rx_meeting_conn(m, RX_QP_RC, RX_MAIN);
	const struct rx_slice local = {from->tx, RX_MESSAGE, from->mr};
	struct rx_expect expect = {.sends = {[0] = !direction, [1] = direction}};
	struct rx_fault fault[2] = {{0}};
	struct rx_chain chain;
	struct ibv_send_wr *wr;

	if (!conn)
		return -1;
	wr = rx_chain(&chain, conn, direction, 1, &local);
	rx_chain_rdma(&chain, 1, p->opcode, (uintptr_t)to->rx, to->mr->rkey);
	if (!p->spoil(m, direction, conn, wr) &&
	    !rx_conn_send(conn, direction, wr, &fault[direction]))
		rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, fault);
	rx_meeting_break(m, RX_QP_RC);
	judge(&m->fault[direction], &fault[direction], p->wanted);
	return 0;
}

static int wrong_rkey(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
		      struct ibv_send_wr *wr)
{
	(void)conn;
	/* the low byte is the variant of the key: the region exists, the key is wrong */
	wr->wr.rdma.rkey = m->end[1 - direction]->mr->rkey ^ 0x55;
	return 0;
}

void rx_test_rkey_violation(struct rx_meeting *m)
{
	rx_meeting_each(m, provoke,
			&(struct provocation){m, IBV_WC_REM_ACCESS_ERR, IBV_WR_RDMA_WRITE,
					      wrong_rkey});
}

static int short_receive(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
			 struct ibv_send_wr *wr)
{
	struct rx_port *to = m->end[1 - direction];

	(void)wr;
	return rx_conn_recv(conn, direction, 0, to->rx, RX_MESSAGE / 4, to->mr,
			    &m->fault[direction]);
}

void rx_test_oversized_send(struct rx_meeting *m)
{
	rx_meeting_each(m, provoke,
			&(struct provocation){m, IBV_WC_REM_OP_ERR, IBV_WR_SEND, short_receive});
}

static int kill_peer(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
		     struct ibv_send_wr *wr)
{
	(void)conn;
	(void)wr;
	rx_port_drop_qp(m->end[1 - direction], RX_QP_RC);
	return 0;
}

static int bury_peer(void *context, unsigned direction)
{
	struct provocation p = {context, IBV_WC_RETRY_EXC_ERR, IBV_WR_SEND, kill_peer};
	struct rx_fault *fault = &p.m->fault[direction];
	double started = rx_now(), spent;

	provoke(&p, direction);
	spent = rx_now() - started;
	if (spent > DEAD_BOUND)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0,
			 "the dead peer was noticed after %.2f s, later than %.1f s", spent,
			 DEAD_BOUND);
	if (!fault->kind)
		rx_fault_add(fault, "; noticed after %.2f s", spent);
	return 0;
}

void rx_test_dead_peer(struct rx_meeting *m)
{
	rx_meeting_each(m, bury_peer, m);
}
