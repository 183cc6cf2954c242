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

struct run {
	struct rx_meeting *m;
	struct rx_conn *conn;
	enum ibv_wr_opcode opcode;
	struct plan plan[2];
	struct rx_expect expect;
};

static int post(void *context, unsigned direction)
{
	struct run *run = context;
	struct plan *plan = &run->plan[direction];
	struct rx_port *from = run->m->end[direction], *to = run->m->end[1 - direction];
	const struct rx_slice local = {from->tx, 8, from->mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr = rx_chain(&chain, run->conn, direction, RX_MESSAGES, &local);

	make_plan(run->m, direction, run->opcode, plan);
	memcpy(to->rx, &plan->start, 8);
	memset(from->tx, 0, 8 * RX_MESSAGES);
	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		wr[i].opcode = run->opcode;
		wr[i].wr.atomic.remote_addr = (uintptr_t)to->rx;
		wr[i].wr.atomic.rkey = to->mr->rkey;
		wr[i].wr.atomic.compare_add = plan->compare_add[i];
		wr[i].wr.atomic.swap = plan->swap[i];
	}
	run->expect.sends[direction] = 1;
	return rx_conn_send(run->conn, direction, wr, &run->m->fault[direction]);
}

static int check(void *context, unsigned direction)
{
	struct run *run = context;
	const struct plan *plan = &run->plan[direction];
	struct rx_fault *fault = &run->m->fault[direction];
	uint64_t value;

	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		memcpy(&value, run->m->end[direction]->tx + 8 * i, 8);
		if (value != plan->returned[i])
			rx_fault(fault, RX_FAULT_PAYLOAD, 0,
				 "operation %u returned 0x%016" PRIx64
				 " where the word was 0x%016" PRIx64,
				 i, value, plan->returned[i]);
	}
	memcpy(&value, run->m->end[1 - direction]->rx, 8);
	if (value != plan->end)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0,
			 "the word is 0x%016" PRIx64 " afterwards, not 0x%016" PRIx64, value,
			 plan->end);
	return 0;
}

static void atomic_test(struct rx_meeting *m, enum ibv_wr_opcode opcode)
{
	struct run run = {.m = m, .conn = rx_meeting_conn(m, RX_QP_RC, RX_MAIN), .opcode = opcode};

	if (!run.conn)
		return;
	if (rx_meeting_each(m, post, &run) ||
	    rx_conn_wait(run.conn, &run.expect, rx_now() + RX_WAIT, m->fault))
		rx_meeting_fail(m, RX_QP_RC);
	else
		rx_meeting_each(m, check, &run);
}

void rx_test_fetch_add(struct rx_meeting *m)
{
	atomic_test(m, IBV_WR_ATOMIC_FETCH_AND_ADD);
}

void rx_test_compare_swap(struct rx_meeting *m)
{
	atomic_test(m, IBV_WR_ATOMIC_CMP_AND_SWP);
}
