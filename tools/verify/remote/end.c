/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a pair whose other end is on another host. Both hosts run this; what differs is who
 * begins. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/kernel/rtnl.h"
#include "tools/verbs/payload.h"
#include "tools/verbs/prime.h"
#include "tools/verify/remote/remote.h"

#define RD_ATOMIC 4

/* The names are those of rx_tests, where the reports find them. */
const struct rx_remote_test rx_remote_tests[] = {
	{"rc-send", .opcode = IBV_WR_SEND},
	{"rc-write", .opcode = IBV_WR_RDMA_WRITE},
	{"rc-read", .opcode = IBV_WR_RDMA_READ},
	{"path", .opcode = IBV_WR_SEND, .counters = true},
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

uint64_t rx_remote_seed(const struct rx_remote_end *end, bool outward, unsigned sequence)
{
	return rx_payload_seed(end->salt, end->test_number, outward ? end->self : end->other,
			       outward ? end->other : end->self, sequence);
}

static bool reads(const struct rx_remote_end *end)
{
	return end->test->opcode == IBV_WR_RDMA_READ;
}

int rx_remote_open(struct rx_remote_end *end, struct rx_far *own, uint32_t generation)
{
	struct rx_port *port = end->port;
	struct rx_fault *fault = &end->fault[RX_OUT];

	if (port->problem[0])
		return rx_fault(fault, RX_FAULT_SETUP, ENODEV, "%s", port->problem);
	/* an earlier session may have ended in the middle */
	rx_port_drop_qp(port, RX_QP_RC);
	if (rx_port_qp(port, RX_QP_RC, fault))
		return -1;
	end->conn = (struct rx_conn){.end = {port},
				     .qp = {port->qp[RX_QP_RC]},
				     .kind = RX_QP_RC,
				     .up = true,
				     .generation = generation};
	rx_qp_tell(port, end->conn.qp[0], RX_MAIN, own);
	return rx_qp_init(port, end->conn.qp[0], RX_QP_RC, fault);
}

/* `up` made the peers permanent neighbours unless there are too many of them. */
static void prime(const struct rx_remote_end *end)
{
	struct rx_neigh_spec list[2];
	struct rx_err ignored;
	size_t n;

	if (end->lab->n_endpoints + end->lab->n_remote <= RX_PRIMED || !rx_port_meter(end->port))
		return;
	n = rx_neighbours(end->port, end->peer, list);
	rx_neigh_replace(&end->port->meter.route, list, n, &ignored);
}

int rx_remote_join(struct rx_remote_end *end)
{
	struct rx_port *port = end->port;
	struct rx_fault *fault = &end->fault[RX_OUT];

	prime(end);
	if (rx_qp_rtr(port, end->conn.qp[0], RX_QP_RC, RX_MAIN, &end->far, RD_ATOMIC, fault) ||
	    rx_qp_rts(port, end->conn.qp[0], RX_QP_RC, RD_ATOMIC, 0, fault))
		return -1;
	end->expect = (struct rx_expect){.sends = {[RX_OUT] = 1}};
	memset(port->rx, 0, RX_AREA);
	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		/* what a READ fetches is written by the end that it is fetched from */
		rx_payload_fill(port->tx + i * RX_MESSAGE, RX_MESSAGE,
				rx_remote_seed(end, !reads(end), i));
		if (end->test->opcode != IBV_WR_SEND)
			continue;
		if (rx_conn_recv(&end->conn, RX_IN, i, port->rx + i * RX_MESSAGE, RX_MESSAGE,
				 port->mr, fault))
			return -1;
		end->expect.recvs[RX_IN]++;
	}
	if (end->test->counters)
		rx_port_read(port, &end->before);
	return 0;
}

void rx_remote_run(struct rx_remote_end *end)
{
	struct rx_port *port = end->port;
	const struct rx_slice local = {reads(end) ? port->rx : port->tx, RX_MESSAGE, port->mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr = rx_chain(&chain, &end->conn, RX_OUT, RX_MESSAGES, &local);

	rx_chain_rdma(&chain, RX_MESSAGES, end->test->opcode,
		      end->far.address + (reads(end) ? 0 : RX_AREA), end->far.rkey);
	if (!rx_conn_send(&end->conn, RX_OUT, wr, &end->fault[RX_OUT]))
		rx_conn_wait(&end->conn, &end->expect, rx_now() + RX_WAIT, end->fault);
}

/* What this end has in its rx area was sent or written by the other one, or fetched by itself. */
void rx_remote_check(struct rx_remote_end *end, struct rx_moved *moved)
{
	struct rx_fault *fault = &end->fault[reads(end) ? RX_OUT : RX_IN];
	struct rx_reading after;

	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		uint32_t length = end->expect.wc[RX_IN][i].byte_len;

		if (end->test->opcode == IBV_WR_SEND && length != RX_MESSAGE)
			rx_fault(fault, RX_FAULT_PAYLOAD, 0,
				 "message %u arrived with %u bytes instead of %u", i, length,
				 RX_MESSAGE);
		rx_message_check(fault, i, end->port->rx + i * RX_MESSAGE, RX_MESSAGE,
				 rx_remote_seed(end, reads(end), i));
	}
	*moved = (struct rx_moved){0};
	if (!end->test->counters)
		return;
	rx_port_read(end->port, &after);
	*moved = rx_moved(&end->before, &after);
}

void rx_remote_blame(struct rx_remote_end *end)
{
	char trouble[300];

	if (!end->port || !rx_endpoint_trouble(end->port->node, trouble, sizeof(trouble))[0])
		return;
	for (int i = 0; i < 2; i++) {
		struct rx_fault *fault = &end->fault[i];
		size_t used = strlen(fault->text);

		if (rx_fault_failed(fault) && !strstr(fault->text, trouble))
			snprintf(fault->text + used, sizeof(fault->text) - used,
				 "; endpoint %s: %s", end->port->node->want->name, trouble);
	}
}

void rx_remote_close(struct rx_remote_end *end)
{
	rx_conn_down(&end->conn, true);
}

int rx_remote_cm(const struct rx_remote_end *end, uint16_t port, struct rx_cm_child *child)
{
	struct rx_iface_view iface = {.want = end->peer};
	struct rx_port peer = {.iface = &iface};
	/* from client to server, which both ends compute */
	const struct rx_cm_end cm = {.own = end->port,
				     .peer = &peer,
				     .server = !port,
				     .port = port,
				     .seed = rx_remote_seed(end, port, 0)};

	return rx_cm_start(child, &cm);
}
