/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomics on one 64-bit word of the peer: what each returned and what is left there. */
#include <inttypes.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/verify.h"

const char *rx_cannot_atomic(const struct rx_fabric *fabric)
{
	size_t i;

	for (i = 0; i < fabric->n_ports; i++)
		if (fabric->ports[i].context &&
		    fabric->ports[i].device.atomic_cap == IBV_ATOMIC_NONE)
			return "the RXE devices of this kernel offer no atomic operations";
	return NULL;
}

struct plan {
	uint64_t start; /* the word before */
	uint64_t compare_add[RX_MESSAGES], swap[RX_MESSAGES];
	uint64_t returned[RX_MESSAGES]; /* what each operation must return: the word before it */
	uint64_t end;
};

/* Even ones compare with what is there and swap, odd ones compare with something else and must
 * not. */
static void make_plan(const struct rx_meeting *m, unsigned direction, enum ibv_wr_opcode opcode,
		      struct plan *plan)
{
	uint64_t word = plan->start = rx_meeting_seed(m, direction, 100);
	unsigned i;

	for (i = 0; i < RX_MESSAGES; i++) {
		plan->returned[i] = word;
		plan->swap[i] = rx_meeting_seed(m, direction, 200 + i);
		if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
			plan->compare_add[i] = rx_meeting_seed(m, direction, i);
			word += plan->compare_add[i];
		} else {
			plan->compare_add[i] = i % 2 ? ~word : word;
			word = i % 2 ? word : plan->swap[i];
		}
	}
	plan->end = word;
}

static int post(struct rx_conn *conn, struct rx_meeting *m, unsigned direction,
		enum ibv_wr_opcode opcode, const struct plan *plan)
{
	struct rx_port *from = m->end[direction], *to = m->end[1 - direction];
	struct ibv_send_wr wr[RX_MESSAGES];
	struct ibv_sge sge[RX_MESSAGES];
	unsigned i;

	memcpy(to->rx, &plan->start, 8);
	memset(from->tx, 0, 8 * RX_MESSAGES);
	memset(wr, 0, sizeof(wr));
	for (i = 0; i < RX_MESSAGES; i++) {
		sge[i] = (struct ibv_sge){(uintptr_t)(from->tx + 8 * i), 8, from->mr->lkey};
		wr[i].wr_id = rx_wr_id(conn, direction, false, i);
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].opcode = opcode;
		wr[i].wr.atomic.remote_addr = (uintptr_t)to->rx;
		wr[i].wr.atomic.rkey = to->mr->rkey;
		wr[i].wr.atomic.compare_add = plan->compare_add[i];
		wr[i].wr.atomic.swap = plan->swap[i];
		wr[i].next = i + 1 < RX_MESSAGES ? &wr[i + 1] : NULL;
	}
	wr[RX_MESSAGES - 1].send_flags = IBV_SEND_SIGNALED;
	return rx_conn_send(conn, direction, wr, &m->fault[direction]);
}

static void check(struct rx_meeting *m, unsigned direction, const struct plan *plan)
{
	uint64_t value;
	unsigned i;

	for (i = 0; i < RX_MESSAGES; i++) {
		memcpy(&value, m->end[direction]->tx + 8 * i, 8);
		if (value != plan->returned[i])
			rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
				 "operation %u returned 0x%016" PRIx64
				 " where the word was 0x%016" PRIx64,
				 i, value, plan->returned[i]);
	}
	memcpy(&value, m->end[1 - direction]->rx, 8);
	if (value != plan->end)
		rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
			 "the word is 0x%016" PRIx64 " afterwards, not 0x%016" PRIx64, value,
			 plan->end);
}

static void atomic_test(struct rx_meeting *m, enum ibv_wr_opcode opcode)
{
	struct rx_conn *conn = rx_meeting_conn(m, RX_QP_RC, RX_MAIN);
	struct rx_expect expect = {0};
	struct plan plan[2];
	unsigned direction;
	int rc = 0;

	if (!conn)
		return;
	for (direction = 0; direction < 2; direction++) {
		if (!rx_meeting_tries(m, direction))
			continue;
		make_plan(m, direction, opcode, &plan[direction]);
		if (post(conn, m, direction, opcode, &plan[direction]))
			rc = -1;
		expect.sends[direction] = 1;
	}
	if (!rc)
		rc = rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, m->fault);
	if (rc)
		rx_meeting_break(m, RX_QP_RC);
	for (direction = 0; direction < 2; direction++) {
		if (!rx_meeting_tries(m, direction))
			continue;
		if (rc)
			rx_fault_collateral(&m->fault[direction]);
		else
			check(m, direction, &plan[direction]);
	}
}

void rx_test_fetch_add(struct rx_meeting *m)
{
	atomic_test(m, IBV_WR_ATOMIC_FETCH_AND_ADD);
}

void rx_test_compare_swap(struct rx_meeting *m)
{
	atomic_test(m, IBV_WR_ATOMIC_CMP_AND_SWP);
}
