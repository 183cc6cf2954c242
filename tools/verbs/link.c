/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "../output.h"
#include "wc-status.h"

#define RD_ATOMIC 4
#define SPINS 200u

static const char *name_of(const struct rx_port *port)
{
	return port->node->want->name;
}

static int refused(const struct rx_port *port, const char *what, int code, struct rx_fault *fault)
{
	const char *why = code == ENETUNREACH ? " (its netdev is down or has no route to the peer)" :
			  code == ETIMEDOUT ? " (the peer's address was not resolved: it does not answer ARP or ND)" : "";

	return rx_fault(fault, RX_FAULT_SETUP, code, "endpoint %s: %s on %s: %s%s", name_of(port), what,
			port->iface->want->rdma_dev, strerror(code), why);
}

static int to_init(struct rx_link *link, unsigned end, struct rx_fault *fault)
{
	struct rx_port *port = link->end[end];
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = RX_PORT_NUM,
		.qkey = 0x11111111,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
	};

	if (link->kind == RX_QP_UD)
		mask |= IBV_QP_QKEY;
	else
		mask |= IBV_QP_ACCESS_FLAGS;
	if (link->kind == RX_QP_RC || link->kind == RX_QP_SRQ)
		attr.qp_access_flags |= IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_MW_BIND;
	rc = ibv_modify_qp(link->qp[end], &attr, mask);
	if (rc && link->kind != RX_QP_UD && link->kind != RX_QP_UC) {
		attr.qp_access_flags &= ~IBV_ACCESS_MW_BIND;
		rc = ibv_modify_qp(link->qp[end], &attr, mask);
	}
	return rc ? refused(port, "readying the QP (INIT)", rc, fault) : 0;
}

static int to_rtr(struct rx_link *link, unsigned end, uint8_t rd_atomic, struct rx_fault *fault)
{
	struct rx_port *port = link->end[end], *peer = link->end[1 - end];
	bool reliable = link->kind == RX_QP_RC || link->kind == RX_QP_SRQ;
	int mask = IBV_QP_STATE, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = port->port.active_mtu < peer->port.active_mtu ? port->port.active_mtu
									  : peer->port.active_mtu,
		.dest_qp_num = link->qp[1 - end]->qp_num,
		.max_dest_rd_atomic = rd_atomic,
		.min_rnr_timer = RX_RNR_TIMER,
		.ah_attr = {
			.is_global = 1,
			.port_num = RX_PORT_NUM,
			.grh = {.dgid = peer->gid[link->family].gid, .hop_limit = 64,
				.sgid_index = (uint8_t)port->gid[link->family].index},
		},
	};

	if (link->kind != RX_QP_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
	if (reliable)
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	rc = ibv_modify_qp(link->qp[end], &attr, mask);
	return rc ? refused(port, "joining the QP to its peer (RTR)", rc, fault) : 0;
}

static int to_rts(struct rx_link *link, unsigned end, uint8_t rd_atomic, struct rx_fault *fault)
{
	struct rx_port *port = link->end[end];
	int mask = IBV_QP_STATE | IBV_QP_SQ_PSN, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = RX_ACK_TIMEOUT,
		.retry_cnt = RX_RETRY_COUNT,
		.rnr_retry = RX_RNR_RETRY,
		.max_rd_atomic = rd_atomic,
	};

	if (link->kind == RX_QP_RC || link->kind == RX_QP_SRQ)
		mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
	rc = ibv_modify_qp(link->qp[end], &attr, mask);
	return rc ? refused(port, "readying the QP to send (RTS)", rc, fault) : 0;
}

int rx_link_join(struct rx_link *link, uint8_t rd_atomic, struct rx_fault *fault)
{
	unsigned end;

	for (end = 0; end < 2; end++)
		if (to_init(link, end, fault))
			return -1;
	for (end = 0; end < 2; end++)
		if (to_rtr(link, end, rd_atomic, fault))
			return -1;
	for (end = 0; end < 2; end++)
		if (to_rts(link, end, rd_atomic, fault))
			return -1;
	return 0;
}

static bool keeps_route(const struct rx_link *link)
{
	return link->family == RX_IPV6 || link->routed;
}

int rx_link_up(struct rx_link *link, struct rx_fault *fault)
{
	unsigned end;

	if (link->up)
		return 0;
	for (end = 0; end < 2; end++) {
		if (link->end[end]->problem[0])
			return rx_fault(fault, RX_FAULT_SETUP, ENODEV, "%s", link->end[end]->problem);
		if (link->end[end]->gid[link->family].index < 0)
			return rx_fault(fault, RX_FAULT_SKIP, 0, "endpoint %s has no IPv6 GID",
					name_of(link->end[end]));
		if (keeps_route(link))
			rx_port_drop_qp(link->end[end], link->kind);
		if (rx_port_qp(link->end[end], link->kind, fault))
			return -1;
	}
	for (end = 0; end < 2; end++)
		link->qp[end] = link->end[end]->qp[link->kind];
	link->up = true;
	if (!rx_link_join(link, RD_ATOMIC, fault))
		return 0;
	rx_link_down(link, true);
	return -1;
}

static void discard(struct rx_port *port)
{
	struct ibv_wc wc[16];

	while (ibv_poll_cq(port->cq, 16, wc) > 0)
		;
}

void rx_link_down(struct rx_link *link, bool broken)
{
	struct ibv_qp_attr reset = {.qp_state = IBV_QPS_RESET};
	unsigned end;

	if (!link->up)
		return;
	for (end = 0; end < 2; end++) {
		struct rx_port *port = link->end[end];

		if (broken || keeps_route(link) || !port->qp[link->kind] || ibv_modify_qp(port->qp[link->kind], &reset, IBV_QP_STATE))
			rx_port_drop_qp(port, link->kind);
		if (broken || keeps_route(link))
			discard(port);
	}
	link->up = false;
}

uint64_t rx_wr_id(const struct rx_link *link, unsigned direction, bool receive, unsigned index)
{
	return (uint64_t)link->generation << 32 | direction << 17 | (unsigned)receive << 16 | index;
}

int rx_link_recv(struct rx_link *link, unsigned direction, unsigned index, void *buf, uint32_t size,
		 struct ibv_mr *mr, struct rx_fault *fault)
{
	struct rx_port *port = link->end[1 - direction];
	struct ibv_sge sge = {.addr = (uintptr_t)buf, .length = size, .lkey = mr->lkey};
	struct ibv_recv_wr *bad, wr = {
		.wr_id = rx_wr_id(link, direction, true, index),
		.sg_list = &sge,
		.num_sge = 1,
	};
	int rc = link->kind == RX_QP_SRQ ? ibv_post_srq_recv(port->srq, &wr, &bad)
					 : ibv_post_recv(link->qp[1 - direction], &wr, &bad);

	return rc ? refused(port, "posting a receive", rc, fault) : 0;
}

int rx_link_send(struct rx_link *link, unsigned direction, struct ibv_send_wr *chain, struct rx_fault *fault)
{
	struct rx_port *port = link->end[direction];
	struct ibv_send_wr *bad;
	int rc = ibv_post_send(link->qp[direction], chain, &bad);

	return rc ? refused(port, "posting a send", rc, fault) : 0;
}

static unsigned left(const struct rx_expect *expect, unsigned direction)
{
	return expect->sends[direction] + expect->recvs[direction];
}

/* Returns true if this completion ends the wait. */
static bool take(struct rx_link *link, struct rx_expect *expect, const struct ibv_wc *wc, double *deadline,
		 struct rx_fault fault[2])
{
	unsigned direction = (wc->wr_id >> 17) & 1, index = wc->wr_id & 0xffff;
	bool receive = wc->wr_id & (1 << 16);
	char text[400];

	if (wc->wr_id >> 32 != link->generation)
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

/* One look at both queues. Returns how many completions there were, or -1 when the wait is over. */
static int look(struct rx_link *link, struct rx_expect *expect, double *deadline, struct rx_fault fault[2])
{
	struct ibv_wc wc[16];
	int end, i, n, seen = 0;

	for (end = 0; end < 2; end++) {
		n = ibv_poll_cq(link->end[end]->cq, 16, wc);
		if (n < 0)
			return rx_fault(&fault[end], RX_FAULT_SETUP, EIO, "endpoint %s: its completion queue failed",
					name_of(link->end[end]));
		for (i = 0; i < n; i++)
			if (take(link, expect, &wc[i], deadline, fault))
				return -1;
		seen += n;
	}
	return seen;
}

/* Sleep until either queue says that something came. Armed first and looked at again, or an event could be missed. */
static int doze(struct rx_link *link, struct rx_expect *expect, double *deadline, struct rx_fault fault[2])
{
	struct pollfd fds[2] = {
		{.fd = link->end[0]->channel->fd, .events = POLLIN},
		{.fd = link->end[1]->channel->fd, .events = POLLIN},
	};
	double rest = *deadline - rx_now();
	int end, seen;

	for (end = 0; end < 2; end++)
		ibv_req_notify_cq(link->end[end]->cq, 0);
	seen = look(link, expect, deadline, fault);
	if (seen)
		return seen;
	poll(fds, 2, rest <= 0 ? 0 : rest < 0.1 ? (int)(rest * 1000) + 1 : 100);
	for (end = 0; end < 2; end++) {
		struct ibv_cq *cq;
		void *context;

		if ((fds[end].revents & POLLIN) && !ibv_get_cq_event(link->end[end]->channel, &cq, &context))
			ibv_ack_cq_events(cq, 1);
	}
	return 0;
}

static int give_up(struct rx_link *link, const struct rx_expect *expect, double started, struct rx_fault fault[2])
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++)
		if (left(expect, direction))
			rx_fault(&fault[direction], RX_FAULT_DEADLINE, ETIMEDOUT,
				 "nothing more came within %.1f s: %u completions missing at the sender %s, %u at the "
				 "receiver %s", rx_now() - started, expect->sends[direction],
				 name_of(link->end[direction]), expect->recvs[direction],
				 name_of(link->end[1 - direction]));
	return -1;
}

int rx_link_wait(struct rx_link *link, struct rx_expect *expect, double deadline, struct rx_fault fault[2])
{
	double started = rx_now();
	unsigned idle = 0, direction;
	int seen;

	while (left(expect, 0) || left(expect, 1)) {
		/* the answer is usually a few switches of the scheduler away; then sleep, not spin */
		seen = idle < SPINS ? look(link, expect, &deadline, fault) : doze(link, expect, &deadline, fault);
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
		if ((idle >= SPINS || !(idle % 32)) && (rx_now() > deadline || (link->stop && atomic_load(link->stop))))
			return give_up(link, expect, started, fault);
		if (idle < SPINS)
			sched_yield();
	}
	return 0;
}
