/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests that look at the lab and send nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/sockdiag.h"
#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

static void judge(struct rx_verify *v, unsigned test, size_t endpoint, const char *network,
		  const char *trouble)
{
	rx_results_add(&v->results, &(struct rx_subject){test, (int)endpoint, RX_NOBODY, network},
		       trouble[0] ? RX_FAIL : RX_PASS, 0, trouble[0] ? "%s" : NULL, trouble);
}

static void judge_port(struct rx_verify *v, unsigned test, const struct rx_port *port,
		       const char *trouble)
{
	judge(v, test, port->endpoint, port->iface->network, trouble);
}

void rx_test_ledger(struct rx_verify *v, unsigned test)
{
	const struct rx_subject lab = {test, RX_NOBODY, RX_NOBODY, NULL};
	const struct rx_view *view = v->view;
	char trouble[600];
	size_t i;

	if (view->drift[0])
		rx_results_add(&v->results, &lab, RX_FAIL, 0, "lab %s: %s", view->lab.name,
			       view->drift);
	for (i = 0; i < view->n_nodes; i++) {
		const struct rx_node_view *node = &view->nodes[i];

		rx_endpoint_trouble(node, trouble, sizeof(trouble));
		if (i < view->n_endpoints)
			judge(v, test, i, NULL, trouble);
		else
			rx_results_add(&v->results, &lab, trouble[0] ? RX_FAIL : RX_PASS, 0,
				       trouble[0] ? "router %s: %s" : NULL, node->want->name,
				       trouble);
	}
}

/* The addresses that the lab gives a port, and so the GIDs that it must have: that of its traffic,
 * and an IPv6 one beside an IPv4 one. */
static unsigned families(const struct rx_port *port)
{
	return port->iface->want->ipv4.family && port->iface->want->ipv6.family ? RX_LAB_FAMILIES
										: 1;
}

static const char *no_gid(const struct rx_port *port, enum rx_family family, char text[RX_TROUBLE])
{
	return port->problem[0] ? port->problem : rx_port_no_gid(port, family, text);
}

/* Every GID that the lab's own addresses give, with its port; sorted, so that equal ones lie
 * together. */
struct held {
	union ibv_gid gid;
	const struct rx_port *port;
};

static int compare_gids(const void *left, const void *right)
{
	return memcmp(((const struct held *)left)->gid.raw, ((const struct held *)right)->gid.raw,
		      16);
}

void rx_test_gid_distinct(struct rx_verify *v, unsigned test)
{
	rx_autofree struct held *held = rx_alloc(RX_LAB_FAMILIES * v->fabric.n_ports,
						 sizeof(*held));
	char text[RX_TROUBLE];
	size_t i, n = 0;

	for (i = 0; i < v->fabric.n_ports; i++) {
		const struct rx_port *port = &v->fabric.ports[i];

		for (unsigned family = 0; family < families(port); family++)
			if (port->gid[family].index < 0)
				judge_port(v, test, port, no_gid(port, family, text));
			else
				held[n++] = (struct held){port->gid[family].gid, port};
	}
	qsort(held, n, sizeof(*held), compare_gids);
	for (i = 0; i < n; i++) {
		const struct rx_port *port = held[i].port;
		size_t at = i && !compare_gids(&held[i - 1], &held[i]) ? i - 1 : i + 1;
		const struct rx_port *twin = NULL;
		bool second = port->gid[RX_MAIN].index < 0 ||
			      memcmp(held[i].gid.raw, port->gid[RX_MAIN].gid.raw, 16);

		if (at < n && !compare_gids(&held[at], &held[i]))
			twin = held[at].port;
		if (twin)
			rx_results_add(&v->results,
				       &(struct rx_subject){test, (int)port->endpoint,
							    (int)twin->endpoint,
							    port->iface->network},
				       RX_FAIL, 0,
				       "GID %s of endpoint %s is that of endpoint %s too",
				       rx_gid_text(&held[i].gid, text), port->node->want->name,
				       twin->node->want->name);
		else if (!second) /* one pass for each port */
			judge_port(v, test, port, "");
	}
}

void rx_test_each_port(struct rx_verify *v, unsigned test, rx_port_test *look)
{
	for (size_t i = 0; i < v->fabric.n_ports; i++) {
		const struct rx_port *port = &v->fabric.ports[i];
		char trouble[RX_TROUBLE] = "";

		look(&v->fabric, port, trouble);
		judge_port(v, test, port, trouble);
	}
}

void rx_test_gid_owner(const struct rx_fabric *fabric, const struct rx_port *port,
		       char trouble[RX_TROUBLE])
{
	const struct rx_iface_view *iface = port->iface;
	const struct rx_port *other;
	char text[40];

	for (unsigned family = 0; family < families(port) && !trouble[0]; family++) {
		rx_gid_text(&port->gid[family].gid, text);
		if (port->gid[family].index < 0)
			snprintf(trouble, RX_TROUBLE, "%s",
				 no_gid(port, family, (char[RX_TROUBLE]){0}));
		else if (port->gid[family].ifindex != iface->ifindex)
			snprintf(trouble, RX_TROUBLE,
				 "GID %s belongs to the netdev with ifindex %u, not to %s (%u)",
				 text, port->gid[family].ifindex, iface->want->netdev,
				 iface->ifindex);
		else if (family == RX_MAIN && port->gid[family].index != iface->gid_index)
			snprintf(trouble, RX_TROUBLE, "GID %s has index %d, where inspect says %d",
				 text, port->gid[family].index, iface->gid_index);
		else if ((other = rx_gid_thief(fabric, port, family)))
			snprintf(trouble, RX_TROUBLE,
				 "GID %s is held by netdev %s of endpoint %s too: the address is "
				 "on both",
				 text, other->iface->want->netdev, other->node->want->name);
	}
}

void rx_test_port_active(const struct rx_fabric *fabric, const struct rx_port *port,
			 char trouble[RX_TROUBLE])
{
	(void)fabric;
	if (!port->context)
		snprintf(trouble, RX_TROUBLE, "%s", port->problem);
	else if (port->port.state != IBV_PORT_ACTIVE)
		snprintf(trouble, RX_TROUBLE, "the port of %s is %s; netdev %s is %s",
			 port->iface->want->rdma_dev, ibv_port_state_str(port->port.state),
			 port->iface->want->netdev,
			 port->iface->up ? "up but without carrier" : "down");
}

/* eth_mtu_int_to_enum() and rxe_set_mtu() of the kernel's rxe_param.h and rxe.c: 80 bytes of
 * headers off, then the next lower power of two from 256 to 4096. */
static unsigned expected_mtu(unsigned netdev_mtu)
{
	unsigned room = netdev_mtu > 80 ? netdev_mtu - 80 : 0, mtu = 256;

	while (mtu < 4096 && 2 * mtu <= room)
		mtu *= 2;
	return mtu;
}

static const struct rx_port *other_mtu(const struct rx_fabric *fabric, const struct rx_port *port)
{
	size_t i, same = 0, members = 0;
	const struct rx_port *other = NULL;

	for (i = 0; i < fabric->n_ports; i++) {
		const struct rx_port *peer = &fabric->ports[i];

		if (peer->iface->want->network != port->iface->want->network || !peer->iface->mtu)
			continue;
		members++;
		if (peer->iface->mtu == port->iface->mtu)
			same++;
		else
			other = peer;
	}
	/* the odd one out is to blame; of two that differ, both */
	return 2 * same <= members ? other : NULL;
}

void rx_test_rdma_mtu(const struct rx_fabric *fabric, const struct rx_port *port,
		      char trouble[RX_TROUBLE])
{
	unsigned mtu = rx_mtu_bytes(port->port.active_mtu), netdev_mtu = port->iface->mtu;
	const struct rx_port *other;

	if (!port->context)
		snprintf(trouble, RX_TROUBLE, "%s", port->problem);
	else if (mtu != expected_mtu(netdev_mtu))
		snprintf(trouble, RX_TROUBLE,
			 "the RDMA MTU of %s is %u where netdev %s with MTU %u gives %u",
			 port->iface->want->rdma_dev, mtu, port->iface->want->netdev, netdev_mtu,
			 expected_mtu(netdev_mtu));
	else if ((other = other_mtu(fabric, port)))
		snprintf(trouble, RX_TROUBLE,
			 "netdev %s has MTU %u, but %s of endpoint %s on the same network has %u",
			 port->iface->want->netdev, netdev_mtu, other->iface->want->netdev,
			 other->node->want->name, other->iface->mtu);
}

/* Which families a node's data needs. Hosted endpoints share init_net, so one answer serves all. */
static void look_for_socket(struct rx_verify *v, unsigned test, size_t endpoint)
{
	const struct rx_node_view *node = &v->view->nodes[endpoint];
	const struct rx_port *port = &v->fabric.ports[v->fabric.first[endpoint]];
	const struct rx_subject of = {test, (int)endpoint, RX_NOBODY, NULL};
	struct rx_err err;
	int open = rx_udp_socket_open(node->rdma_netns, AF_INET, RX_ROCE_PORT, &err);

	if (open == 0)
		open = rx_udp_socket_open(node->rdma_netns, AF_INET6, RX_ROCE_PORT, &err);
	if (open > 0)
		judge(v, test, endpoint, NULL, "");
	else if (open == -ENOENT)
		rx_results_add(&v->results, &of, RX_SKIP, 0, "this kernel has no udp_diag to ask");
	else if (open < 0)
		judge(v, test, endpoint, NULL, err.text);
	else if (!port->context)
		judge(v, test, endpoint, NULL, port->problem);
	else
		rx_results_add(&v->results, &of, RX_FAIL, 0,
			       "no UDP socket on port %d in %s: RXE's data path is not there%s",
			       RX_ROCE_PORT, node->rdma_netns[0] ? node->rdma_netns : "init_net",
			       node->rdma_netns[0]
				       ? " (before Linux 7.1 it lives in init_net only, so nothing "
					 "can flow between namespaces; use --plane hosted)"
				       : "");
}

void rx_test_udp_4791(struct rx_verify *v, unsigned test)
{
	size_t i;

	for (i = 0; i < v->view->n_endpoints; i++)
		look_for_socket(v, test, i);
}
