/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rx_lab_complete decides: addresses, MACs, names, topologies. */
#include <sys/socket.h>

#include "tests/unit/lab-test.h"

static void assert_address(const struct rx_cidr *cidr, const char *expected)
{
	assert_cidr(cidr, expected);
}

static void flat_lab_by_count(void **state)
{
	struct rx_lab lab = lab_whole("name: quad\nparent: eth0\nendpoints: {count: 4}\n");
	char expected[32];

	(void)state;
	assert_int_equal(lab.n_nodes, 4);
	assert_int_equal(lab.n_endpoints, 4);
	assert_int_equal(lab.count, 4);
	assert_cidr(&lab.networks[0].subnet, "10.77.0.0/24");
	assert_int_equal(lab.networks[0].subnet6.family, 0);
	assert_string_equal(lab.nodes[0].name, "ep1");
	assert_string_equal(lab.nodes[3].name, "ep4");
	assert_string_equal(lab.nodes[3].netns, "rxl.quad.ep4");
	assert_string_equal(lab.nodes[3].ifaces[0].rdma_dev, "rxl.quad.ep4");
	assert_address(&lab.nodes[0].ifaces[0].ipv4, "10.77.0.1/24");
	assert_address(&lab.nodes[3].ifaces[0].ipv4, "10.77.0.4/24");
	snprintf(expected, sizeof(expected), "rxl%04x-4", rx_lab_hash("quad"));
	assert_string_equal(lab.nodes[3].ifaces[0].netdev, expected);
	rx_lab_free(&lab);
}

/* The low 40 bits of FNV-1a 64 of "quad/ep1/", computed apart from this code. */
#define MAC_QUAD_EP1 "02:b5:15:6f:52:7e"

static void macs_do_not_change(void **state)
{
	struct rx_lab lab = lab_whole("name: quad\nparent: eth0\nendpoints: {count: 4}\n");
	struct rx_lab again = lab_whole("name: quad\nparent: eth1\nlink: veth\n"
					"endpoints: [x, ep1]\n");
	struct rx_lab other = lab_whole("name: quae\nparent: eth0\nendpoints: {count: 4}\n");
	char mac[18];

	(void)state;
	assert_string_equal(rx_mac_text(lab.nodes[0].ifaces[0].mac, mac), MAC_QUAD_EP1);
	/* only the names count, not the place in the list, the parent or the link */
	assert_memory_equal(lab.nodes[0].ifaces[0].mac, again.nodes[1].ifaces[0].mac, 6);
	assert_memory_not_equal(lab.nodes[0].ifaces[0].mac, other.nodes[0].ifaces[0].mac, 6);
	rx_lab_free(&lab);
	rx_lab_free(&again);
	rx_lab_free(&other);
}

static void derived_mac_gives_way_to_a_given_one(void **state)
{
	struct rx_lab lab = lab_whole("name: quad\nparent: eth0\nendpoints:\n  - ep1\n"
				      "  - {name: b, mac: \"" MAC_QUAD_EP1 "\"}\n");
	char mac[18];

	(void)state;
	assert_string_not_equal(rx_mac_text(lab.nodes[0].ifaces[0].mac, mac), MAC_QUAD_EP1);
	assert_int_equal(lab.nodes[0].ifaces[0].mac[0], 2);
	assert_string_equal(rx_mac_text(lab.nodes[1].ifaces[0].mac, mac), MAC_QUAD_EP1);
	rx_lab_free(&lab);
}

static void default_subnet_grows(void **state)
{
	static const struct {
		unsigned count;
		const char *subnet, *last;
	} rows[] = {
		{254, "10.77.0.0/24", "10.77.0.254/24"},
		{255, "10.77.0.0/23", "10.77.0.255/23"},
		{1024, "10.77.0.0/21", "10.77.4.0/21"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rx_lab lab;

		snprintf(text, sizeof(text), "name: q\nparent: none\nendpoints: {count: %u}\n",
			 rows[i].count);
		lab = lab_whole(text);
		assert_cidr(&lab.networks[0].subnet, rows[i].subnet);
		assert_address(&lab.nodes[rows[i].count - 1].ifaces[0].ipv4, rows[i].last);
		rx_lab_free(&lab);
	}
}

/* A subnet that nobody asked for gives way; each endpoint keeps its number, a router its own from
 * the top. */
static void an_open_subnet_moves(void **state)
{
	struct rx_lab lab = lab_whole(
		"name: q\nparent: eth0\nnetworks:\n"
		"  red: {vlan: 10}\n  blue: {vlan: 20}\n"
		"routers: [{name: r, networks: [red, blue]}]\n"
		"endpoints: [{name: a, network: red}, {name: b, network: blue}]\n");
	struct rx_cidr taken, free_one;

	(void)state;
	assert_true(lab.networks[0].subnet_open);
	assert_true(rx_cidr_parse("10.77.2.0/23", AF_UNSPEC, &taken));
	free_one = rx_lab_free_subnet(&lab, 0, &taken, 1);
	assert_cidr(&free_one, "10.77.0.0/24");
	assert_true(rx_cidr_parse("10.77.0.128/25", AF_UNSPEC, &taken));
	free_one = rx_lab_free_subnet(&lab, 0, &taken, 1); /* 10.77.1.0/24 is blue's */
	assert_cidr(&free_one, "10.77.2.0/24");
	rx_lab_move_subnet(&lab, 0, &free_one);
	assert_address(&lab.nodes[0].ifaces[0].ipv4, "10.77.2.1/24");
	assert_address(&lab.nodes[1].ifaces[0].ipv4, "10.77.1.1/24");
	assert_address(&lab.nodes[2].ifaces[0].ipv4, "10.77.2.254/24");
	assert_address(&lab.nodes[2].ifaces[1].ipv4, "10.77.1.254/24");
	assert_true(rx_cidr_parse("10.0.0.0/8", AF_UNSPEC, &taken));
	assert_int_equal(rx_lab_free_subnet(&lab, 0, &taken, 1).family, 0);
	rx_lab_free(&lab);
}

/* What somebody wrote stays, and so does what several hosts have agreed on. */
static void a_subnet_that_was_asked_for_is_not_open(void **state)
{
	static const char *const texts[] = {
		"name: q\nparent: eth0\nsubnet: 10.77.0.0/24\nendpoints: {count: 2}\n",
		"name: q\nparent: eth0\nsubnet: none\nsubnet6: fd77::/64\nendpoints: {count: 2}\n",
		"name: q\nparent: eth0\nendpoints: [{name: a, ipv4: 10.77.0.9}]\n",
		"name: q\nparent: eth0\nhost: 1/2\nendpoints: {count: 2}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rx_lab lab = lab_whole(texts[i]);

		assert_false(lab.networks[0].subnet_open);
		rx_lab_free(&lab);
	}
}

static void no_two_alike(const struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct rx_iface *a = &lab->nodes[i].ifaces[0],
					      *b = &lab->nodes[j].ifaces[0];

			assert_memory_not_equal(a->mac, b->mac, 6);
			assert_memory_not_equal(a->ipv4.addr, b->ipv4.addr, 4);
			assert_string_not_equal(a->netdev, b->netdev);
		}
	}
}

static void a_thousand_endpoints_differ(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\nendpoints: {count: 1024}\n");

	(void)state;
	no_two_alike(&lab);
	rx_lab_free(&lab);
}

static void addresses_by_hand_are_skipped(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\nsubnet6: fd77::/64\nendpoints:\n"
				      "  - a\n"
				      "  - {name: b, ipv4: 10.77.0.3}\n  - c\n"
				      "  - {name: d, ipv6: 'fd77::9'}\n"
				      "  - {name: e, ipv4: 10.77.0.1/24}\n");

	(void)state;
	/* a is number 1, which e has; c is number 3, which b has */
	assert_address(&lab.nodes[0].ifaces[0].ipv4, "10.77.0.2/24");
	assert_address(&lab.nodes[1].ifaces[0].ipv4, "10.77.0.3/24");
	assert_address(&lab.nodes[2].ifaces[0].ipv4, "10.77.0.4/24");
	assert_address(&lab.nodes[3].ifaces[0].ipv4, "10.77.0.5/24");
	assert_address(&lab.nodes[4].ifaces[0].ipv4, "10.77.0.1/24");
	assert_address(&lab.nodes[0].ifaces[0].ipv6, "fd77::1/64");
	assert_address(&lab.nodes[3].ifaces[0].ipv6, "fd77::9/64");
	assert_address(&lab.nodes[4].ifaces[0].ipv6, "fd77::5/64");
	rx_lab_free(&lab);
}

static void a_full_subnet_is_used_up(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\nsubnet: 10.77.0.0/29\nendpoints:\n"
				      "  - {name: a, ipv4: 10.77.0.6}\n"
				      "  - {name: b, ipv4: 10.77.0.5}\n"
				      "  - {name: c, ipv4: 10.77.0.4}\n"
				      "  - {name: d, ipv4: 10.77.0.3}\n  - e\n  - f\n");

	(void)state;
	/* from number 5 on nothing is free, so it begins again at 1 */
	assert_address(&lab.nodes[4].ifaces[0].ipv4, "10.77.0.1/29");
	assert_address(&lab.nodes[5].ifaces[0].ipv4, "10.77.0.2/29");
	rx_lab_free(&lab);
}

static void networks_routers_and_names(void **state)
{
	struct rx_lab lab = lab_whole(
		"name: q\nparent: eth0\nnetworks:\n"
		"  red: {vlan: 10, subnet: 10.77.0.0/24}\n"
		"  blue: {vlan: 20}\n"
		"  green: {subnet: none, subnet6: 'fd20::/64'}\n"
		"endpoints:\n  - {name: a, network: red}\n"
		"  - {name: b, network: blue}\n"
		"  - {name: m, networks: [blue, green, red]}\n"
		"routers:\n  - {name: r1, networks: [red, blue]}\n"
		"  - {name: r2, networks: {red: {ipv4: 10.77.0.254}, green: {}}}\n");
	const struct rx_node *m = &lab.nodes[2], *r1 = &lab.nodes[3], *r2 = &lab.nodes[4];

	(void)state;
	/* what was not given is the next part of 10.77.0.0/16 that is free */
	assert_cidr(&lab.networks[1].subnet, "10.77.1.0/24");
	assert_int_equal(lab.networks[2].subnet.family, 0);
	assert_address(&m->ifaces[0].ipv4, "10.77.1.2/24");
	assert_int_equal(m->ifaces[1].ipv4.family, 0);
	assert_address(&m->ifaces[1].ipv6, "fd20::1/64");
	assert_address(&m->ifaces[2].ipv4, "10.77.0.2/24");
	assert_string_equal(m->ifaces[0].rdma_dev, "rxl.q.m");
	assert_string_equal(m->ifaces[1].rdma_dev, "rxl.q.m.green");
	assert_string_equal(m->ifaces[2].rdma_dev, "rxl.q.m.red");
	/* r2 has .254 by hand, so r1 gets the one below */
	assert_address(&r1->ifaces[0].ipv4, "10.77.0.253/24");
	assert_address(&r1->ifaces[1].ipv4, "10.77.1.254/24");
	assert_address(&r2->ifaces[0].ipv4, "10.77.0.254/24");
	assert_address(&r2->ifaces[1].ipv6, "fd20::ffff:ffff:ffff:fffe/64");
	assert_string_equal(r1->ifaces[0].rdma_dev, "");
	assert_true(strlen(r2->ifaces[1].netdev) < IFNAMSIZ);
	rx_lab_free(&lab);
}

static void longest_names_fit(void **state)
{
	struct rx_lab lab = lab_whole(
		"name: lab-of-twenty-letter\nparent: none\nnetworks:\n"
		"  network-of-15-a: {}\n  network-of-15-b: {}\nendpoints:\n"
		"  - {name: node-of-twenty-lette, networks: [network-of-15-a, network-of-15-b]}\n");

	(void)state;
	assert_string_equal(lab.nodes[0].ifaces[1].rdma_dev,
			    "rxl.lab-of-twenty-letter.node-of-twenty-lette.network-of-15-b");
	assert_string_equal(lab.nodes[0].netns, "rxl.lab-of-twenty-letter.node-of-twenty-lette");
	rx_lab_free(&lab);
}

static void control_none_has_no_control_address(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ncontrol: none\n"
				      "endpoints: {count: 2}\n");

	(void)state;
	rx_lab_free(&lab);
}

/* ---- topologies ---- */

static const struct rx_network *network_of(const struct rx_lab *lab, size_t node, size_t iface)
{
	return &lab->networks[lab->nodes[node].ifaces[iface].network];
}

static void ring(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ntopology: ring\n"
				      "endpoints: {count: 4}\n");

	(void)state;
	assert_int_equal(lab.n_networks, 4);
	assert_int_equal(lab.n_nodes, 4);
	assert_int_equal(lab.n_endpoints, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(lab.nodes[i].n_ifaces, 2);
		/* the right network of each is the left one of the next */
		assert_ptr_equal(network_of(&lab, i, 1), network_of(&lab, (i + 1) % 4, 0));
	}
	assert_string_equal(network_of(&lab, 0, 0)->name, "ring4");
	assert_string_equal(network_of(&lab, 0, 1)->name, "ring1");
	assert_cidr(&lab.networks[3].subnet, "10.77.3.0/24");
	rx_lab_free(&lab);
}

static void largest_ring(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ntopology: ring\nsubnet6: fd77::/48\n"
				      "endpoints: {count: 512}\n");

	(void)state;
	assert_int_equal(lab.n_networks, 512);
	/* 512 subnets of a /16 are smaller than a /24 */
	assert_cidr(&lab.networks[511].subnet, "10.77.255.128/25");
	assert_cidr(&lab.networks[511].subnet6, "fd77:0:0:1ff::/64");
	rx_lab_free(&lab);
}

static void dumbbell(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: eth0\nvlan: 100\ntopology: dumbbell\n"
				      "subnet: 10.9.0.0/24\n"
				      "impair: {loss: 1%}\nendpoints: {count: 5}\n");

	(void)state;
	assert_int_equal(lab.n_networks, 3);
	assert_int_equal(lab.n_endpoints, 5);
	assert_int_equal(lab.n_nodes, 7);
	assert_string_equal(lab.networks[2].name, "bottleneck");
	assert_int_equal(lab.networks[2].vlan, 102);
	assert_true(lab.networks[2].impair.loss == 1);
	assert_cidr(&lab.networks[0].subnet, "10.9.0.0/26");
	assert_cidr(&lab.networks[2].subnet, "10.9.0.128/26");
	assert_string_equal(network_of(&lab, 2, 0)->name, "left");
	assert_string_equal(network_of(&lab, 3, 0)->name, "right");
	assert_string_equal(network_of(&lab, 5, 1)->name, "bottleneck");
	assert_string_equal(network_of(&lab, 6, 1)->name, "bottleneck");
	rx_lab_free(&lab);
}

static void leaf_spine(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ntopology: leaf-spine:3,2\n"
				      "endpoints: {count: 8}\n");
	size_t on_leaf[3] = {0};

	(void)state;
	assert_int_equal(lab.n_networks, 3 + 6);
	assert_int_equal(lab.n_endpoints, 8);
	assert_int_equal(lab.n_nodes, 8 + 3 + 2);
	for (size_t i = 0; i < 8; i++)
		on_leaf[lab.nodes[i].ifaces[0].network]++;
	assert_int_equal(on_leaf[0], 3);
	assert_int_equal(on_leaf[1], 3);
	assert_int_equal(on_leaf[2], 2);
	for (size_t i = 8; i < 11; i++)
		assert_int_equal(lab.nodes[i].n_ifaces, 3);
	for (size_t i = 11; i < 13; i++)
		assert_int_equal(lab.nodes[i].n_ifaces, 3);
	assert_string_equal(network_of(&lab, 11, 2)->name, "leaf3-spine1");
	assert_string_equal(network_of(&lab, 10, 1)->name, "leaf3-spine1");
	/* no VLAN was given, so there is none */
	assert_int_equal(lab.networks[5].vlan, 0);
	rx_lab_free(&lab);
}

static void largest_leaf_spine(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ntopology: leaf-spine:128,7\n"
				      "endpoints: {count: 1024}\n");

	(void)state;
	assert_int_equal(lab.n_networks, 128 * 8);
	assert_int_equal(lab.n_nodes, 1024 + 128 + 7);
	rx_lab_free(&lab);
}

static void completing_twice_changes_nothing(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\ntopology: leaf-spine:2,2\n"
				      "endpoints: {count: 4}\n");
	char *first = lab_text(&lab), *second;
	struct rx_err err = {.text = ""};

	(void)state;
	assert_int_equal(rx_lab_complete(&lab, &err), 0);
	second = lab_text(&lab);
	assert_string_equal(first, second);
	free(first);
	free(second);
	rx_lab_free(&lab);
}

/* Each of these is made with a bridge, whose module must be loaded, and unloaded afterwards. */
static void labs_with_a_bridge(void **state)
{
	static const struct {
		const char *text;
		bool bridge;
	} labs[] = {
		{"name: t\nparent: eth0\nendpoints: {count: 2}\n", false},
		{"name: t\nparent: none\nendpoints: {count: 2}\n", true},
		{"name: t\nparent: eth0\nlink: veth\nendpoints: {count: 2}\n", true},
		{"name: t\nparent: eth0\nnetworks: {red: {vlan: 7}}\n"
		 "endpoints: [{name: a, networks: [red]}]\n",
		 true},
		{"name: t\nparent: eth0\nnetworks: {red: {}, blue: {}}\n"
		 "endpoints: [{name: a, networks: [red, blue]}]\n",
		 true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(labs) / sizeof(labs[0]); i++) {
		struct rx_lab lab = lab_whole(labs[i].text);

		if (rx_lab_has_bridge(&lab) != labs[i].bridge)
			fail_msg("%s", labs[i].text);
		rx_lab_free(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_lab_by_count),
		cmocka_unit_test(macs_do_not_change),
		cmocka_unit_test(derived_mac_gives_way_to_a_given_one),
		cmocka_unit_test(default_subnet_grows),
		cmocka_unit_test(an_open_subnet_moves),
		cmocka_unit_test(a_subnet_that_was_asked_for_is_not_open),
		cmocka_unit_test(a_thousand_endpoints_differ),
		cmocka_unit_test(addresses_by_hand_are_skipped),
		cmocka_unit_test(a_full_subnet_is_used_up),
		cmocka_unit_test(networks_routers_and_names),
		cmocka_unit_test(longest_names_fit),
		cmocka_unit_test(control_none_has_no_control_address),
		cmocka_unit_test(ring),
		cmocka_unit_test(largest_ring),
		cmocka_unit_test(dumbbell),
		cmocka_unit_test(leaf_spine),
		cmocka_unit_test(largest_leaf_spine),
		cmocka_unit_test(completing_twice_changes_nothing),
		cmocka_unit_test(labs_with_a_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
