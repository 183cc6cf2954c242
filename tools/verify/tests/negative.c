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

static struct ibv_send_wr request(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
				  struct ibv_sge *sge, enum ibv_wr_opcode opcode)
{
	struct rx_port *from = m->end[direction], *to = m->end[1 - direction];

	*sge = (struct ibv_sge){(uintptr_t)from->tx, RX_MESSAGE, from->mr->lkey};
	return (struct ibv_send_wr){
		.wr_id = rx_wr_id(conn, direction, false, 0),
		.sg_list = sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = {.remote_addr = (uintptr_t)to->rx, .rkey = to->mr->rkey},
	};
}

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

static void provoke(struct rx_meeting *m, unsigned direction, int wanted,
		    int (*spoil)(struct rx_meeting *, unsigned, struct rx_conn *,
				 struct ibv_send_wr *))
{
	struct rx_conn *conn = rx_meeting_conn(m, RX_QP_RC, RX_MAIN);
	bool writes = wanted == IBV_WC_REM_ACCESS_ERR;
	struct rx_fault fault[2] = {{0}};
	struct rx_expect expect = {0};
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	if (!conn)
		return;
	wr = request(m, direction, conn, &sge, writes ? IBV_WR_RDMA_WRITE : IBV_WR_SEND);
	expect.sends[direction] = 1;
	if (!spoil(m, direction, conn, &wr) &&
	    !rx_conn_send(conn, direction, &wr, &fault[direction]))
		rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, fault);
	rx_meeting_break(m, RX_QP_RC);
	judge(&m->fault[direction], &fault[direction], wanted);
}

static int wrong_rkey(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
		      struct ibv_send_wr *wr)
{
	(void)conn;
	/* the low byte is the variant of the key: the region exists, the key is wrong */
	wr->wr.rdma.rkey = m->end[1 - direction]->mr->rkey ^ 0x55;
	return 0;
}

static int short_receive(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
			 struct ibv_send_wr *wr)
{
	struct rx_port *to = m->end[1 - direction];

	(void)wr;
	return rx_conn_recv(conn, direction, 0, to->rx, RX_MESSAGE / 4, to->mr,
			    &m->fault[direction]);
}

static int kill_peer(struct rx_meeting *m, unsigned direction, struct rx_conn *conn,
		     struct ibv_send_wr *wr)
{
	(void)conn;
	(void)wr;
	rx_port_drop_qp(m->end[1 - direction], RX_QP_RC);
	return 0;
}

void rx_test_rkey_violation(struct rx_meeting *m)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction))
			provoke(m, direction, IBV_WC_REM_ACCESS_ERR, wrong_rkey);
}

void rx_test_oversized_send(struct rx_meeting *m)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction))
			provoke(m, direction, IBV_WC_REM_OP_ERR, short_receive);
}

void rx_test_dead_peer(struct rx_meeting *m)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++) {
		double started = rx_now(), spent;
		size_t used;

		if (!rx_meeting_tries(m, direction))
			continue;
		provoke(m, direction, IBV_WC_RETRY_EXC_ERR, kill_peer);
		spent = rx_now() - started;
		if (spent > DEAD_BOUND)
			rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
				 "the dead peer was noticed after %.2f s, later than %.1f s", spent,
				 DEAD_BOUND);
		used = strlen(m->fault[direction].text);
		if (!m->fault[direction].kind)
			snprintf(m->fault[direction].text + used,
				 sizeof(m->fault[direction].text) - used, "; noticed after %.2f s",
				 spent);
	}
}
