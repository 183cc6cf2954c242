/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/lab/routes.h"

#include <stdlib.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

#define FAR UINT16_MAX
#define FIRST_METRIC 1024

/* A router's port on a network. */
struct port {
	size_t router; /* counted from the first router, not from the first node */
	size_t iface;
};

struct family {
	int family;
	/* [router * networks + network]: routers between that router and that network */
	uint16_t *distance;
};

struct rx_routes {
	const struct rx_lab *lab;
	size_t n_routers, n_networks;
	size_t *first; /* ports of network i: port[first[i]] up to port[first[i + 1]] */
	struct port *port;
	bool *has_endpoint; /* of each network */
	struct family families[2];
};

static const struct rx_node *router_node(const struct rx_routes *routes, size_t router)
{
	return &routes->lab->nodes[routes->lab->n_endpoints + router];
}

static const struct rx_cidr *subnet(const struct rx_network *network, int family)
{
	return family == AF_INET6 ? &network->subnet6 : &network->subnet;
}

static uint16_t *distance(const struct rx_routes *routes, const struct family *family,
			  size_t router, size_t network)
{
	return &family->distance[router * routes->n_networks + network];
}

/* ---- building ---- */

/* The ports of each network, sorted by network, then by router. */
static void sort_ports(struct rx_routes *routes)
{
	for (size_t r = 0; r < routes->n_routers; r++)
		for (size_t i = 0; i < router_node(routes, r)->n_ifaces; i++)
			routes->first[router_node(routes, r)->ifaces[i].network + 1]++;
	for (size_t i = 0; i < routes->n_networks; i++)
		routes->first[i + 1] += routes->first[i];
	/* filling moves each start to the next one's, so it ends one place further */
	for (size_t r = 0; r < routes->n_routers; r++)
		for (size_t i = 0; i < router_node(routes, r)->n_ifaces; i++)
			routes->port[routes->first[router_node(routes, r)->ifaces[i].network]++] =
				(struct port){r, i};
	for (size_t i = routes->n_networks; i > 0; i--)
		routes->first[i] = routes->first[i - 1];
	routes->first[0] = 0;
}

static void mark_endpoints(struct rx_routes *routes)
{
	for (size_t i = 0; i < routes->lab->n_endpoints; i++)
		for (size_t j = 0; j < routes->lab->nodes[i].n_ifaces; j++)
			routes->has_endpoint[routes->lab->nodes[i].ifaces[j].network] = true;
}

/* Breadth first from one destination, network by network. queue and seen: n_networks elements
 * each. */
static void search(struct rx_routes *routes, struct family *family, size_t destination,
		   size_t *queue, uint16_t *seen)
{
	size_t head = 0, tail = 0;

	for (size_t i = 0; i < routes->n_networks; i++)
		seen[i] = FAR;
	if (!subnet(&routes->lab->networks[destination], family->family)->family)
		return;
	seen[destination] = 0;
	queue[tail++] = destination;
	while (head < tail) {
		size_t at = queue[head++];

		for (size_t p = routes->first[at]; p < routes->first[at + 1]; p++) {
			const struct rx_node *node = router_node(routes, routes->port[p].router);
			uint16_t *known = distance(routes, family, routes->port[p].router,
						   destination);

			if (*known != FAR ||
			    !rx_iface_address(&node->ifaces[routes->port[p].iface], family->family)
				     ->family)
				continue;
			*known = seen[at];
			for (size_t i = 0; i < node->n_ifaces; i++) {
				size_t next = node->ifaces[i].network;

				if (seen[next] != FAR ||
				    !rx_iface_address(&node->ifaces[i], family->family)->family)
					continue;
				seen[next] = (uint16_t)(seen[at] + 1);
				queue[tail++] = next;
			}
		}
	}
}

static void measure(struct rx_routes *routes, struct family *family, int which)
{
	size_t cells = routes->n_routers * routes->n_networks;
	rx_autofree size_t *queue = rx_alloc(routes->n_networks, sizeof(*queue));
	rx_autofree uint16_t *seen = rx_alloc(routes->n_networks, sizeof(*seen));

	family->family = which;
	family->distance = rx_alloc(cells, sizeof(*family->distance));
	for (size_t i = 0; i < cells; i++)
		family->distance[i] = FAR;
	for (size_t i = 0; i < routes->n_networks; i++)
		search(routes, family, i, queue, seen);
}

struct rx_routes *rx_routes_new(const struct rx_lab *lab)
{
	struct rx_routes *routes = rx_alloc(1, sizeof(*routes));
	size_t ports = 0;

	routes->lab = lab;
	routes->n_routers = lab->n_nodes - lab->n_endpoints;
	routes->n_networks = lab->n_networks;
	for (size_t r = 0; r < routes->n_routers; r++)
		ports += router_node(routes, r)->n_ifaces;
	routes->first = rx_alloc(routes->n_networks + 1, sizeof(*routes->first));
	routes->port = rx_alloc(ports, sizeof(*routes->port));
	routes->has_endpoint = rx_alloc(routes->n_networks, sizeof(*routes->has_endpoint));
	sort_ports(routes);
	mark_endpoints(routes);
	measure(routes, &routes->families[0], AF_INET);
	measure(routes, &routes->families[1], AF_INET6);
	return routes;
}

void rx_routes_free(struct rx_routes *routes)
{
	if (!routes)
		return;
	free(routes->first);
	free(routes->port);
	free(routes->has_endpoint);
	free(routes->families[0].distance);
	free(routes->families[1].distance);
	free(routes);
}

/* ---- asking ---- */

/* A next hop: a router's port, reached through an interface of the node that asks. */
struct hop {
	struct port port;
	size_t iface;
	uint16_t distance; /* of that router from the destination */
};

/* Which of the ports on a network are nearest to the destination: counts them, and returns the
 * pick-th. */
static size_t nearest(const struct rx_routes *routes, const struct family *family, size_t network,
		      size_t destination, uint16_t limit, size_t pick, struct hop *hop)
{
	size_t n = 0;

	for (size_t p = routes->first[network]; p < routes->first[network + 1]; p++) {
		const struct port *port = &routes->port[p];
		const struct rx_iface *iface =
			&router_node(routes, port->router)->ifaces[port->iface];

		if (*distance(routes, family, port->router, destination) != limit ||
		    !rx_iface_address(iface, family->family)->family)
			continue;
		if (n++ == pick) {
			hop->port = *port;
			hop->distance = limit;
		}
	}
	return n;
}

static uint16_t least(const struct rx_routes *routes, const struct family *family, size_t network,
		      size_t destination)
{
	uint16_t best = FAR;

	for (size_t p = routes->first[network]; p < routes->first[network + 1]; p++) {
		uint16_t found = *distance(routes, family, routes->port[p].router, destination);

		if (found < best)
			best = found;
	}
	return best;
}

/* From an endpoint's interface. */
static bool first_hop(const struct rx_routes *routes, const struct family *family, size_t network,
		      size_t destination, struct hop *hop)
{
	uint16_t best = least(routes, family, network, destination);
	size_t n;

	if (best == FAR)
		return false;
	n = nearest(routes, family, network, destination, best, SIZE_MAX, hop);
	return n && nearest(routes, family, network, destination, best, destination % n, hop);
}

/* From a router that is not on the destination: any port of a router that is one step nearer. */
static bool next_hop(const struct rx_routes *routes, const struct family *family, size_t router,
		     size_t destination, struct hop *hop)
{
	const struct rx_node *node = router_node(routes, router);
	uint16_t here = *distance(routes, family, router, destination);
	size_t n = 0, pick, on_this;

	if (here == FAR || !here)
		return false;
	for (size_t i = 0; i < node->n_ifaces; i++)
		if (rx_iface_address(&node->ifaces[i], family->family)->family)
			n += nearest(routes, family, node->ifaces[i].network, destination,
				     (uint16_t)(here - 1), SIZE_MAX, hop);
	pick = n ? destination % n : 0;
	for (size_t i = 0; n && i < node->n_ifaces; i++) {
		if (!rx_iface_address(&node->ifaces[i], family->family)->family)
			continue;
		hop->iface = i;
		on_this = nearest(routes, family, node->ifaces[i].network, destination,
				  (uint16_t)(here - 1), pick, hop);
		if (pick < on_this)
			return true;
		pick -= on_this;
	}
	return false;
}

struct list {
	struct rx_route *route;
	size_t n;
};

static void add_route(const struct rx_routes *routes, const struct family *family,
		      const struct rx_node *node, size_t destination, const struct hop *hop,
		      struct list *list)
{
	const struct rx_iface *gateway =
		&router_node(routes, hop->port.router)->ifaces[hop->port.iface];
	struct rx_route *route = rx_array_add(&list->route, &list->n, sizeof(*route));

	*route = (struct rx_route){
		.network = destination,
		.destination = *subnet(&routes->lab->networks[destination], family->family),
		.gateway = *rx_iface_address(gateway, family->family),
		.iface = hop->iface,
		.metric = FIRST_METRIC + (unsigned)(hop->distance * node->n_ifaces + hop->iface),
	};
}

static void endpoint_routes(const struct rx_routes *routes, const struct family *family,
			    const struct rx_node *node, size_t destination, struct list *list)
{
	struct hop hop;

	for (size_t i = 0; i < node->n_ifaces; i++) {
		if (node->ifaces[i].network == destination ||
		    !rx_iface_address(&node->ifaces[i], family->family)->family ||
		    !first_hop(routes, family, node->ifaces[i].network, destination, &hop))
			continue;
		hop.iface = i;
		add_route(routes, family, node, destination, &hop, list);
	}
}

static void family_routes(const struct rx_routes *routes, const struct family *family, size_t at,
			  struct list *list)
{
	const struct rx_node *node = &routes->lab->nodes[at];
	struct hop hop;

	for (size_t d = 0; d < routes->n_networks; d++) {
		if (!routes->has_endpoint[d])
			continue;
		if (!node->router)
			endpoint_routes(routes, family, node, d, list);
		else if (next_hop(routes, family, at - routes->lab->n_endpoints, d, &hop))
			add_route(routes, family, node, d, &hop, list);
	}
}

struct rx_route *rx_routes_of(const struct rx_routes *routes, size_t node, size_t *n)
{
	struct list found = {NULL, 0};

	family_routes(routes, &routes->families[0], node, &found);
	family_routes(routes, &routes->families[1], node, &found);
	*n = found.n;
	return found.route;
}

int rx_routes_path(const struct rx_routes *routes, size_t from, size_t from_iface, size_t to,
		   size_t to_iface, int family, size_t routers[], size_t max)
{
	const struct family *ways = &routes->families[family == AF_INET6];
	const struct rx_iface *source = &routes->lab->nodes[from].ifaces[from_iface];
	const struct rx_iface *target = &routes->lab->nodes[to].ifaces[to_iface];
	struct hop hop;
	int n = 0;

	if (!rx_iface_address(source, family)->family || !rx_iface_address(target, family)->family)
		return -1;
	if (source->network == target->network)
		return 0;
	if (!first_hop(routes, ways, source->network, target->network, &hop))
		return -1;
	do {
		if ((size_t)n < max)
			routers[n] = routes->lab->n_endpoints + hop.port.router;
		n++;
	} while (next_hop(routes, ways, hop.port.router, target->network, &hop));
	return n;
}
