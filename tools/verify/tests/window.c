/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory window: the receiver opens a part of its region, the sender writes with the window's
 * key. Then what a window must refuse: more than it covers, and anything once it is closed. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define OFFERED (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B)
#define WINDOW (RX_AREA - 2 * RX_MESSAGE) /* where it begins; it is RX_MESSAGE long */
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
					  .addr = (uintptr_t)half->port->rx + WINDOW,
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

/* One WRITE with the window's key, so many bytes behind the window's beginning. */
static struct ibv_send_wr *a_write(struct rx_half *half, struct rx_chain *chain, unsigned behind)
{
	const struct rx_slice local = {half->port->tx, RX_MESSAGE, half->port->mr};

	rx_chain(chain, half->drive->conn, half->direction, 1, &local);
	rx_chain_rdma(chain, 1, IBV_WR_RDMA_WRITE, half->far->address + RX_AREA + WINDOW + behind,
		      half->heard->key);
	return chain->wr;
}

static int post_write(struct rx_half *half, unsigned behind)
{
	struct rx_chain chain;

	return half->role == RX_RECEIVER ? 0
					 : rx_conn_send(half->drive->conn, half->direction,
							a_write(half, &chain, behind), half->fault);
}

static int post_within(struct rx_half *half)
{
	return post_write(half, 0);
}

/* Its last half lies in the region, but not in the window. */
static int post_across(struct rx_half *half)
{
	return post_write(half, RX_MESSAGE / 2);
}

static int check_written_at(struct rx_half *half, unsigned behind)
{
	return half->role == RX_SENDER ? 0
				       : rx_meeting_check(half->drive->m, half->direction, 0,
							  half->port->rx + WINDOW + behind,
							  RX_MESSAGE, false, half->fault);
}

static int check_written(struct rx_half *half)
{
	return check_written_at(half, 0);
}

/* Refused, or carried out to the last byte: then nothing held it to the window. */
static int check_across(struct rx_half *half)
{
	bool sends = half->role == RX_SENDER;

	if ((sends ? half->word : half->heard)->value != RX_OBEYED)
		return rx_check_untouched(half, 0);
	return sends ? rx_fault(half->fault, RX_FAULT_SKIP, 0, "%s", half->drive->play->obeyed)
		     : check_written_at(half, RX_MESSAGE / 2);
}

/* A SEND is received in front of the window. */
static int prepare_closing(struct rx_half *half)
{
	if (prepare(half))
		return -1;
	if (half->role == RX_SENDER)
		return 0;
	half->drive->expect.recvs[half->direction] = 1;
	return rx_conn_recv(half->drive->conn, half->direction, 0, half->port->rx, RX_MESSAGE,
			    half->port->mr, half->fault);
}

/* SEND with invalidate, and a WRITE through what it closed. */
static int post_closing(struct rx_half *half)
{
	const struct rx_slice local = {half->port->tx, RX_MESSAGE, half->port->mr};
	struct rx_chain send, write;

	if (half->role == RX_RECEIVER)
		return 0;
	rx_chain(&send, half->drive->conn, half->direction, 1, &local);
	send.wr[0].opcode = IBV_WR_SEND_WITH_INV;
	send.wr[0].invalidate_rkey = half->heard->key;
	send.wr[0].send_flags = 0;
	send.wr[0].next = a_write(half, &write, 0);
	return rx_conn_send(half->drive->conn, half->direction, send.wr, half->fault);
}

/* The SEND was received, or the status that came was its own. */
static int check_closing(struct rx_half *half)
{
	struct rx_expect rest = half->drive->expect;
	struct rx_fault fault[2] = {{0}};
	unsigned direction = half->direction;

	if (half->role == RX_SENDER)
		return 0;
	rest.sends[0] = rest.sends[1] = 0;
	if (rest.recvs[direction] &&
	    rx_conn_wait(half->drive->conn, &rest, rx_now() + RX_WAIT, fault))
		return rx_fault(half->fault,
				fault[direction].kind == RX_FAULT_CUT ? RX_FAULT_CUT
								      : RX_FAULT_REFUSED,
				0, "the SEND with invalidate did not arrive: %s",
				fault[direction].text);
	if (rx_meeting_check(half->drive->m, direction, 0, half->port->rx, RX_MESSAGE, false,
			     half->fault))
		return -1;
	return rx_check_untouched(half, RX_MESSAGE);
}

static void finish(struct rx_half *half)
{
	struct ibv_mw *window = ((struct windows *)half->drive->state)->of[half->direction];

	if (half->role == RX_RECEIVER && window)
		ibv_dealloc_mw(window);
}

#define WINDOWS(prepare_, post_, check_) \
	.prepare = prepare_, .post = post_, .check = check_, .finish = finish, \
	.state = sizeof(struct windows)
#define REFUSED .turns = true, .status = IBV_WC_REM_ACCESS_ERR

const struct rx_play rx_play_memory_window = {WINDOWS(prepare, post_within, check_written)};
/* check_rkey() of rxe_resp.c compares with the region, whatever the window covers (5.14 to 7.3) */
const struct rx_play rx_play_window_bounds = {WINDOWS(prepare, post_across, check_across), REFUSED,
					      .obeyed = "the RXE of this kernel holds a WRITE to "
							"the bounds of the region alone: it wrote "
							"beyond the memory window"};
const struct rx_play rx_play_window_invalidated = {
	WINDOWS(prepare_closing, post_closing, check_closing), REFUSED};
