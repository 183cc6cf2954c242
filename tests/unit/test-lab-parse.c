/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab file: what is read from a good one, and what is said about each bad one. */
#include <dirent.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/lab-test.h"

#define MINIMAL "name: quad\nparent: eth0\nendpoints: {count: 4}\n"

static void smallest_lab(void **state)
{
	struct rx_lab lab = lab_good(MINIMAL);

	(void)state;
	assert_string_equal(lab.name, "quad");
	assert_string_equal(lab.parent, "eth0");
	assert_int_equal(lab.count, 4);
	assert_int_equal(lab.n_nodes, 0);
	assert_int_equal(lab.n_networks, 1);
	assert_string_equal(lab.networks[0].name, "");
	assert_int_equal(lab.networks[0].link, RX_LINK_MACVLAN);
	assert_int_equal(lab.networks[0].subnet.family, 0);
	assert_int_equal(lab.plane, RX_PLANE_AUTO);
	assert_int_equal(lab.rdma_mode, RX_RDMA_AUTO);
	assert_int_equal(lab.control, RX_CONTROL_NETNS);
	assert_int_equal(lab.mtu, 0);
	assert_string_equal(lab.source, "lab.yaml");
	assert_int_equal(lab.parent_pos.line, 2);
	assert_int_equal(lab.parent_pos.column, 9);
	rx_lab_free(&lab);
}

static void every_key_of_the_lab(void **state)
{
	struct rx_lab lab = lab_good("name: q\nparent: bond0\nlink: veth\nvlan: 20\n"
				     "subnet: 10.9.0.0/16\n"
				     "subnet6: fd77::/64\nmtu: 9000\nraise_parent_mtu: true\n"
				     "plane: hosted\n"
				     "control: none\nrdma_netns: exclusive\ntopology: flat\n"
				     "expedite: true\n"
				     "impair: {delay: 2ms, jitter: 100us, loss: 1.5%, duplicate: "
				     "2%, reorder: 3%, corrupt: 0.1%, rate: 1gbit}\n"
				     "endpoints: [a]\n");
	const struct rx_network *network = &lab.networks[0];

	(void)state;
	assert_int_equal(network->link, RX_LINK_VETH);
	assert_int_equal(network->vlan, 20);
	assert_cidr(&network->subnet, "10.9.0.0/16");
	assert_cidr(&network->subnet6, "fd77::/64");
	assert_int_equal(lab.mtu, 9000);
	assert_true(lab.raise_parent_mtu);
	assert_int_equal(lab.plane, RX_PLANE_HOSTED);
	assert_int_equal(lab.control, RX_CONTROL_NONE);
	assert_int_equal(lab.rdma_mode, RX_RDMA_EXCLUSIVE);
	assert_true(lab.expedite);
	assert_int_equal(network->impair.delay_us, 2000);
	assert_int_equal(network->impair.jitter_us, 100);
	assert_true(network->impair.loss == 1.5);
	assert_true(network->impair.duplicate == 2);
	assert_true(network->impair.reorder == 3);
	assert_true(network->impair.corrupt == 0.1);
	assert_int_equal(network->impair.rate_bps, 1000000000);
	rx_lab_free(&lab);
}

static void every_key_of_an_endpoint(void **state)
{
	struct rx_lab lab = lab_good(
		"name: q\nparent: eth0\nsubnet6: fd77::/64\nendpoints:\n"
		"  - {name: a, ipv4: 10.77.0.10, ipv6: 'fd77::a', mac: 52:54:00:12:34:56,\n"
		"     container: {lxc: 101}, impair: {loss: 1%}}\n"
		"  - name: b\n    container: {netns: /run/netns/blue}\n  - c\n");
	const struct rx_node *a = &lab.nodes[0], *b = &lab.nodes[1];
	char mac[18];

	(void)state;
	assert_int_equal(lab.n_nodes, 3);
	assert_int_equal(lab.n_endpoints, 3);
	assert_int_equal(a->n_ifaces, 1);
	assert_cidr(&a->ifaces[0].ipv6, "fd77::a/0");
	assert_int_equal(a->ifaces[0].ipv4.pos.line, 5);
	assert_int_equal(a->ifaces[0].ipv4.pos.column, 21);
	assert_true(a->ifaces[0].mac_given);
	assert_string_equal(rx_mac_text(a->ifaces[0].mac, mac), "52:54:00:12:34:56");
	assert_int_equal(a->container.kind, RX_CONTAINER_LXC);
	assert_string_equal(a->container.id, "101");
	assert_true(a->impair.loss == 1);
	assert_int_equal(b->container.kind, RX_CONTAINER_NETNS);
	assert_string_equal(b->container.id, "/run/netns/blue");
	assert_string_equal(lab.nodes[2].name, "c");
	rx_lab_free(&lab);
}

static void networks_and_routers(void **state)
{
	/* endpoints before the networks that they name */
	struct rx_lab lab = lab_good(
		"name: q\nparent: eth0\nendpoints:\n"
		"  - {name: a, network: blue}\n"
		"  - {name: m, networks: [red, blue]}\n"
		"  - {name: p, networks: {blue: {ipv4: 10.2.0.9, impair: {delay: 1ms}}}}\n"
		"routers:\n"
		"  - {name: r1, networks: {red: {impair: {loss: 2%}}, blue: {}}}\n"
		"networks:\n  red: {vlan: 10, subnet: 10.1.0.0/24}\n"
		"  blue: {link: veth, bridge: br0, subnet: 10.2.0.0/24, impair: {rate: 8kbit}}\n");

	(void)state;
	assert_int_equal(lab.n_networks, 2);
	assert_string_equal(lab.networks[1].bridge, "br0");
	assert_int_equal(lab.networks[1].link, RX_LINK_VETH);
	assert_int_equal(lab.networks[1].impair.rate_bps, 8000);
	assert_int_equal(lab.n_endpoints, 3);
	assert_int_equal(lab.n_nodes, 4);
	assert_int_equal(lab.nodes[0].ifaces[0].network, 1);
	assert_int_equal(lab.nodes[1].n_ifaces, 2);
	assert_int_equal(lab.nodes[2].ifaces[0].impair.delay_us, 1000);
	assert_true(lab.nodes[3].router);
	assert_true(lab.nodes[3].ifaces[0].impair.loss == 2);
	rx_lab_free(&lab);
}

static void parent_none_and_bridge(void **state)
{
	struct rx_lab none = lab_good("name: q\nparent: none\nendpoints: [a]\n");
	struct rx_lab bridge = lab_good("name: q\nbridge: vmbr0\nendpoints: [a]\n");

	(void)state;
	assert_string_equal(none.parent, "");
	assert_string_equal(bridge.parent, "");
	assert_string_equal(bridge.networks[0].bridge, "vmbr0");
	assert_int_equal(bridge.networks[0].link, RX_LINK_VETH);
	rx_lab_free(&none);
	rx_lab_free(&bridge);
}

static void anchors_and_aliases(void **state)
{
	struct rx_lab lab = lab_good("name: q\nparent: eth0\nendpoints:\n"
				     "  - {name: a, impair: &bad {loss: 7%}}\n"
				     "  - {name: b, impair: *bad}\n");

	(void)state;
	assert_true(lab.nodes[1].impair.loss == 7);
	rx_lab_free(&lab);
}

static void json_is_yaml(void **state)
{
	struct rx_lab lab = lab_good("{\"name\": \"q\", \"parent\": \"eth0\", \"mtu\": 1500, "
				     "\"endpoints\": {\"count\": 2}}");

	(void)state;
	assert_int_equal(lab.mtu, 1500);
	rx_lab_free(&lab);
}

static void a_mistake_has_place_id_and_names(void **state)
{
	(void)state;
	lab_bad("name: quad\nparent: eth0\nnetworks:\n  b: {vlan: 5000}\nendpoints: [a]\n",
		"4:13 value-range b vlan 5000 1..4094");
}

/* ---- tests/bad-labs: each NAME.yaml has its mistakes in NAME.expected (assert_mistakes) ---- */

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	if (getdelim(&text, &size, '\0', in) < 0)
		text = strdup("");
	fclose(in);
	return text;
}

static int is_bad_lab(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".yaml");
}

static void judge_bad_lab(const char *name)
{
	char path[PATH_MAX], expected_path[PATH_MAX];
	char *expected;
	struct rx_err err = {.text = ""};
	struct rx_lab lab;
	int rc;

	snprintf(path, sizeof(path), "%s", name);
	snprintf(expected_path, sizeof(expected_path), "%.*s.expected",
		 (int)(strlen(name) - strlen(".yaml")), name);
	expected = read_file(expected_path);
	rc = rx_lab_parse_file(path, &lab, &err);
	if (!rc)
		rc = rx_lab_complete(&lab, &err);
	if (!rc)
		fail_msg("%s was taken for a good lab", name);
	print_message("%s\n", name);
	assert_mistakes(&err, expected);
	free(expected);
}

static void bad_labs(void **state)
{
	struct dirent **entries;
	int n;

	(void)state;
	rx_set_trace(lab_untraced);
	assert_int_equal(chdir("tests/bad-labs"), 0);
	n = scandir(".", &entries, is_bad_lab, alphasort);
	assert_true(n >= 30);
	for (int i = 0; i < n; i++) {
		judge_bad_lab(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(chdir("../.."), 0);
}

static void files_that_cannot_be_read(void **state)
{
	struct rx_err err = {.text = ""};
	struct rx_lab lab;

	(void)state;
	assert_int_equal(rx_lab_parse_file("tests/no-such-lab.yaml", &lab, &err), -ENOENT);
	assert_mistakes(&err, "file-read tests/no-such-lab.yaml");
	assert_int_equal(rx_lab_parse_file("tests", &lab, &err), -EISDIR);
	assert_mistakes(&err, "file-read tests");
	/* endless */
	assert_int_equal(rx_lab_parse_file("/dev/zero", &lab, &err), -EINVAL);
	assert_mistakes(&err, "1:1 file-too-large /dev/zero 1048576");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_lab),
		cmocka_unit_test(every_key_of_the_lab),
		cmocka_unit_test(every_key_of_an_endpoint),
		cmocka_unit_test(networks_and_routers),
		cmocka_unit_test(parent_none_and_bridge),
		cmocka_unit_test(anchors_and_aliases),
		cmocka_unit_test(json_is_yaml),
		cmocka_unit_test(a_mistake_has_place_id_and_names),
		cmocka_unit_test(bad_labs),
		cmocka_unit_test(files_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
