/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/prime.h"

#include <errno.h>
#include <stdlib.h>

#include "netns/kernel/rtnl.h"

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
		if (rx_fabric_route(fabric, endpoint, pair->a == endpoint ? pair->b : pair->a, end,
				    &routed) ||
		    routed)
			continue;
		if (end[1]->iface->want->ipv4.family)
			list[n++] = (struct rx_neigh_spec){end[0]->iface->ifindex,
							   end[1]->iface->want->ipv4,
							   end[1]->iface->want->mac};
		if (end[1]->iface->want->ipv6.family)
			list[n++] = (struct rx_neigh_spec){end[0]->iface->ifindex,
							   end[1]->iface->want->ipv6,
							   end[1]->iface->want->mac};
	}
	if (!n)
		return 0;
	rc = rx_nl_open(&nl, NETLINK_ROUTE, fabric->view->nodes[endpoint].data_netns, err);
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

	if (fabric->view->n_endpoints <= RX_PRIMED || !pairs->n)
		return 0;
	list = calloc(2 * pairs->n, sizeof(*list));
	if (!list)
		return rx_fail(err, ENOMEM, "out of memory");
	for (i = 0; i < fabric->view->n_endpoints && !rc; i++)
		rc = prime_endpoint(fabric, pairs, i, list, err);
	free(list);
	return rc;
}
