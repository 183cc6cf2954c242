/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/conn.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/wc-status.h"

#define RD_ATOMIC 4
#define SPINS 200u

static const char *name_of(const struct rx_port *port)
{
	return port ? port->node->want->name : "on the other host";
}

/* Where a QP that is used again begins to count: a packet of an earlier connection that comes late
 * (its netdev was down, its address in question) must not fit into this one. 23 of 24 bits, so that
 * no test wraps. */
static uint32_t first_psn(const struct rx_conn *conn, unsigned end)
{
	return (uint32_t)((2ull * conn->generation + end + 1) * 0x9e3779b97f4a7c15ull >> 41);
}

static int to_init(struct rx_conn *conn, struct rx_fault *fault)
{
	for (unsigned end = 0; end < 2; end++) {
		struct rx_port *port = conn->end[end];

		if (!port)
			continue;
		if (rx_qp_init(port, conn->qp[end], conn->kind, fault))
			return -1;
		rx_qp_tell(port, conn->qp[end], conn->family, &conn->far[end]);
		conn->far[end].psn = conn->psn ? conn->psn : first_psn(conn, end);
	}
	return 0;
}

static int to_rts(struct rx_conn *conn, uint8_t rd_atomic, struct rx_fault *fault)
{
	unsigned end;

	for (end = 0; end < 2; end++)
		if (conn->end[end] && rx_qp_rtr(conn->end[end], conn->qp[end], conn->kind,
						conn->family, &conn->far[1 - end], rd_atomic,
						conn->late ? RX_RNR_LONG : RX_RNR_TIMER, fault))
			return -1;
	for (end = 0; end < 2; end++)
		if (conn->end[end] && rx_qp_rts(conn->end[end], conn->qp[end], conn->kind,
						rd_atomic, conn->far[end].psn, fault))
			return -1;
	return 0;
}

int rx_conn_join(struct rx_conn *conn, uint8_t rd_atomic, struct rx_fault *fault)
{
	return to_init(conn, fault) || to_rts(conn, rd_atomic, fault) ? -1 : 0;
}

static bool keeps_route(const struct rx_conn *conn)
{
	return conn->family != RX_MAIN || conn->routed;
}

/* An address that was asked for and is not there is a failure; that there are no link-local ones
 * is not. */
static int no_gid(const struct rx_port *port, enum rx_family family, struct rx_fault *fault)
{
	char text[RX_PORT_PROBLEM];

	if (family == RX_LINK_LOCAL || (family == RX_IPV6 && !port->iface->want->ipv6.family))
		return rx_fault(fault, RX_FAULT_SKIP, 0, "endpoint %s has no link-local GID%s",
				port->node->want->name,
				family == RX_IPV6 ? ", and the lab no IPv6 subnet" : "");
	return rx_fault(fault, RX_FAULT_REFUSED, 0, "%s", rx_port_no_gid(port, family, text));
}

int rx_conn_offer(struct rx_conn *conn, struct rx_fault *fault)
{
	for (unsigned end = 0; end < 2; end++) {
		struct rx_port *port = conn->end[end];

		if (!port)
			continue;
		if (port->problem[0])
			return rx_fault(fault, RX_FAULT_SETUP, ENODEV, "%s", port->problem);
		if (port->gid[conn->family].index < 0)
			return no_gid(port, conn->family, fault);
		/* what an earlier session with another host left in the middle */
		if (keeps_route(conn) || !conn->end[1 - end])
			rx_port_drop_qp(port, conn->kind);
		if (rx_port_qp(port, conn->kind, fault))
			return -1;
		conn->qp[end] = port->qp[conn->kind];
	}
	conn->up = true;
	if (!to_init(conn, fault))
		return 0;
	rx_conn_down(conn, true);
	return -1;
}

int rx_conn_accept(struct rx_conn *conn, struct rx_fault *fault)
{
	if (!to_rts(conn, RD_ATOMIC, fault)) {
		conn->joined = true;
		return 0;
	}
	rx_conn_down(conn, true);
	return -1;
}

static void discard(struct rx_port *port)
{
	struct ibv_wc wc[16];

	while (ibv_poll_cq(port->cq, 16, wc) > 0)
		;
}

void rx_conn_down(struct rx_conn *conn, bool broken)
{
	struct ibv_qp_attr reset = {.qp_state = IBV_QPS_RESET};
	unsigned end;

	if (!conn->up)
		return;
	for (end = 0; end < 2; end++) {
		struct rx_port *port = conn->end[end];

		if (!port)
			continue;
		if (broken || keeps_route(conn) || !port->qp[conn->kind] ||
		    ibv_modify_qp(port->qp[conn->kind], &reset, IBV_QP_STATE))
			rx_port_drop_qp(port, conn->kind);
		if (broken || keeps_route(conn))
			discard(port);
	}
	conn->up = conn->joined = false;
}

uint64_t rx_wr_id(const struct rx_conn *conn, unsigned direction, bool receive, unsigned index)
{
	return (uint64_t)conn->generation << 32 | direction << 17 | (unsigned)receive << 16 | index;
}

int rx_conn_recv(struct rx_conn *conn, unsigned direction, unsigned index, void *buf, uint32_t size,
		 struct ibv_mr *mr, struct rx_fault *fault)
{
	struct rx_port *port = conn->end[1 - direction];
	struct ibv_sge sge = {.addr = (uintptr_t)buf, .length = size, .lkey = mr->lkey};
	struct ibv_recv_wr *bad, wr = {
					 .wr_id = rx_wr_id(conn, direction, true, index),
					 .sg_list = &sge,
					 .num_sge = 1,
				 };
	int rc = conn->kind == RX_QP_SRQ ? ibv_post_srq_recv(port->srq, &wr, &bad)
					 : ibv_post_recv(conn->qp[1 - direction], &wr, &bad);

	return rc ? rx_qp_refused(port, "posting a receive", rc, fault) : 0;
}

struct ibv_send_wr *rx_chain(struct rx_chain *chain, const struct rx_conn *conn, unsigned direction,
			     unsigned n, const struct rx_slice *local)
{
	for (unsigned i = 0; i < n; i++) {
		chain->sge[i] = (struct ibv_sge){(uintptr_t)local->at + (size_t)i * local->size,
						 local->size, local->mr->lkey};
		chain->wr[i] = (struct ibv_send_wr){
			.wr_id = rx_wr_id(conn, direction, false, i),
			.next = i + 1 < n ? &chain->wr[i + 1] : NULL,
			.sg_list = &chain->sge[i],
			.num_sge = 1,
			.send_flags = i + 1 < n ? 0 : IBV_SEND_SIGNALED,
		};
	}
	return chain->wr;
}

void rx_chain_rdma(struct rx_chain *chain, unsigned n, enum ibv_wr_opcode opcode, uint64_t address,
		   uint32_t rkey)
{
	for (unsigned i = 0; i < n; i++) {
		chain->wr[i].opcode = opcode;
		chain->wr[i].wr.rdma.remote_addr = address + (uint64_t)i * chain->sge[i].length;
		chain->wr[i].wr.rdma.rkey = rkey;
	}
}

int rx_conn_send(struct rx_conn *conn, unsigned direction, struct ibv_send_wr *chain,
		 struct rx_fault *fault)
{
	struct rx_port *port = conn->end[direction];
	struct ibv_send_wr *bad;
	int rc = ibv_post_send(conn->qp[direction], chain, &bad);

	return rc ? rx_qp_refused(port, "posting a send", rc, fault) : 0;
}

static unsigned left(const struct rx_expect *expect, unsigned direction)
{
	return expect->sends[direction] + expect->recvs[direction];
}

/* Returns true if this completion ends the wait. */
static bool take(struct rx_conn *conn, struct rx_expect *expect, const struct ibv_wc *wc,
		 double *deadline, struct rx_fault fault[2])
{
	unsigned direction = (wc->wr_id >> 17) & 1, index = wc->wr_id & 0xffff;
	bool receive = wc->wr_id & (1 << 16);
	char text[400];

	if (wc->wr_id >> 32 != conn->generation)
		return false;
	if (wc->status != IBV_WC_SUCCESS) {
		rx_wc_text(wc->status, text, sizeof(text));
		if (!receive) {
			rx_fault(&fault[direction], RX_FAULT_STATUS, wc->status, "%s", text);
			return true;
		}
		/* the sender's own completion says more; it follows within its retries */
		if (wc->status != IBV_WC_WR_FLUSH_ERR && *deadline > rx_now() + 1)
			*deadline = rx_now() + 1;
		return false;
	}
	if (receive && expect->recvs[direction] && index < RX_MAX_WR) {
		expect->wc[direction][index] = *wc;
		expect->recvs[direction]--;
	} else if (!receive && expect->sends[direction]) {
		expect->sends[direction]--;
	}
	return false;
}

/* One look at the queues here. Returns how many completions there were, or -1 when the wait is
 * over. */
static int look(struct rx_conn *conn, struct rx_expect *expect, double *deadline,
		struct rx_fault fault[2])
{
	struct ibv_wc wc[16];
	int end, i, n, seen = 0;

	for (end = 0; end < 2; end++) {
		n = conn->end[end] ? ibv_poll_cq(conn->end[end]->cq, 16, wc) : 0;
		if (n < 0)
			return rx_fault(&fault[end], RX_FAULT_SETUP, EIO,
					"endpoint %s: its completion queue failed",
					name_of(conn->end[end]));
		for (i = 0; i < n; i++)
			if (take(conn, expect, &wc[i], deadline, fault))
				return -1;
		seen += n;
	}
	return seen;
}

/* Sleep until a queue says that something came. Armed first and looked at again, or an event could
 * be missed. */
static int doze(struct rx_conn *conn, struct rx_expect *expect, double *deadline,
		struct rx_fault fault[2])
{
	struct pollfd fds[2] = {{.fd = -1}, {.fd = -1}};
	double rest = *deadline - rx_now();
	int end, seen;

	for (end = 0; end < 2; end++)
		if (conn->end[end]) {
			fds[end].fd = conn->end[end]->channel->fd;
			fds[end].events = POLLIN;
			ibv_req_notify_cq(conn->end[end]->cq, 0);
		}
	seen = look(conn, expect, deadline, fault);
	if (seen)
		return seen;
	poll(fds, 2, rest <= 0 ? 0 : rest < 0.1 ? (int)(rest * 1000) + 1 : 100);
	for (end = 0; end < 2; end++) {
		struct ibv_cq *cq;
		void *context;

		if ((fds[end].revents & POLLIN) &&
		    !ibv_get_cq_event(conn->end[end]->channel, &cq, &context))
			ibv_ack_cq_events(cq, 1);
	}
	return 0;
}

bool rx_is_over(const struct rx_until *until)
{
	return until && ((until->signal && *until->signal) ||
			 (until->stop && atomic_load(until->stop)) || rx_passed(until->deadline));
}

static int give_up(struct rx_conn *conn, const struct rx_expect *expect, double started,
		   struct rx_fault fault[2])
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (left(expect, direction) && rx_is_over(conn->until))
			rx_fault(&fault[direction], RX_FAULT_CUT, 0, "it was cut short");
		else if (left(expect, direction))
			rx_fault(&fault[direction], RX_FAULT_DEADLINE, ETIMEDOUT,
				 "nothing more came within %.1f s: %u completions missing at the "
				 "sender %s, %u at the receiver %s",
				 rx_now() - started, expect->sends[direction],
				 name_of(conn->end[direction]), expect->recvs[direction],
				 name_of(conn->end[1 - direction]));
	return -1;
}

int rx_conn_wait(struct rx_conn *conn, struct rx_expect *expect, double deadline,
		 struct rx_fault fault[2])
{
	double started = rx_now();
	unsigned idle = 0, direction;
	int seen;

	while (left(expect, 0) || left(expect, 1)) {
		/* the answer is usually a few switches of the scheduler away; then sleep, not
		 * spin */
		seen = idle < SPINS ? look(conn, expect, &deadline, fault)
				    : doze(conn, expect, &deadline, fault);
		if (seen < 0) {
			for (direction = 0; direction < 2; direction++)
				if (left(expect, direction))
					rx_fault_collateral(&fault[direction]);
			return -1;
		}
		idle = seen ? 0 : idle + 1;
		if (!idle)
			continue;
		/* without a usable TSC, as under emulation, asking the clock is a system call */
		if ((idle >= SPINS || !(idle % 32)) &&
		    (rx_now() > deadline || rx_is_over(conn->until)))
			return give_up(conn, expect, started, fault);
		if (idle < SPINS)
			sched_yield();
	}
	return 0;
}
