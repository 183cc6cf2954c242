/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UD: to one peer, and to a multicast group.
 *
 * What a multicast receiver needs besides attaching its QP: RXE asks its netdev for the MAC
 * 33:33:xx that an IPv6 group would have (rxe_mcast_add), whatever the group is, while senders to
 * an IPv4 group use 01:00:5e:xx (ib_resolve_eth_dmac), and the IPv4 layer below RXE's UDP socket
 * drops groups that its netdev has not joined. So the receiver joins as rdma_cm does
 * (cma_igmp_send), here by a socket; without it nothing arrives, on any link. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "tools/cli/output.h"
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define GRH 40u /* bytes before every datagram; RoCE v2 puts the IPv4 header into the last 20 */
#define GRH_IPV4_SOURCE 32u
#define QKEY 0x11111111u /* as tools/verbs/conn.c sets it */
#define MULTICAST_QPN 0xffffffu

struct run {
	struct rx_meeting *m;
	struct rx_conn *conn;
	struct rx_expect expect;
	struct ibv_ah *ah[2]; /* by direction */
	uint32_t size;
	bool multicast;
	union ibv_gid group[2]; /* by direction */
	int membership[2];      /* sockets; -1 */
	bool attached[2];
};

static uint8_t *slot(const struct run *run, unsigned direction, unsigned i)
{
	return run->m->end[1 - direction]->rx + (size_t)i * (GRH + run->size);
}

static int make_ah(void *context, unsigned direction)
{
	struct run *run = context;
	struct rx_port *from = run->m->end[direction], *to = run->m->end[1 - direction];
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = RX_PORT_NUM,
		.grh = {.dgid = run->multicast ? run->group[direction] : to->gid[RX_MAIN].gid,
			.hop_limit = 64,
			.sgid_index = (uint8_t)from->gid[RX_MAIN].index},
	};

	run->ah[direction] = ibv_create_ah(from->pd, &attr);
	if (run->ah[direction])
		return 0;
	return rx_fault(&run->m->fault[direction], RX_FAULT_SETUP, errno,
			"endpoint %s: address handle on %s: %s", from->node->want->name,
			from->iface->want->rdma_dev, strerror(errno));
}

static int post_receives(void *context, unsigned direction)
{
	struct run *run = context;
	struct rx_port *to = run->m->end[1 - direction];
	unsigned i;

	for (i = 0; i < RX_MESSAGES; i++)
		if (rx_conn_recv(run->conn, direction, i, slot(run, direction, i), GRH + run->size,
				 to->mr, &run->m->fault[direction]))
			return -1;
	run->expect.recvs[direction] = RX_MESSAGES;
	run->expect.sends[direction] = 1;
	return 0;
}

static int post_sends(void *context, unsigned direction)
{
	struct run *run = context;
	struct rx_port *from = run->m->end[direction], *to = run->m->end[1 - direction];
	const struct rx_slice local = {from->tx, run->size, from->mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr = rx_chain(&chain, run->conn, direction, RX_MESSAGES, &local);

	for (unsigned i = 0; i < RX_MESSAGES; i++) {
		rx_payload_fill(from->tx + (size_t)i * run->size, run->size,
				rx_meeting_seed(run->m, direction, i));
		wr[i].opcode = IBV_WR_SEND;
		wr[i].wr.ud.ah = run->ah[direction];
		wr[i].wr.ud.remote_qpn = run->multicast ? MULTICAST_QPN : to->qp[RX_QP_UD]->qp_num;
		wr[i].wr.ud.remote_qkey = QKEY;
	}
	return rx_conn_send(run->conn, direction, wr, &run->m->fault[direction]);
}

static int check(void *context, unsigned direction)
{
	struct run *run = context;
	const struct rx_port *from = run->m->end[direction];
	struct rx_fault *fault = &run->m->fault[direction];
	unsigned i;

	for (i = 0; i < RX_MESSAGES; i++) {
		const struct ibv_wc *wc = &run->expect.wc[direction][i];

		if (wc->byte_len != GRH + run->size || !(wc->wc_flags & IBV_WC_GRH))
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"datagram %u arrived with %u bytes instead of %u", i,
					wc->byte_len, GRH + run->size);
		if (wc->src_qp != from->qp[RX_QP_UD]->qp_num)
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"datagram %u came from QP %u, not from %u", i, wc->src_qp,
					from->qp[RX_QP_UD]->qp_num);
		if (from->iface->want->ipv4.family &&
		    memcmp(slot(run, direction, i) + GRH_IPV4_SOURCE, from->iface->want->ipv4.addr,
			   4))
			return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
					"datagram %u did not come from %s's address", i,
					from->node->want->name);
		if (rx_meeting_check(run->m, direction, i, slot(run, direction, i) + GRH,
				     run->size))
			return -1;
	}
	return 0;
}

/* The netdev by which what is sent to a group comes to RXE's socket. */
static const char *group_netdev(const struct rx_port *to)
{
	return to->iface->rxe_netdev[0] ? to->iface->rxe_netdev : to->iface->want->netdev;
}

/* Each receiver has a group of its own: 239.77.x.y, from the administratively scoped range (RFC
 * 2365). */
static int join(void *context, unsigned direction)
{
	struct run *run = context;
	struct rx_port *to = run->m->end[1 - direction];
	unsigned number = run->m->number[1 - direction];
	struct rx_fault *fault = &run->m->fault[direction];
	struct ip_mreqn request = {0};
	const char *name = to->node->want->name;
	struct rx_err err;
	int home = -1;

	request.imr_multiaddr.s_addr = htonl(239u << 24 | 77u << 16 | (number & 0xffff));
	memset(&run->group[direction], 0, 16);
	run->group[direction].raw[10] = run->group[direction].raw[11] = 0xff;
	memcpy(run->group[direction].raw + 12, &request.imr_multiaddr, 4);
	if (rx_ns_enter(to->node->roce_netns, &home, &err))
		return rx_fault(fault, RX_FAULT_SETUP, err.code, "endpoint %s: %.300s", name,
				err.text);
	request.imr_ifindex = (int)if_nametoindex(group_netdev(to));
	run->membership[direction] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rx_ns_leave(&home);
	if (run->membership[direction] < 0 ||
	    setsockopt(run->membership[direction], IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
		       sizeof(request)))
		return rx_fault(fault, RX_FAULT_SETUP, errno, "endpoint %s: joining %s on %s: %s",
				name, inet_ntoa(request.imr_multiaddr), group_netdev(to),
				strerror(errno));
	errno = ibv_attach_mcast(to->qp[RX_QP_UD], &run->group[direction], 0);
	if (errno)
		return rx_fault(fault, RX_FAULT_SETUP, errno,
				"endpoint %s: attaching a QP of %s to %s: %s", name,
				to->iface->want->rdma_dev, inet_ntoa(request.imr_multiaddr),
				strerror(errno));
	run->attached[direction] = true;
	return 0;
}

static void finish(struct run *run, bool broken)
{
	unsigned direction;

	for (direction = 0; direction < 2; direction++) {
		struct rx_port *to = run->m->end[1 - direction];

		if (run->attached[direction])
			ibv_detach_mcast(to->qp[RX_QP_UD], &run->group[direction], 0);
		rx_cleanup_fd(&run->membership[direction]);
		if (run->ah[direction])
			ibv_destroy_ah(run->ah[direction]);
	}
	if (broken)
		rx_meeting_fail(run->m, RX_QP_UD);
}

static void exchange(struct rx_meeting *m, bool multicast)
{
	struct run run = {.m = m,
			  .conn = rx_meeting_conn(m, RX_QP_UD, RX_MAIN),
			  .multicast = multicast,
			  .membership = {-1, -1}};
	bool broken;

	if (!run.conn)
		return;
	run.size = rx_mtu_bytes(
		rx_path_mtu(m->end[0]->port.active_mtu, m->end[1]->port.active_mtu));
	broken = (multicast && rx_meeting_each(m, join, &run)) ||
		 rx_meeting_each(m, make_ah, &run) || rx_meeting_each(m, post_receives, &run) ||
		 rx_meeting_each(m, post_sends, &run) ||
		 rx_conn_wait(run.conn, &run.expect, rx_now() + RX_WAIT_LOST, m->fault);
	if (!broken)
		rx_meeting_each(m, check, &run);
	finish(&run, broken);
}

void rx_test_ud_send(struct rx_meeting *m)
{
	exchange(m, false);
}

void rx_test_multicast(struct rx_meeting *m)
{
	if (m->routed)
		rx_meeting_skip(m, "routers of a lab do not forward multicast");
	else if (!m->end[0]->iface->want->ipv4.family)
		rx_meeting_skip(m, "their network has no IPv4 subnet");
	else
		exchange(m, true);
}
