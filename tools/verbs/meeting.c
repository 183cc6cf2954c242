/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/meeting.h"

#include <string.h>

#include "tools/verbs/payload.h"

void rx_meeting_link(struct rx_meeting *m)
{
	for (unsigned kind = 0; kind < RX_QP_KINDS; kind++)
		m->conn[kind] = (struct rx_conn){.end = {m->end[0], m->end[1]},
						 .kind = (enum rx_qp_kind)kind,
						 .routed = m->routed,
						 .until = m->until};
}

void rx_meeting_begin(struct rx_meeting *m, struct rx_fabric *fabric, const struct rx_pair *pair)
{
	m->fabric = fabric;
	m->number[0] = pair->a;
	m->number[1] = pair->b;
	m->directions = pair->directions;
	memset(m->fault, 0, sizeof(m->fault));
	if (rx_fabric_route(fabric, pair->a, pair->b, pair->network, m->end, &m->routed)) {
		m->end[0] = m->end[1] = NULL;
		rx_meeting_skip(m, "not connected by the topology");
		return;
	}
	for (unsigned end = 0; end < 2; end++) {
		m->want[end] = m->end[end]->iface->want;
		m->name[end] = m->end[end]->node->want->name;
	}
	m->network = m->routed ? NULL : m->end[0]->iface->network;
	rx_meeting_link(m);
}

void rx_meeting_end(struct rx_meeting *m)
{
	unsigned kind;

	for (kind = 0; m->want[0] && kind < RX_QP_KINDS; kind++)
		rx_conn_down(&m->conn[kind], false);
}

bool rx_meeting_tries(const struct rx_meeting *m, unsigned direction)
{
	return m->directions & RX_DIRECTION(direction);
}

void rx_meeting_fault(struct rx_meeting *m, const struct rx_fault *fault)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction) && !m->fault[direction].text[0])
			m->fault[direction] = *fault;
}

void rx_meeting_skip(struct rx_meeting *m, const char *reason)
{
	struct rx_fault fault = {0};

	rx_fault(&fault, RX_FAULT_SKIP, 0, "%s", reason);
	rx_meeting_fault(m, &fault);
}

struct rx_conn *rx_meeting_offer(struct rx_meeting *m, enum rx_qp_kind kind, enum rx_family family,
				 struct rx_fault *fault)
{
	struct rx_conn *conn = &m->conn[kind];

	if (conn->up && conn->family != family)
		rx_conn_down(conn, false);
	if (conn->up)
		return conn;
	conn->family = family;
	conn->generation = atomic_fetch_add(&m->fabric->generations, 1);
	return rx_conn_offer(conn, fault) ? NULL : conn;
}

void rx_meeting_break(struct rx_meeting *m, enum rx_qp_kind kind)
{
	rx_conn_down(&m->conn[kind], true);
}

uint64_t rx_meeting_seed(const struct rx_meeting *m, unsigned direction, unsigned sequence)
{
	uint64_t network = m->want[direction] ? m->want[direction]->network : 0;
	uint64_t salt = m->salt + (network << 16 | m->attempt << 8 | m->round) * 0x9e3779b97f4a7c15;

	return rx_payload_seed(salt, m->test, m->number[direction], m->number[1 - direction],
			       sequence);
}

/* Each byte is right or as it was before. */
static bool only_missing(const uint8_t *buf, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		if (buf[i] != RX_POISON && buf[i] != rx_payload_byte(seed, i))
			return false;
	return true;
}

int rx_meeting_check(struct rx_meeting *m, unsigned direction, unsigned sequence, const void *buf,
		     size_t size, bool lossy, struct rx_fault *fault)
{
	uint64_t seed = rx_meeting_seed(m, direction, sequence);
	long at = rx_payload_check(buf, size, seed);

	if (at < 0)
		return 0;
	if (lossy && only_missing(buf, size, seed))
		return rx_fault(fault, RX_FAULT_REFUSED, 0,
				"message %u (%zu bytes) did not arrive whole: byte %ld is as it "
				"was before",
				sequence, size, at);
	return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
			"byte %ld of message %u (%zu bytes) is 0x%02x where 0x%02x was sent", at,
			sequence, size, ((const uint8_t *)buf)[at],
			rx_payload_byte(seed, (size_t)at));
}
