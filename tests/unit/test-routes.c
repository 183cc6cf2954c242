/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Static routes over the routers of a lab. Every check follows the routes as a packet would, table
 * by table. */
#include <sys/socket.h>

#include "netns/lab/routes.h"
#include "tests/unit/lab-test.h"

struct world {
	struct rx_lab lab;
	struct rx_routes *routes;
};

static struct world world(const char *text)
{
	struct world w = {.lab = lab_whole(text)};

	return w;
}

static void find(struct world *w)
{
	w->routes = rx_routes_new(&w->lab);
}

static void end(struct world *w)
{
	rx_routes_free(w->routes);
	rx_lab_free(&w->lab);
}

static size_t node_named(const struct rx_lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		if (!strcmp(lab->nodes[i].name, name))
			return i;
	fail_msg("no node %s", name);
	return 0;
}

static void assert_route(const struct rx_route *route, const char *destination, const char *gateway,
			 size_t iface)
{
	char text[64];

	assert_string_equal(rx_cidr_text(&route->destination, true, text, sizeof(text)),
			    destination);
	assert_string_equal(rx_cidr_text(&route->gateway, false, text, sizeof(text)), gateway);
	assert_int_equal(route->iface, iface);
	assert_true(route->metric >= 1024);
}

static bool same_address(const struct rx_cidr *a, const struct rx_cidr *b)
{
	return a->family && a->family == b->family &&
	       !memcmp(a->addr, b->addr, a->family == AF_INET6 ? 16 : 4);
}

static const struct rx_cidr *address(const struct rx_iface *iface, int family)
{
	return family == AF_INET6 ? &iface->ipv6 : &iface->ipv4;
}

/* The router that has the route's gateway on the network of the route's interface: it must
 * exist. */
static size_t gateway_node(const struct rx_lab *lab, size_t node, const struct rx_route *route)
{
	size_t network = lab->nodes[node].ifaces[route->iface].network;

	for (size_t i = lab->n_endpoints; i < lab->n_nodes; i++)
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++)
			if (lab->nodes[i].ifaces[j].network == network &&
			    same_address(address(&lab->nodes[i].ifaces[j], route->gateway.family),
					 &route->gateway))
				return i;
	fail_msg("the gateway of a route of %s is nobody's", lab->nodes[node].name);
	return 0;
}

static bool stands_on(const struct rx_node *node, size_t network)
{
	for (size_t i = 0; i < node->n_ifaces; i++)
		if (node->ifaces[i].network == network)
			return true;
	return false;
}

/* One step of a packet by the node's own table; out: the interface it has to leave by, SIZE_MAX for
 * any. */
static size_t step(const struct world *w, size_t node, size_t destination, int family, size_t out)
{
	struct rx_route *list, *best = NULL;
	size_t n, next = SIZE_MAX;

	list = rx_routes_of(w->routes, node, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i].network == destination && list[i].gateway.family == family &&
		    (out == SIZE_MAX || list[i].iface == out) &&
		    (!best || list[i].metric < best->metric))
			best = &list[i];
	if (best)
		next = gateway_node(&w->lab, node, best);
	free(list);
	return next;
}

/* Walk from interface to interface; must agree with rx_routes_path. Returns the number of routers,
 * -1 without a way. */
static int walk(const struct world *w, size_t from, size_t from_iface, size_t to, size_t to_iface,
		int family)
{
	size_t destination = w->lab.nodes[to].ifaces[to_iface].network, at, path[64];
	int expected = rx_routes_path(w->routes, from, from_iface, to, to_iface, family, path, 64),
	    n = 0;

	if (w->lab.nodes[from].ifaces[from_iface].network == destination) {
		assert_int_equal(expected, 0);
		return 0;
	}
	at = step(w, from, destination, family, from_iface);
	while (at != SIZE_MAX) {
		assert_true(n < 64);
		assert_int_equal(path[n], at);
		n++;
		if (stands_on(&w->lab.nodes[at], destination))
			break;
		at = step(w, at, destination, family, SIZE_MAX);
	}
	assert_int_equal(expected, n ? n : -1);
	return expected;
}

static void flat_lab_needs_none(void **state)
{
	struct world w = world("name: q\nparent: none\nendpoints: {count: 3}\n");
	struct rx_route *list;
	size_t n;

	(void)state;
	find(&w);
	list = rx_routes_of(w.routes, 0, &n);
	assert_int_equal(n, 0);
	free(list);
	assert_int_equal(walk(&w, 0, 0, 2, 0, AF_INET), 0);
	end(&w);
}

#define TWO \
	"name: q\nparent: eth0\nnetworks:\n" \
	"  red: {vlan: 10, subnet: 10.1.0.0/24, subnet6: 'fd01::/64'}\n" \
	"  blue: {vlan: 20, subnet: 10.2.0.0/24, subnet6: 'fd02::/64'}\n" \
	"endpoints: [{name: a, network: red}, {name: b, network: blue}, {name: m, networks: " \
	"[red, blue]}]\n"

static void one_router(void **state)
{
	struct world w = world(TWO "routers: [{name: r1, networks: [red, blue]}]\n");
	struct rx_route *list;
	size_t n;

	(void)state;
	find(&w);
	list = rx_routes_of(w.routes, 0, &n);
	assert_int_equal(n, 2);
	assert_route(&list[0], "10.2.0.0/24", "10.1.0.254", 0);
	assert_route(&list[1], "fd02::/64", "fd01::ffff:ffff:ffff:fffe", 0);
	free(list);
	/* m is on both networks: a route through the router for each netdev to the other's
	 * network */
	list = rx_routes_of(w.routes, 2, &n);
	assert_int_equal(n, 4);
	assert_route(&list[0], "10.1.0.0/24", "10.2.0.254", 1);
	assert_route(&list[1], "10.2.0.0/24", "10.1.0.254", 0);
	free(list);
	/* r1 is on both */
	list = rx_routes_of(w.routes, 3, &n);
	assert_int_equal(n, 0);
	free(list);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), 1);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET6), 1);
	assert_int_equal(walk(&w, 2, 0, 1, 0, AF_INET), 1);
	assert_int_equal(walk(&w, 2, 1, 1, 0, AF_INET), 0);
	end(&w);
}

static void no_router_no_way(void **state)
{
	struct world w = world(TWO);

	(void)state;
	find(&w);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), -1);
	assert_int_equal(walk(&w, 0, 0, 2, 0, AF_INET), 0);
	assert_int_equal(walk(&w, 0, 0, 2, 1, AF_INET), -1);
	end(&w);
}

/* a - red - r1 - link - r2 - blue - b, where the link has no IPv6 */
static void family_by_family(void **state)
{
	struct world w = world("name: q\nparent: eth0\nnetworks:\n"
			       "  red: {vlan: 10, subnet: 10.1.0.0/24, subnet6: 'fd01::/64'}\n"
			       "  link: {vlan: 15, subnet: 10.3.0.0/30}\n"
			       "  blue: {vlan: 20, subnet: 10.2.0.0/24, subnet6: 'fd02::/64'}\n"
			       "endpoints: [{name: a, network: red}, {name: b, network: blue}]\n"
			       "routers: [{name: r1, networks: [red, link]}, {name: r2, networks: "
			       "[link, blue]}]\n");
	struct rx_route *list;
	size_t n;

	(void)state;
	find(&w);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), 2);
	assert_int_equal(walk(&w, 1, 0, 0, 0, AF_INET), 2);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET6), -1);
	/* the link has no endpoint, so it is no destination */
	list = rx_routes_of(w.routes, 0, &n);
	assert_int_equal(n, 1);
	assert_route(&list[0], "10.2.0.0/24", "10.1.0.254", 0);
	free(list);
	list = rx_routes_of(w.routes, node_named(&w.lab, "r1"), &n);
	assert_int_equal(n, 1);
	assert_route(&list[0], "10.2.0.0/24", "10.3.0.1", 1);
	free(list);
	end(&w);
}

static void every_pair(const struct world *w, int expected_max, bool ring)
{
	for (size_t a = 0; a < w->lab.n_endpoints; a++) {
		for (size_t b = 0; b < w->lab.n_endpoints; b++) {
			int there = walk(w, a, 0, b, 0, AF_INET),
			    back = walk(w, b, 0, a, 0, AF_INET);

			assert_int_equal(there, back);
			assert_true(there <= expected_max);
			assert_true(ring || there >= 0);
		}
	}
}

static void dumbbell(void **state)
{
	struct world w = world("name: q\nparent: none\ntopology: dumbbell\nsubnet6: fd77::/48\n"
			       "endpoints: {count: 5}\n");

	(void)state;
	find(&w);
	every_pair(&w, 2, false);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), 0);
	assert_int_equal(walk(&w, 0, 0, 4, 0, AF_INET), 2);
	assert_int_equal(walk(&w, 0, 0, 4, 0, AF_INET6), 2);
	end(&w);
}

static void ring_has_no_ways_but_neighbours(void **state)
{
	struct world w = world("name: q\nparent: none\ntopology: ring\nendpoints: {count: 5}\n");

	(void)state;
	find(&w);
	/* the second interface of ep1 and the first of ep2 share ring1 */
	assert_int_equal(walk(&w, 0, 1, 1, 0, AF_INET), 0);
	assert_int_equal(walk(&w, 0, 0, 4, 1, AF_INET), 0);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), -1);
	assert_int_equal(walk(&w, 0, 1, 2, 0, AF_INET), -1);
	every_pair(&w, 0, true);
	end(&w);
}

static void leaf_spine_spreads_over_spines(void **state)
{
	struct world w = world("name: q\nparent: none\ntopology: leaf-spine:4,2\n"
			       "endpoints: {count: 8}\n");
	size_t path[8], used[2] = {0, 0}, spine1;

	(void)state;
	find(&w);
	spine1 = node_named(&w.lab, "rspine1");
	every_pair(&w, 3, false);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), 0);
	for (size_t to = 2; to < 8; to++) {
		assert_int_equal(rx_routes_path(w.routes, 0, 0, to, 0, AF_INET, path, 8), 3);
		assert_true(path[1] >= spine1 && path[1] < spine1 + 2);
		used[path[1] - spine1]++;
	}
	/* leaves 2, 3, 4 with two endpoints each: both spines carry something */
	assert_int_equal(used[0] + used[1], 6);
	assert_true(used[0] && used[1]);
	end(&w);
}

/* Networks with two routers between: each of them carries something. */
static void two_routers_share(void **state)
{
	struct world w = world("name: q\nparent: none\nnetworks:\n  red: {subnet: 10.1.0.0/24}\n"
			       "  blue: {subnet: 10.2.0.0/24}\n  green: {subnet: 10.3.0.0/24}\n"
			       "routers:\n  - {name: r1, networks: [red, blue, green]}\n"
			       "  - {name: r2, networks: [red, blue, green]}\nendpoints:\n"
			       "  - {name: a, network: red}\n  - {name: b, network: blue}\n"
			       "  - {name: c, network: green}\n");
	size_t path[2][8];

	(void)state;
	find(&w);
	for (size_t to = 1; to < 3; to++)
		assert_int_equal(rx_routes_path(w.routes, 0, 0, to, 0, AF_INET, path[to - 1], 8),
				 1);
	assert_int_not_equal(path[0][0], path[1][0]);
	end(&w);
}

static void a_chain_of_routers(void **state)
{
	char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text), "name: q\nparent: none\nnetworks:\n"),
	       path[4];
	struct world w;

	(void)state;
	for (int i = 0; i < 20; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "  n%d: {}\n", i);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "routers:\n");
	for (int i = 0; i < 19; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "  - {name: r%d, networks: [n%d, n%d]}\n", i, i, i + 1);
	snprintf(text + used, sizeof(text) - used,
		 "endpoints: [{name: a, network: n0}, {name: b, network: n19}]\n");
	w = world(text);
	find(&w);
	assert_int_equal(walk(&w, 0, 0, 1, 0, AF_INET), 19);
	/* a short array is filled as far as it goes */
	assert_int_equal(rx_routes_path(w.routes, 0, 0, 1, 0, AF_INET, path, 4), 19);
	assert_int_equal(path[3], node_named(&w.lab, "r3"));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_lab_needs_none),
		cmocka_unit_test(one_router),
		cmocka_unit_test(no_router_no_way),
		cmocka_unit_test(family_by_family),
		cmocka_unit_test(dumbbell),
		cmocka_unit_test(ring_has_no_ways_but_neighbours),
		cmocka_unit_test(leaf_spine_spreads_over_spines),
		cmocka_unit_test(two_routers_share),
		cmocka_unit_test(a_chain_of_routers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
