/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tests that are transfers. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "netns/kernel/rtnl.h"
#include "tools/verify/verify.h"

#define LARGE (8u << 20) /* bytes: 8,192 packets at an RDMA MTU of 1,024 */
#define LARGE_WAIT 60.0  /* seconds */

/* `up` primes the lab's own addresses; link-local ones it does not know, and a cold neighbour costs
 * a second. */
static void prime_ipv6(struct rx_meeting *m)
{
	unsigned end;

	for (end = 0; end < 2; end++) {
		struct rx_port *port = m->end[end], *peer = m->end[1 - end];
		struct rx_neigh_spec neighbour = {port->iface->ifindex,
						  {.family = AF_INET6, .prefix = 128},
						  peer->iface->want->mac};
		struct rx_err err;

		memcpy(neighbour.addr.addr, peer->gid[RX_IPV6].gid.raw, 16);
		if (peer->gid[RX_IPV6].index >= 0 && rx_port_meter(port))
			rx_neigh_replace(&port->meter.route, &neighbour, 1, &err);
	}
}

/* Why these two cannot talk over IPv6; NULL: they can. */
static const char *no_ipv6(const struct rx_meeting *m)
{
	bool subnet = m->end[0]->iface->want->ipv6.family;

	if (access("/proc/sys/net/ipv6", F_OK))
		return "this kernel has no IPv6";
	if (m->routed && !subnet)
		return "routers do not forward link-local addresses, and the lab has no IPv6 "
		       "subnet";
	/* control: none; seen on 6.1.0-50 and 6.12.107; IPv4 has accept_local and routes by the
	 * outgoing interface, IPv6 has neither */
	if (subnet && !strcmp(m->end[0]->node->data_netns, m->end[1]->node->data_netns))
		return "hosted endpoints share a namespace, and what RXE sends to an IPv6 address "
		       "of its own namespace does not leave by the netdev; link-local GIDs work, "
		       "as a lab without an IPv6 subnet shows";
	return NULL;
}

void rx_test_ipv6(struct rx_meeting *m)
{
	struct rx_transfer t = {
		.kind = RX_QP_RC, .family = RX_IPV6, .messages = RX_MESSAGES, .size = RX_MESSAGE};
	static const enum ibv_wr_opcode opcodes[] = {IBV_WR_SEND, IBV_WR_RDMA_WRITE,
						     IBV_WR_RDMA_READ};
	const char *why_not = no_ipv6(m);
	unsigned i;

	if (why_not) {
		rx_meeting_skip(m, why_not);
		return;
	}
	if (!m->routed)
		prime_ipv6(m);
	for (i = 0; i < 3; i++) {
		t.opcode = opcodes[i];
		if (rx_transfer(m, &t))
			return;
	}
}

/* A region of its own at each end, gone afterwards: 16 MiB for each endpoint would be too much to
 * keep. */
static int map_large(struct rx_meeting *m, unsigned end, struct rx_area *area)
{
	struct rx_port *port = m->end[end];

	area->tx = mmap(NULL, 2 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (area->tx == MAP_FAILED) {
		area->tx = NULL;
		return -errno;
	}
	area->rx = area->tx + LARGE;
	area->mr = port->pd ? ibv_reg_mr(port->pd, area->tx, 2 * LARGE,
					 IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
						 IBV_ACCESS_REMOTE_READ)
			    : NULL;
	if (!area->mr)
		return -errno;
	area->rkey = area->mr->rkey;
	return 0;
}

void rx_test_rc_large(struct rx_meeting *m)
{
	struct rx_area area[2] = {{0}};
	struct rx_transfer t = {.kind = RX_QP_RC,
				.opcode = IBV_WR_SEND,
				.messages = 1,
				.size = LARGE,
				.wait = LARGE_WAIT,
				.area = area};
	struct rx_fault fault = {0};
	unsigned end;
	int rc = 0;

	for (end = 0; end < 2 && !rc && !m->end[end]->problem[0]; end++)
		rc = map_large(m, end, &area[end]);
	if (rc) {
		rx_fault(&fault, RX_FAULT_SETUP, -rc, "registering %u bytes: %s", 2 * LARGE,
			 strerror(-rc));
		rx_meeting_fault(m, &fault);
	} else {
		rx_transfer(m, &t);
	}
	for (end = 0; end < 2; end++) {
		if (area[end].mr)
			ibv_dereg_mr(area[end].mr);
		if (area[end].tx)
			munmap(area[end].tx, 2 * LARGE);
	}
}
