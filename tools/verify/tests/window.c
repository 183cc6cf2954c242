/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory window: the receiver opens a part of its region, the sender writes with the window's
 * key. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define OFFERED (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B)
#define NO_WINDOWS "the RXE devices of this kernel offer no memory windows of type 2"

static bool offers(const struct rx_port *port)
{
	return port->device.device_cap_flags & OFFERED;
}

const char *rx_cannot_window(const struct rx_fabric *fabric)
{
	for (size_t i = 0; i < fabric->n_ports; i++)
		if (fabric->ports[i].context && !offers(&fabric->ports[i]))
			return NO_WINDOWS;
	return NULL;
}

struct windows {
	struct ibv_mw *of[2]; /* by direction */
};

/* Binding is a work request on the receiver's own QP, which is the sender of the other
 * direction. */
static int bind_window(struct rx_half *half, struct ibv_mw *window)
{
	unsigned own = 1 - half->direction;
	struct rx_conn *conn = half->drive->conn;
	struct rx_expect expect = {.sends = {[0] = !own, [1] = own}};
	struct rx_fault fault[2] = {{0}};
	struct ibv_send_wr wr = {
		.wr_id = rx_wr_id(conn, own, false, 0),
		.opcode = IBV_WR_BIND_MW,
		.send_flags = IBV_SEND_SIGNALED,
		.bind_mw = {.mw = window,
			    .rkey = ibv_inc_rkey(window->rkey),
			    .bind_info = {.mr = half->port->mr,
					  .addr = (uintptr_t)half->port->rx,
					  .length = RX_MESSAGE,
					  .mw_access_flags = IBV_ACCESS_REMOTE_WRITE}},
	};

	if (!rx_conn_send(conn, own, &wr, &fault[own]) &&
	    !rx_conn_wait(conn, &expect, rx_now() + RX_WAIT, fault)) {
		half->word->key = window->rkey = wr.bind_mw.rkey;
		return 0;
	}
	return rx_fault(half->fault,
			fault[own].kind == RX_FAULT_CUT ? RX_FAULT_CUT : RX_FAULT_REFUSED, 0,
			"endpoint %s: binding a window on %s: %s", half->port->node->want->name,
			half->port->iface->want->rdma_dev, fault[own].text);
}

static int prepare(struct rx_half *half)
{
	struct ibv_mw **window = &((struct windows *)half->drive->state)->of[half->direction];

	if (!offers(half->port))
		return rx_fault(half->fault, RX_FAULT_SKIP, 0, NO_WINDOWS);
	if (half->role == RX_SENDER) {
		rx_payload_fill(half->port->tx, RX_MESSAGE,
				rx_meeting_seed(half->drive->m, half->direction, 0));
		half->drive->expect.sends[half->direction] = 1;
		return 0;
	}
	*window = ibv_alloc_mw(half->port->pd, IBV_MW_TYPE_2);
	if (!*window)
		return rx_fault(half->fault, RX_FAULT_REFUSED, errno,
				"endpoint %s: making a memory window on %s: %s",
				half->port->node->want->name, half->port->iface->want->rdma_dev,
				strerror(errno));
	return bind_window(half, *window);
}

static int post(struct rx_half *half)
{
	return rx_half_send(half, IBV_WR_RDMA_WRITE, half->heard->key);
}

static int check(struct rx_half *half)
{
	return half->role == RX_SENDER
		       ? 0
		       : rx_meeting_check(half->drive->m, half->direction, 0, half->port->rx,
					  RX_MESSAGE, false, half->fault);
}

static void finish(struct rx_half *half)
{
	struct ibv_mw *window = ((struct windows *)half->drive->state)->of[half->direction];

	if (half->role == RX_RECEIVER && window)
		ibv_dealloc_mw(window);
}

const struct rx_play rx_play_memory_window = {.prepare = prepare,
					      .post = post,
					      .check = check,
					      .finish = finish,
					      .state = sizeof(struct windows)};
