/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomics on one 64-bit word of the peer: what each returned and what is left there. */
#include <inttypes.h>
#include <string.h>

#include "tools/verify/verify.h"

/* The RXE of 5.10 cannot send the answer to an atomic between hosted endpoints: both devices can
 * never be unregistered then, and the machine needs a reboot (docs/reference/kernel-support.md). It
 * is known by what it lacks: memory windows came when its responder was mended. */
static bool wedges(const struct rx_fabric *fabric, const struct rx_port *port)
{
	return fabric->view->plane == RX_PLANE_HOSTED &&
	       !(port->device.device_cap_flags &
		 (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B));
}

static const char *cannot(const struct rx_fabric *fabric, const struct rx_port *port)
{
	if (port->device.atomic_cap == IBV_ATOMIC_NONE)
		return "the RXE devices of this kernel offer no atomic operations";
	return wedges(fabric, port) ? "an atomic between hosted endpoints on this kernel's RXE "
				      "blocks both devices until the next boot"
				    : NULL;
}

const char *rx_cannot_atomic(const struct rx_fabric *fabric)
{
	for (size_t i = 0; i < fabric->n_ports; i++)
		if (fabric->ports[i].context && cannot(fabric, &fabric->ports[i]))
			return cannot(fabric, &fabric->ports[i]);
	return NULL;
}

struct plan {
	uint64_t start; /* the word before */
	uint64_t compare_add[RX_MESSAGES], swap[RX_MESSAGES];
	uint64_t returned[RX_MESSAGES]; /* what each operation must return: the word before it */
	uint64_t end;
};

/* Which both ends can compute. Even ones compare with what is there and swap, odd ones compare with
 * something else and must not. */
static struct plan plan_of(const struct rx_half *half)
{
	const struct rx_meeting *m = half->drive->m;
	const enum ibv_wr_opcode *opcode = half->drive->play->of;
	struct plan plan = {.start = rx_meeting_seed(m, half->direction, 100)};
	uint64_t word = plan.start;

	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		plan.returned[i] = word;
		plan.swap[i] = rx_meeting_seed(m, half->direction, 200 + i);
		if (*opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
			plan.compare_add[i] = rx_meeting_seed(m, half->direction, i);
			word += plan.compare_add[i];
		} else {
			plan.compare_add[i] = i % 2 ? ~word : word;
			word = i % 2 ? word : plan.swap[i];
		}
	}
	plan.end = word;
	return plan;
}

static int prepare(struct rx_half *half)
{
	const char *why_not = cannot(half->drive->m->fabric, half->port);
	const struct plan plan = plan_of(half);

	if (why_not)
		return rx_fault(half->fault, RX_FAULT_SKIP, 0, "%s", why_not);
	if (half->role == RX_RECEIVER) {
		memcpy(half->port->rx, &plan.start, 8);
	} else {
		memset(half->port->tx, RX_POISON, 8 * RX_MESSAGES);
		half->drive->expect.sends[half->direction] = 1;
	}
	return 0;
}

static int post(struct rx_half *half)
{
	const struct plan plan = plan_of(half);
	const struct rx_slice local = {half->port->tx, 8, half->port->mr};
	const enum ibv_wr_opcode *opcode = half->drive->play->of;
	struct rx_chain chain;
	struct ibv_send_wr *wr;

	if (half->role == RX_RECEIVER)
		return 0;
	wr = rx_chain(&chain, half->drive->conn, half->direction, RX_MESSAGES, &local);
	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		wr[i].opcode = *opcode;
		wr[i].wr.atomic.remote_addr = half->far->address + RX_AREA;
		wr[i].wr.atomic.rkey = half->far->rkey;
		wr[i].wr.atomic.compare_add = plan.compare_add[i];
		wr[i].wr.atomic.swap = plan.swap[i];
	}
	return rx_conn_send(half->drive->conn, half->direction, wr, half->fault);
}

static int check(struct rx_half *half)
{
	const struct plan plan = plan_of(half);
	uint64_t value;

	for (unsigned i = 0; half->role == RX_SENDER && i < RX_MESSAGES; i++) {
		memcpy(&value, half->port->tx + 8 * i, 8);
		if (value != plan.returned[i])
			return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
					"operation %u returned 0x%016" PRIx64
					" where the word was 0x%016" PRIx64,
					i, value, plan.returned[i]);
	}
	memcpy(&value, half->port->rx, 8);
	if (half->role == RX_RECEIVER && value != plan.end)
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"the word is 0x%016" PRIx64 " afterwards, not 0x%016" PRIx64, value,
				plan.end);
	return 0;
}

#define ATOMIC(opcode_) \
	{ \
		.prepare = prepare, .post = post, .check = check, \
		.of = &(const enum ibv_wr_opcode) \
		{ \
			IBV_WR_ATOMIC_##opcode_ \
		} \
	}

const struct rx_play rx_play_fetch_add = ATOMIC(FETCH_AND_ADD);
const struct rx_play rx_play_compare_swap = ATOMIC(CMP_AND_SWP);
