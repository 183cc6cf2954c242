/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/prime.h"

#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"

size_t rx_neighbours(const struct rx_port *port, const struct rx_iface *peer,
		     struct rx_neigh_spec list[2])
{
	size_t n = 0;

	if (peer->ipv4.family)
		list[n++] = (struct rx_neigh_spec){port->iface->ifindex, peer->ipv4, peer->mac};
	if (peer->ipv6.family)
		list[n++] = (struct rx_neigh_spec){port->iface->ifindex, peer->ipv6, peer->mac};
	return n;
}

void rx_prime_gid(struct rx_port *port, const union ibv_gid *gid, const uint8_t mac[6])
{
	struct rx_neigh_spec neighbour = {.ifindex = port->iface->ifindex,
					  .addr = {.family = AF_INET6, .prefix = 128},
					  .mac = mac};
	struct rx_err ignored;

	memcpy(neighbour.addr.addr, gid->raw, 16);
	if (rx_port_meter(port))
		rx_neigh_replace(&port->meter.route, &neighbour, 1, &ignored);
}

/* The peers of one endpoint, then one batch in its namespace. */
static int prime_endpoint(const struct rx_fabric *fabric, const struct rx_pairs *pairs,
			  unsigned endpoint, struct rx_neigh_spec *list, struct rx_err *err)
{
	struct rx_port *end[2];
	struct rx_nl nl;
	bool routed;
	size_t i, n = 0;
	int rc;

	for (i = 0; i < pairs->n; i++) {
		const struct rx_pair *pair = &pairs->pair[i];

		if (pair->a != endpoint && pair->b != endpoint)
			continue;
		if (!rx_fabric_route(fabric, endpoint, pair->a == endpoint ? pair->b : pair->a,
				     pair->network, end, &routed) &&
		    !routed)
			n += rx_neighbours(end[0], end[1]->iface->want, list + n);
	}
	if (!n)
		return 0;
	rc = rx_nl_open(&nl, NETLINK_ROUTE, fabric->view->nodes[endpoint].roce_netns, err);
	if (rc)
		return rc;
	rc = rx_neigh_replace(&nl, list, n, err);
	rx_nl_close(&nl);
	return rc;
}

int rx_prime(const struct rx_fabric *fabric, const struct rx_pairs *pairs, struct rx_err *err)
{
	struct rx_neigh_spec *list;
	unsigned i;
	int rc = 0;

	if (fabric->view->n_endpoints <= RX_PRIMED)
		return 0;
	list = rx_alloc(2 * pairs->n, sizeof(*list));
	for (i = 0; i < fabric->view->n_endpoints && !rc; i++)
		rc = prime_endpoint(fabric, pairs, i, list, err);
	free(list);
	return rc;
}
