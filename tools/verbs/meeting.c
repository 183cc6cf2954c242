/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/meeting.h"

#include <string.h>

#include "tools/verbs/payload.h"

void rx_meeting_begin(struct rx_meeting *m, struct rx_fabric *fabric, const struct rx_pair *pair)
{
	unsigned kind;

	m->fabric = fabric;
	m->number[0] = pair->a;
	m->number[1] = pair->b;
	m->directions = pair->directions;
	memset(m->fault, 0, sizeof(m->fault));
	if (rx_fabric_route(fabric, pair->a, pair->b, m->end, &m->routed)) {
		m->end[0] = m->end[1] = NULL;
		rx_meeting_skip(m, "not connected by the topology");
		return;
	}
	for (kind = 0; kind < RX_QP_KINDS; kind++) {
		m->conn[kind].end[0] = m->end[0];
		m->conn[kind].end[1] = m->end[1];
		m->conn[kind].kind = (enum rx_qp_kind)kind;
		m->conn[kind].routed = m->routed;
		m->conn[kind].up = false;
		m->conn[kind].stop = m->stop;
	}
}

void rx_meeting_end(struct rx_meeting *m)
{
	unsigned kind;

	for (kind = 0; m->end[0] && kind < RX_QP_KINDS; kind++)
		rx_conn_down(&m->conn[kind], false);
}

bool rx_meeting_tries(const struct rx_meeting *m, unsigned direction)
{
	return m->directions & RX_DIRECTION(direction);
}

int rx_meeting_each(struct rx_meeting *m, int (*step)(void *context, unsigned direction),
		    void *context)
{
	int rc = 0;

	for (unsigned direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction) && step(context, direction))
			rc = -1;
	return rc;
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

struct rx_conn *rx_meeting_conn(struct rx_meeting *m, enum rx_qp_kind kind, enum rx_family family)
{
	struct rx_conn *conn = &m->conn[kind];
	struct rx_fault fault = {0};

	if (conn->up && conn->family != family)
		rx_conn_down(conn, false);
	if (conn->up)
		return conn;
	conn->family = family;
	conn->generation = atomic_fetch_add(&m->fabric->generations, 1);
	if (!rx_conn_up(conn, &fault))
		return conn;
	rx_meeting_fault(m, &fault);
	return NULL;
}

void rx_meeting_break(struct rx_meeting *m, enum rx_qp_kind kind)
{
	rx_conn_down(&m->conn[kind], true);
}

void rx_meeting_fail(struct rx_meeting *m, enum rx_qp_kind kind)
{
	rx_meeting_break(m, kind);
	for (unsigned direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction))
			rx_fault_collateral(&m->fault[direction]);
}

uint64_t rx_meeting_seed(const struct rx_meeting *m, unsigned direction, unsigned sequence)
{
	return rx_payload_seed(m->salt, m->test, m->number[direction], m->number[1 - direction],
			       sequence);
}

int rx_meeting_check(struct rx_meeting *m, unsigned direction, unsigned sequence, const void *buf,
		     size_t size)
{
	uint64_t seed = rx_meeting_seed(m, direction, sequence);
	long at = rx_payload_check(buf, size, seed);

	if (at < 0)
		return 0;
	return rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
			"byte %ld of message %u (%zu bytes) is 0x%02x where 0x%02x was sent", at,
			sequence, size, ((const uint8_t *)buf)[at],
			rx_payload_byte(seed, (size_t)at));
}
