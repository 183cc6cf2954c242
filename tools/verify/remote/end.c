/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a pair whose other end is on another host. Both hosts run this; what differs is who
 * begins. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netns/kernel/rtnl.h"
#include "tools/verbs/prime.h"
#include "tools/verify/remote/remote.h"

#define RD_ATOMIC 4

#define MESSAGES(opcode_) \
	.transfer = {.kind = RX_QP_RC, \
		     .opcode = IBV_WR_##opcode_, \
		     .messages = RX_MESSAGES, \
		     .size = RX_MESSAGE}

/* The names are those of rx_tests, where the reports find them. */
const struct rx_remote_test rx_remote_tests[] = {
	{"rc-send", MESSAGES(SEND)},
	{"rc-write", MESSAGES(RDMA_WRITE)},
	{"rc-read", MESSAGES(RDMA_READ)},
	{"path", MESSAGES(SEND), .counters = true},
	{"cm", .cm = true},
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

void rx_remote_begin(struct rx_remote_end *end, const struct rx_remote_test *test)
{
	end->test = test;
	end->m.test = (unsigned)(test - rx_remote_tests);
	end->m.directions = RX_FORWARD | RX_BACKWARD;
	memset(end->m.fault, 0, sizeof(end->m.fault));
}

int rx_remote_open(struct rx_remote_end *end, struct rx_far *own)
{
	struct rx_port *port = end->m.end[0];
	struct rx_conn *conn = &end->m.conn[RX_QP_RC];
	struct rx_fault *fault = &end->m.fault[RX_OUT];

	if (port->problem[0])
		return rx_fault(fault, RX_FAULT_SETUP, ENODEV, "%s", port->problem);
	/* an earlier session may have ended in the middle */
	rx_port_drop_qp(port, RX_QP_RC);
	if (rx_port_qp(port, RX_QP_RC, fault))
		return -1;
	*conn = (struct rx_conn){.end = {port},
				 .qp = {port->qp[RX_QP_RC]},
				 .kind = RX_QP_RC,
				 .up = true,
				 .generation = atomic_fetch_add(&end->m.fabric->generations, 1)};
	rx_qp_tell(port, conn->qp[0], RX_MAIN, own);
	return rx_qp_init(port, conn->qp[0], RX_QP_RC, fault);
}

/* `up` made the peers permanent neighbours unless there are too many of them. */
static void prime(const struct rx_remote_end *end)
{
	struct rx_port *port = end->m.end[0];
	struct rx_neigh_spec list[2];
	struct rx_err ignored;
	size_t n;

	if (end->lab->n_endpoints + end->lab->n_remote <= RX_PRIMED || !rx_port_meter(port))
		return;
	n = rx_neighbours(port, end->peer, list);
	rx_neigh_replace(&port->meter.route, list, n, &ignored);
}

int rx_remote_join(struct rx_remote_end *end)
{
	struct rx_port *port = end->m.end[0];
	struct rx_conn *conn = &end->m.conn[RX_QP_RC];
	struct rx_fault *fault = &end->m.fault[RX_OUT];
	uint8_t *there = (uint8_t *)(uintptr_t)end->far.address;
	int rc;

	prime(end);
	if (rx_qp_rtr(port, conn->qp[0], RX_QP_RC, RX_MAIN, &end->far, RD_ATOMIC, fault) ||
	    rx_qp_rts(port, conn->qp[0], RX_QP_RC, RD_ATOMIC, 0, fault))
		return -1;
	memset(port->rx, 0, RX_AREA);
	end->exchange = (struct rx_exchange){
		.m = &end->m,
		.t = &end->test->transfer,
		.conn = conn,
		.area = {rx_area(port), {there, there + RX_AREA, NULL, end->far.rkey}},
	};
	rc = rx_exchange_ready(&end->exchange);
	if (!rc && end->test->counters)
		rx_port_read(port, &end->before);
	return rc;
}

void rx_remote_check(struct rx_remote_end *end, struct rx_moved *moved)
{
	struct rx_reading after;

	rx_exchange_check(&end->exchange);
	*moved = (struct rx_moved){0};
	if (!end->test->counters)
		return;
	rx_port_read(end->m.end[0], &after);
	*moved = rx_moved(&end->before, &after);
}

void rx_remote_blame(struct rx_remote_end *end)
{
	const struct rx_port *port = end->m.end[0];
	char trouble[300];

	if (!port || !rx_endpoint_trouble(port->node, trouble, sizeof(trouble))[0])
		return;
	for (int i = 0; i < 2; i++)
		if (rx_fault_failed(&end->m.fault[i]) && !strstr(end->m.fault[i].text, trouble))
			rx_fault_add(&end->m.fault[i], "; endpoint %s: %s", port->node->want->name,
				     trouble);
}

int rx_remote_cm(const struct rx_remote_end *end, uint16_t port, struct rx_cm_child *child)
{
	struct rx_iface_view iface = {.want = end->peer};
	struct rx_port peer = {.iface = &iface};
	/* from client to server, which both ends compute */
	const struct rx_cm_end cm = {.own = end->m.end[0],
				     .peer = &peer,
				     .server = !port,
				     .port = port,
				     .seed = rx_meeting_seed(&end->m, port ? RX_OUT : RX_IN, 0)};

	return rx_cm_start(child, &cm);
}
