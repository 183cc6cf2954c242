/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written reads back as the same lab; options and file give the same lab. */
#include <dirent.h>
#include <limits.h>

#include "tests/unit/lab-test.h"

/* Write, read, write: both texts must be the same. Then the same with the completed labs. */
static void judge_round_trip(struct rx_lab *lab)
{
	struct rx_err err = {.text = ""};
	char *first = lab_text(lab), *second;
	struct rx_lab again = lab_good(first);

	second = lab_text(&again);
	assert_string_equal(first, second);
	free(first);
	free(second);
	if (rx_lab_complete(lab, &err) || rx_lab_complete(&again, &err))
		fail_msg("%s", err.text);
	first = lab_text(lab);
	second = lab_text(&again);
	assert_string_equal(first, second);
	rx_lab_free(&again);
	/* the completed lab, written, read and completed */
	again = lab_whole(first);
	free(second);
	second = lab_text(&again);
	assert_string_equal(first, second);
	assert_int_equal(lab->n_nodes, again.n_nodes);
	for (size_t i = 0; i < lab->n_nodes; i++) {
		assert_string_equal(lab->nodes[i].netns, again.nodes[i].netns);
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++) {
			const struct rx_iface *a = &lab->nodes[i].ifaces[j],
					      *b = &again.nodes[i].ifaces[j];

			assert_memory_equal(a->mac, b->mac, 6);
			assert_int_equal(a->mac_given, b->mac_given);
			assert_string_equal(a->netdev, b->netdev);
			assert_string_equal(a->rdma_dev, b->rdma_dev);
			assert_memory_equal(a->ipv4.addr, b->ipv4.addr, 16);
			assert_memory_equal(a->ipv6.addr, b->ipv6.addr, 16);
			assert_int_equal(a->ipv4.prefix, b->ipv4.prefix);
			assert_int_equal(a->ipv6.prefix, b->ipv6.prefix);
			assert_int_equal(a->network, b->network);
		}
	}
	rx_lab_free(&again);
	rx_lab_free(lab);
	free(first);
	free(second);
}

static void round_trip(const char *text)
{
	struct rx_lab lab = lab_good(text);

	judge_round_trip(&lab);
}

static int is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".yaml");
}

static void every_example(void **state)
{
	struct dirent **entries;
	int n = scandir("docs/reference/examples", &entries, is_yaml, alphasort);

	(void)state;
	assert_true(n >= 5);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		struct rx_err err = {.text = ""};
		struct rx_lab lab;

		snprintf(path, sizeof(path), "docs/reference/examples/%s", entries[i]->d_name);
		if (rx_lab_parse_file(path, &lab, &err))
			fail_msg("%s", err.text);
		judge_round_trip(&lab);
		free(entries[i]);
	}
	free(entries);
}

static void every_key(void **state)
{
	(void)state;
	round_trip("name: q\nparent: bond0\nlink: veth\nvlan: 20\nsubnet: 10.9.0.0/16\n"
		   "subnet6: fd77::/64\nmtu: 9000\n"
		   "raise_parent_mtu: true\nplane: hosted\ncontrol: none\nrdma_netns: exclusive\n"
		   "expedite: true\n"
		   "impair: {delay: 2ms, jitter: 100us, loss: 1.5%, duplicate: 2%, reorder: 3%, "
		   "corrupt: 0.1%, rate: 1gbit}\n"
		   "endpoints: [a]\n");
	round_trip("name: q\nbridge: br0\nendpoints:\n"
		   "  - {name: a, ipv4: 10.77.0.10, mac: 52:54:00:12:34:56, container: {lxc: 101}, "
		   "impair: {loss: 1%}}\n"
		   "  - {name: b, container: {podman: 'null'}}\n"
		   "  - {name: '12', container: {docker: web}}\n"
		   "  - {name: d, container: {pid: 42}}\n"
		   "  - {name: e, container: {netns: '/run/netns/a b\"\\'}}\n"
		   "  - {name: f, container: {lxc: 7, netdev: 'roce0'}}\n");
	round_trip("name: 'true'\nparent: 'a#b'\nsubnet: none\nsubnet6: 'fd77::/64'\n"
		   "endpoints: {count: 3}\n");
}

static void networks(void **state)
{
	(void)state;
	round_trip(
		"name: q\nparent: eth0\nnetworks:\n  red: {vlan: 10}\n"
		"  blue: {bridge: br0, subnet: none, subnet6: 'fd20::/64', impair: {rate: 8kbit}}\n"
		"endpoints:\n"
		"  - {name: a, network: red, ipv4: 10.77.0.9}\n"
		"  - {name: m, networks: {red: {mac: '02:00:00:00:00:09'}, blue: {impair: {delay: "
		"1500us}}}}\n"
		"  - {name: n, networks: {blue: {impair: {loss: 0.00001%}}}}\n"
		"routers:\n"
		"  - {name: r1, networks: {red: {impair: {loss: 33.333%}}, blue: {}}, impair: "
		"{loss: 1%}}\n");
	/* one network with a name is not a flat lab */
	round_trip("name: q\nparent: eth0\nnetworks: {red: {}}\nendpoints: {count: 3}\n");
}

static void topologies(void **state)
{
	(void)state;
	round_trip("name: q\nparent: none\ntopology: ring\nendpoints: {count: 6}\n");
	round_trip("name: q\nparent: eth0\nvlan: 100\ntopology: dumbbell\nsubnet6: fd00::/48\n"
		   "endpoints: {count: 7}\n");
	round_trip("name: q\nparent: none\ntopology: leaf-spine:4,3\nimpair: {delay: 1ms}\n"
		   "endpoints: {count: 9}\n");
}

/* What was attached to a counted lab must not get lost. */
static void counted_lab_with_a_container(void **state)
{
	struct rx_lab lab = lab_whole("name: q\nparent: none\nendpoints: {count: 2}\n"), again;
	char *text;

	(void)state;
	lab.nodes[1].container.kind = RX_CONTAINER_LXC;
	snprintf(lab.nodes[1].container.id, sizeof(lab.nodes[1].container.id), "101");
	text = lab_text(&lab);
	again = lab_whole(text);
	assert_int_equal(again.nodes[1].container.kind, RX_CONTAINER_LXC);
	free(text);
	rx_lab_free(&again);
	lab.nodes[0].ifaces[0].impair.loss = 5;
	text = lab_text(&lab);
	again = lab_whole(text);
	assert_int_equal(again.nodes[1].container.kind, RX_CONTAINER_LXC);
	assert_true(again.nodes[0].impair.loss == 5);
	free(text);
	rx_lab_free(&lab);
	rx_lab_free(&again);
}

/* ---- options ---- */

static void assert_same(const char *const options[RX_LAB_KEYS], const char *file)
{
	struct rx_lab from_file = lab_good(file), from_options;
	struct rx_err err = {.text = ""};
	char *a, *b;

	if (rx_lab_from_options(options, &from_options, &err))
		fail_msg("%s", err.text);
	a = lab_text(&from_file);
	b = lab_text(&from_options);
	assert_string_equal(a, b);
	free(a);
	free(b);
	assert_int_equal(rx_lab_complete(&from_file, &err), 0);
	assert_int_equal(rx_lab_complete(&from_options, &err), 0);
	a = lab_text(&from_file);
	b = lab_text(&from_options);
	assert_string_equal(a, b);
	free(a);
	free(b);
	rx_lab_free(&from_file);
	rx_lab_free(&from_options);
}

static void options_and_file_agree(void **state)
{
	const char *const small[RX_LAB_KEYS] = {
		[RX_KEY_name] = "quad", [RX_KEY_parent] = "eth0", [RX_KEY_count] = "4"};
	const char *const full[RX_LAB_KEYS] = {
		[RX_KEY_name] = "quad",
		[RX_KEY_parent] = "eth0",
		[RX_KEY_count] = "4",
		[RX_KEY_link] = "veth",
		[RX_KEY_vlan] = "20",
		[RX_KEY_subnet] = "10.9.0.0/24",
		[RX_KEY_subnet6] = "fd77::/64",
		[RX_KEY_mtu] = "9000",
		[RX_KEY_topology] = "flat",
		[RX_KEY_plane] = "hosted",
		[RX_KEY_control] = "none",
		[RX_KEY_rdma_netns] = "shared",
		[RX_KEY_raise_parent_mtu] = "true",
		[RX_KEY_expedite] = "true",
	};
	const char *const bridge[RX_LAB_KEYS] = {
		[RX_KEY_name] = "quad", [RX_KEY_bridge] = "vmbr0", [RX_KEY_count] = "4"};
	const char *const fabric[RX_LAB_KEYS] = {[RX_KEY_name] = "f",
						 [RX_KEY_parent] = "none",
						 [RX_KEY_count] = "8",
						 [RX_KEY_topology] = "leaf-spine:4,2"};

	(void)state;
	assert_same(small, "name: quad\nparent: eth0\nendpoints: {count: 4}\n");
	assert_same(full,
		    "name: quad\nparent: eth0\nlink: veth\nvlan: 20\nsubnet: 10.9.0.0/24\n"
		    "subnet6: fd77::/64\n"
		    "mtu: 9000\ntopology: flat\nplane: hosted\ncontrol: none\nrdma_netns: shared\n"
		    "raise_parent_mtu: true\nexpedite: true\nendpoints: {count: 4}\n");
	assert_same(bridge, "name: quad\nbridge: vmbr0\nendpoints: {count: 4}\n");
	assert_same(fabric, "name: f\nparent: none\ntopology: leaf-spine:4,2\n"
			    "endpoints: {count: 8}\n");
}

static void bad_options(const char *const options[RX_LAB_KEYS], const char *expected)
{
	struct rx_err err = {.text = ""};
	struct rx_lab lab;

	rx_set_trace(lab_untraced);
	assert_int_equal(rx_lab_from_options(options, &lab, &err), -EINVAL);
	assert_mistakes(&err, expected);
}

static void options_name_the_option(void **state)
{
	const char *const vlan[RX_LAB_KEYS] = {[RX_KEY_name] = "quad",
					       [RX_KEY_parent] = "eth0",
					       [RX_KEY_count] = "4",
					       [RX_KEY_vlan] = "5000"};
	const char *const several[RX_LAB_KEYS] = {
		[RX_KEY_name] = "quad!", [RX_KEY_count] = "no", [RX_KEY_rdma_netns] = "exlusive"};
	const char *const small[RX_LAB_KEYS] = {[RX_KEY_name] = "quad",
						[RX_KEY_parent] = "eth0",
						[RX_KEY_count] = "4",
						[RX_KEY_subnet] = "10.0.0.0/30"};
	const char *const ring[RX_LAB_KEYS] = {[RX_KEY_name] = "quad",
					       [RX_KEY_parent] = "eth0",
					       [RX_KEY_count] = "2",
					       [RX_KEY_topology] = "ring"};
	const char *const raise[RX_LAB_KEYS] = {[RX_KEY_name] = "quad",
						[RX_KEY_parent] = "none",
						[RX_KEY_count] = "2",
						[RX_KEY_raise_parent_mtu] = "true"};

	(void)state;
	bad_options(vlan, "value-range --vlan: 5000");
	bad_options(several, "name-form --name: quad!\n"
			     "value-choice --rdma-netns: exlusive exclusive\n"
			     "value-form --count: no\n"
			     "key-missing --parent");
	bad_options(small, "subnet-too-small --subnet: 10.0.0.0/30 2 4 /29");
	bad_options(ring, "endpoints-too-few --topology: ring 3 2");
	bad_options(raise, "key-needs-another --raise-parent-mtu: parent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example),
		cmocka_unit_test(every_key),
		cmocka_unit_test(networks),
		cmocka_unit_test(topologies),
		cmocka_unit_test(counted_lab_with_a_container),
		cmocka_unit_test(options_and_file_agree),
		cmocka_unit_test(options_name_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
