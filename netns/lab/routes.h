/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Static routes of a completed lab: shortest ways over its routers, as pure data. */
#ifndef RXELAB_NETNS_LAB_ROUTES_H
#define RXELAB_NETNS_LAB_ROUTES_H

#include "netns/lab/lab.h"

/* One route of one node. Destinations are the networks that endpoints stand on; the links between
 * routers are none. */
struct rx_route {
	size_t network;             /* the destination, as index into lab->networks */
	struct rx_cidr destination; /* its subnet of that family */
	struct rx_cidr gateway;     /* a router's address on the network of iface */
	size_t iface;               /* index into the node's ifaces */
	unsigned metric; /* different for each route of the node to the same destination */
};

/* The ways through a lab. Keeps a pointer to it: the lab must be completed and outlive the
 * routes. */
struct rx_routes;

/* Free with rx_routes_free, which takes NULL. */
struct rx_routes *rx_routes_new(const struct rx_lab *lab);
void rx_routes_free(struct rx_routes *routes);

/* The routes of a node (index into lab->nodes), IPv4 first; the caller frees them (NULL: none). A
 * router has one route to each network that it is not on; where several next hops are equally near
 * the destination's number picks one, so that the spines of a leaf-spine share the load. An
 * endpoint has a route for EACH of its netdevs to each network that the netdev is not on, the
 * nearest with the smallest metric: RXE looks routes up with the outgoing netdev set
 * (rxe_find_route4, drivers/infiniband/sw/rxe/rxe_net.c), and metrics let routes with different
 * netdevs stand beside each other. All metrics are 1024 and above, so that the kernel's own route
 * to a network that the node is on comes first. */
struct rx_route *rx_routes_of(const struct rx_routes *routes, size_t node, size_t *n);

/* The routers that a packet crosses from one interface to another (node and iface as indexes),
 * following the routes of that family (AF_INET, AF_INET6). Fills routers[] with up to max node
 * indexes, in order. Returns how many there are, 0 on the same network, -1 if the two are not
 * connected or one has no address of that family. */
int rx_routes_path(const struct rx_routes *routes, size_t from, size_t from_iface, size_t to,
		   size_t to_iface, int family, size_t routers[], size_t max);

#endif
