/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory window: the receiver opens a part of its region, the sender writes with the window's
 * key. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define OFFERED (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B)

const char *rx_cannot_window(const struct rx_fabric *fabric)
{
	size_t i;

	for (i = 0; i < fabric->n_ports; i++)
		if (fabric->ports[i].context &&
		    !(fabric->ports[i].device.device_cap_flags & OFFERED))
			return "the RXE devices of this kernel offer no memory windows of type 2";
	return NULL;
}

/* Binding is a work request on the receiver's own QP. */
static int bind_window(struct rx_meeting *m, struct rx_conn *conn, unsigned direction,
		       struct ibv_mw *window)
{
	struct rx_port *to = m->end[1 - direction];
	struct rx_expect expect = {0};
	struct rx_fault fault[2] = {{0}};
	struct ibv_send_wr wr = {
		.wr_id = rx_wr_id(conn, 1 - direction, false, 0),
		.opcode = IBV_WR_BIND_MW,
		.send_flags = IBV_SEND_SIGNALED,
		.bind_mw = {.mw = window,
			    .rkey = ibv_inc_rkey(window->rkey),
			    .bind_info = {.mr = to->mr,
					  .addr = (uintptr_t)to->rx,
					  .length = RX_MESSAGE,
					  .mw_access_flags = IBV_ACCESS_REMOTE_WRITE}},
	};

	expect.sends[1 - direction] = 1;
	if (!rx_conn_send(conn, 1 - direction, &wr, &fault[1 - direction]) &&
	    !rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, fault)) {
		window->rkey = wr.bind_mw.rkey;
		return 0;
	}
	return rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0,
			"endpoint %s: binding a window on %s: %s", to->node->want->name,
			to->iface->want->rdma_dev, fault[1 - direction].text);
}

static int write_through(struct rx_meeting *m, struct rx_conn *conn, unsigned direction,
			 const struct ibv_mw *window)
{
	struct rx_port *from = m->end[direction], *to = m->end[1 - direction];
	const struct rx_slice local = {from->tx, RX_MESSAGE, from->mr};
	struct rx_expect expect = {.sends = {[0] = !direction, [1] = direction}};
	struct rx_chain chain;
	struct ibv_send_wr *wr = rx_chain(&chain, conn, direction, 1, &local);

	rx_chain_rdma(&chain, 1, IBV_WR_RDMA_WRITE, (uintptr_t)to->rx, window->rkey);
	rx_payload_fill(from->tx, RX_MESSAGE, rx_meeting_seed(m, direction, 0));
	if (rx_conn_send(conn, direction, wr, &m->fault[direction]) ||
	    rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, m->fault))
		return -1;
	rx_meeting_check(m, direction, 0, to->rx, RX_MESSAGE);
	return 0;
}

static int one_direction(void *context, unsigned direction)
{
	struct rx_meeting *m = context;
	struct rx_conn *conn = rx_meeting_conn(m, RX_QP_RC, RX_MAIN);
	struct rx_port *to = m->end[1 - direction];
	struct ibv_mw *window;

	if (!conn)
		return -1;
	window = ibv_alloc_mw(to->pd, IBV_MW_TYPE_2);
	if (!window)
		return rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, errno,
				"endpoint %s: making a memory window on %s: %s",
				to->node->want->name, to->iface->want->rdma_dev, strerror(errno));
	if (bind_window(m, conn, direction, window) || write_through(m, conn, direction, window))
		rx_meeting_break(m, RX_QP_RC);
	return ibv_dealloc_mw(window);
}

void rx_test_memory_window(struct rx_meeting *m)
{
	rx_meeting_each(m, one_direction, m);
}
