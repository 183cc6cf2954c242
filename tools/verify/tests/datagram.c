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
#include <unistd.h>

#include "netns/kernel/ns.h"
#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define GRH 40u /* bytes before every datagram; RoCE v2 puts the IPv4 header into the last 20 */
#define GRH_IPV4_SOURCE 32u
#define MULTICAST_QPN 0xffffffu

struct run {
	uint32_t size;
	struct ibv_ah *ah[2];   /* by direction */
	union ibv_gid group[2]; /* by direction */
	int membership[2];      /* sockets; 0: none */
	bool attached[2];
};

/* What a play is about, beside datagrams to one peer. */
static const char to_a_group[] = "to a group", without_room[] = "without room";

static bool is_multicast(const struct rx_half *half)
{
	return half->drive->play->of == to_a_group;
}

static uint8_t *slot(const struct rx_half *half, unsigned i)
{
	const struct run *run = half->drive->state;

	return half->port->rx + (size_t)i * (GRH + run->size);
}

/* Each receiver has a group of its own: 239.77.x.y, from the administratively scoped range (RFC
 * 2365). */
static struct in_addr group_of(const struct rx_half *half)
{
	unsigned number = half->drive->m->number[1 - half->direction];

	return (struct in_addr){htonl(239u << 24 | 77u << 16 | ((number + 1) & 0xffff))};
}

static int make_ah(struct rx_half *half)
{
	struct run *run = half->drive->state;
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = RX_PORT_NUM,
		.grh = {.dgid = is_multicast(half) ? run->group[half->direction] : half->far->gid,
			.hop_limit = 64,
			.sgid_index = (uint8_t)half->port->gid[RX_MAIN].index},
	};

	run->ah[half->direction] = ibv_create_ah(half->port->pd, &attr);
	if (run->ah[half->direction])
		return 0;
	return rx_fault(half->fault, RX_FAULT_SETUP, errno, "endpoint %s: address handle on %s: %s",
			half->port->node->want->name, half->port->iface->want->rdma_dev,
			strerror(errno));
}

static int post_receives(struct rx_half *half)
{
	struct run *run = half->drive->state;

	for (unsigned i = 0; i < RX_MESSAGES; i++)
		if (rx_conn_recv(half->drive->conn, half->direction, i, slot(half, i),
				 GRH + run->size, half->port->mr, half->fault))
			return -1;
	half->drive->expect.recvs[half->direction] = RX_MESSAGES;
	return 0;
}

/* The netdev by which what is sent to a group comes to RXE's socket. */
static const char *group_netdev(const struct rx_port *to)
{
	return to->iface->rxe_netdev[0] ? to->iface->rxe_netdev : to->iface->want->netdev;
}

static int join(struct rx_half *half)
{
	struct run *run = half->drive->state;
	struct rx_port *to = half->port;
	struct ip_mreqn request = {.imr_multiaddr = group_of(half)};
	int *membership = &run->membership[half->direction];
	const char *name = to->node->want->name;
	struct rx_err err;
	int home = -1;

	if (rx_ns_enter(to->node->rdma_netns, &home, &err))
		return rx_fault(half->fault, RX_FAULT_SETUP, err.code, "endpoint %s: %.300s", name,
				err.text);
	request.imr_ifindex = (int)if_nametoindex(group_netdev(to));
	*membership = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rx_ns_leave(&home);
	if (*membership < 0 ||
	    setsockopt(*membership, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)))
		return rx_fault(half->fault, RX_FAULT_REFUSED, errno,
				"endpoint %s: joining %s on %s: %s", name,
				inet_ntoa(request.imr_multiaddr), group_netdev(to),
				strerror(errno));
	errno = ibv_attach_mcast(to->qp[RX_QP_UD], &run->group[half->direction], 0);
	if (errno)
		return rx_fault(half->fault, RX_FAULT_REFUSED, errno,
				"endpoint %s: attaching a QP of %s to %s: %s", name,
				to->iface->want->rdma_dev, inet_ntoa(request.imr_multiaddr),
				strerror(errno));
	run->attached[half->direction] = true;
	return 0;
}

static void set_up(struct rx_half *half)
{
	struct run *run = half->drive->state;
	const struct rx_far *ends = half->drive->conn->far;
	union ibv_gid *group = &run->group[half->direction];
	const struct in_addr address = group_of(half);

	run->size = rx_mtu_bytes(rx_path_mtu(ends[0].mtu, ends[1].mtu));
	group->raw[10] = group->raw[11] = 0xff;
	memcpy(group->raw + 12, &address, 4);
}

static int prepare(struct rx_half *half)
{
	set_up(half);
	if (half->role == RX_RECEIVER)
		return (is_multicast(half) && join(half)) || post_receives(half) ? -1 : 0;
	half->drive->expect.sends[half->direction] = 1;
	return make_ah(half);
}

static int post(struct rx_half *half)
{
	const struct run *run = half->drive->state;
	const struct rx_slice local = {half->port->tx, run->size, half->port->mr};
	bool too_long = half->drive->play->of == without_room;
	unsigned n = too_long ? 2 : RX_MESSAGES;
	struct rx_chain chain;
	struct ibv_send_wr *wr;

	if (half->role == RX_RECEIVER)
		return 0;
	wr = rx_chain(&chain, half->drive->conn, half->direction, n, &local);
	for (unsigned i = 0; i < n; i++) {
		rx_payload_fill(half->port->tx + (size_t)i * run->size, run->size,
				rx_meeting_seed(half->drive->m, half->direction, i));
		wr[i].opcode = IBV_WR_SEND;
		wr[i].wr.ud.ah = run->ah[half->direction];
		wr[i].wr.ud.remote_qpn = is_multicast(half) ? MULTICAST_QPN : half->far->qp_num;
		wr[i].wr.ud.remote_qkey = RX_QKEY;
	}
	if (too_long)
		wr[1].sg_list->length -= GRH;
	return rx_conn_send(half->drive->conn, half->direction, wr, half->fault);
}

/* Datagram i, of so many bytes, as it lies in the receive that it took. */
static int check_one(struct rx_half *half, unsigned i, unsigned receive, uint32_t size)
{
	const struct ibv_wc *wc = &half->drive->expect.wc[half->direction][receive];
	const struct rx_iface *from = half->drive->m->want[half->direction];

	if (wc->byte_len != GRH + size || !(wc->wc_flags & IBV_WC_GRH))
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"datagram %u arrived with %u bytes instead of %u", i, wc->byte_len,
				GRH + size);
	if (wc->src_qp != half->far->qp_num)
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"datagram %u came from QP %u, not from %u", i, wc->src_qp,
				half->far->qp_num);
	if (from->ipv4.family && memcmp(slot(half, receive) + GRH_IPV4_SOURCE, from->ipv4.addr, 4))
		return rx_fault(half->fault, RX_FAULT_PAYLOAD, 0,
				"datagram %u did not come from %s's address", i,
				half->drive->m->name[half->direction]);
	return rx_meeting_check(half->drive->m, half->direction, i, slot(half, receive) + GRH, size,
				true, half->fault);
}

static int check(struct rx_half *half)
{
	const struct run *run = half->drive->state;

	for (unsigned i = 0; half->role == RX_RECEIVER && i < RX_MESSAGES; i++)
		if (check_one(half, i, i, run->size))
			return -1;
	return 0;
}

/* One receive as long as the path MTU: a datagram of that size has no room there beside its GRH and
 * is dropped (IBA C9-92, class D); the next one, that much shorter, fits to the last byte. */
#define NO_LOOK \
	"the RXE of this kernel, which offers no atomic write either, does not look whether a " \
	"datagram fits before it writes the GRH: one that does not breaks the receive"

const char *rx_cannot_room(const struct rx_fabric *fabric)
{
	for (size_t i = 0; i < fabric->n_ports; i++)
		if (fabric->ports[i].context && !(fabric->ports[i].offers & RX_OFFERS_ATOMIC_WRITE))
			return NO_LOOK;
	return NULL;
}

static int prepare_room(struct rx_half *half)
{
	struct run *run = half->drive->state;

	if (!(half->port->offers & RX_OFFERS_ATOMIC_WRITE))
		return rx_fault(half->fault, RX_FAULT_SKIP, 0, NO_LOOK);
	if (half->role == RX_SENDER)
		return prepare(half);
	set_up(half);
	half->drive->expect.recvs[half->direction] = 1;
	return rx_conn_recv(half->drive->conn, half->direction, 0, slot(half, 0), run->size,
			    half->port->mr, half->fault);
}

static int check_room(struct rx_half *half)
{
	const struct run *run = half->drive->state;

	if (half->role == RX_SENDER)
		return 0;
	if (check_one(half, 1, 0, run->size - GRH))
		return -1;
	return rx_check_untouched(half, run->size);
}

static void finish(struct rx_half *half)
{
	struct run *run = half->drive->state;
	unsigned direction = half->direction;

	if (half->role == RX_SENDER) {
		if (run->ah[direction])
			ibv_destroy_ah(run->ah[direction]);
		return;
	}
	if (run->attached[direction])
		ibv_detach_mcast(half->port->qp[RX_QP_UD], &run->group[direction], 0);
	if (run->membership[direction] > 0)
		close(run->membership[direction]);
}

const char *rx_no_multicast(const struct rx_meeting *m)
{
	return m->routed                  ? "routers of a lab do not forward multicast"
	       : !m->want[0]->ipv4.family ? "their network has no IPv4 subnet"
					  : NULL;
}

#define DATAGRAMS(prepare_, check_, of_) \
	{ \
		.prepare = prepare_, .post = post, .check = check_, .finish = finish, \
		.kind = RX_QP_UD, .wait = RX_WAIT_LOST, .state = sizeof(struct run), .of = of_ \
	}

const struct rx_play rx_play_ud_send = DATAGRAMS(prepare, check, NULL);
const struct rx_play rx_play_ud_room = DATAGRAMS(prepare_room, check_room, without_room);
const struct rx_play rx_play_multicast = DATAGRAMS(prepare, check, to_a_group);
