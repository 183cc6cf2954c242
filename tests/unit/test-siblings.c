/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of a lab beside those of others and MACs beside those of other machines, and what it
 * keeps of those that it had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/address.h"
#include "tests/unit/state-folder.h"
#include "tools/lab/siblings.h"
#include "tools/lab/stored.h"

#define FLAT(parent, more) "parent: " parent "\nendpoints: {count: 2}\n" more
#define TWO(first, second) \
	"parent: eth0\nnetworks:\n" first second \
	"endpoints:\n  - {name: x, network: red}\n  - {name: y, network: blue}\n"

static char *with_name(const char *name, const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "name: %s\n%s", name, text);
	return buf;
}

/* A lab that is up, of the netns plane, made by that machine; "": by an earlier version. */
static void machine_made(const char *machine, const char *name, const char *text)
{
	struct rx_ledger_header header = {.plane = RX_PLANE_NETNS, .rdma_mode = RX_RDMA_SHARED};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	char yaml[600];

	snprintf(header.machine, sizeof(header.machine), "%s", machine);
	snprintf(header.lab, sizeof(header.lab), "%s", name);
	with_name(name, text, yaml, sizeof(yaml));
	assert_int_equal(rx_ledger_create(name, &header, yaml, &ledger, &err), 0);
	assert_int_equal(rx_ledger_complete(&ledger, &err), 0);
	rx_ledger_close(&ledger);
}

static void there_is(const char *name, const char *text)
{
	machine_made("", name, text);
}

static void read_lab(const char *text, struct rx_lab *lab)
{
	struct rx_err err = {0};
	char yaml[600];

	memset(lab, 0, sizeof(*lab));
	with_name("b", text, yaml, sizeof(yaml));
	if (rx_lab_parse(yaml, strlen(yaml), "b.yaml", lab, &err) || rx_lab_complete(lab, &err))
		fail_msg("%s", err.text);
}

static void has_subnet(const struct rx_lab *lab, size_t network, const char *want)
{
	char text[64];

	assert_string_equal(rx_cidr_text(&lab->networks[network].subnet, true, text, sizeof(text)),
			    want);
}

/* What lab b has of text, and what comes of it beside the others. */
static int settle(const char *text, const char *first, const char *second)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	int rc;

	read_lab(text, &lab);
	rx_lab_settle_subnets(&lab);
	has_subnet(&lab, 0, first);
	if (second)
		has_subnet(&lab, 1, second);
	rc = rx_lab_judge_siblings(&lab, &err);
	if (rc)
		assert_string_equal(err.id, "address-conflict");
	rx_lab_free(&lab);
	return rc;
}

static void a_subnet_that_nobody_asked_for_gives_way(void **state)
{
	(void)state;
	there_is("a", FLAT("eth0", ""));
	assert_int_equal(settle(FLAT("eth0", ""), "10.77.1.0/24", NULL), 0);
	assert_int_equal(settle(FLAT("eth1", ""), "10.77.0.0/24", NULL), 0);
	assert_int_equal(settle(FLAT("eth0", "subnet: 10.77.0.0/24\n"), "10.77.0.0/24", NULL),
			 -EADDRINUSE);
}

static void what_it_had_on_that_wire_it_keeps(void **state)
{
	(void)state;
	there_is("b", FLAT("eth0", "subnet: 10.77.7.0/24\n"));
	there_is("a", FLAT("eth0", "subnet: 10.77.7.0/24\n"));
	assert_int_equal(settle(FLAT("eth0", ""), "10.77.7.0/24", NULL), 0);
	assert_int_equal(settle(FLAT("eth0", "subnet: 10.77.7.0/24\n"), "10.77.7.0/24", NULL), 0);
	/* on another it had nothing */
	there_is("c", FLAT("eth1", ""));
	there_is("d", FLAT("eth1", "subnet: 10.77.7.0/24\n"));
	assert_int_equal(settle(FLAT("eth1", ""), "10.77.1.0/24", NULL), 0);
	assert_int_equal(settle(FLAT("eth1", "subnet: 10.77.7.0/24\n"), "10.77.7.0/24", NULL),
			 -EADDRINUSE);
}

/* A wire of its own is the same one when the lab is made again. */
static void without_a_parent_too(void **state)
{
	(void)state;
	there_is("b", FLAT("none", "subnet: 10.77.7.0/24\n"));
	assert_int_equal(settle(FLAT("none", ""), "10.77.7.0/24", NULL), 0);
}

static void networks_are_known_by_their_names(void **state)
{
	(void)state;
	there_is("b", TWO("  red: {vlan: 10, subnet: 10.77.6.0/24}\n",
			  "  blue: {vlan: 20, subnet: 10.77.5.0/24}\n"));
	assert_int_equal(settle(TWO("  blue: {vlan: 20}\n", "  red: {vlan: 10}\n"), "10.77.5.0/24",
				"10.77.6.0/24"),
			 0);
	/* and do not get what overlaps another one's now */
	assert_int_equal(settle(TWO("  red: {vlan: 10}\n",
				    "  blue: {vlan: 20, subnet: 10.77.6.0/24}\n"),
				"10.77.0.0/24", "10.77.6.0/24"),
			 0);
	/* each other's first subnets are in nobody's way */
	assert_int_equal(settle(TWO("  red: {vlan: 10}\n", "  blue: {vlan: 30}\n"), "10.77.6.0/24",
				"10.77.1.0/24"),
			 0);
}

/* ---- MACs ---- */

/* Lab b as a machine of that id has it; NULL: it has none. */
static void settle_macs(const char *id, const char *text, struct rx_lab *lab)
{
	static char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s.id", rx_state_dir);
	rx_machine_id_file = path;
	file = id ? fopen(path, "w") : NULL;
	assert_true(!id || file);
	if (file) {
		fprintf(file, "%s\n", id);
		fclose(file);
	}
	read_lab(text, lab);
	rx_lab_settle_macs(lab);
	unlink(path);
}

static bool same_macs(const struct rx_lab *a, const struct rx_lab *b, size_t node)
{
	return !memcmp(a->nodes[node].ifaces[0].mac, b->nodes[node].ifaces[0].mac, 6);
}

#define GIVEN "parent: eth0\nendpoints: [x, {name: y, mac: \"02:00:00:00:00:0b\"}]\n"

static void machines_have_their_own(void **state)
{
	struct rx_lab names, one, again, two, none;

	(void)state;
	read_lab(GIVEN, &names);
	settle_macs("1f", GIVEN, &one);
	settle_macs("1f", GIVEN, &again);
	settle_macs("2f", GIVEN, &two);
	settle_macs(NULL, GIVEN, &none);
	assert_true(same_macs(&one, &again, 0));
	assert_false(same_macs(&one, &two, 0));
	assert_false(same_macs(&one, &names, 0));
	assert_true(same_macs(&none, &names, 0));
	assert_true(same_macs(&one, &names, 1)); /* what was given */
	assert_int_equal(one.nodes[0].ifaces[0].mac[0], 2);
	rx_lab_free(&names);
	rx_lab_free(&one);
	rx_lab_free(&again);
	rx_lab_free(&two);
	rx_lab_free(&none);
}

static void hosts_of_a_lab_share_them(void **state)
{
	struct rx_lab one, two;

	(void)state;
	settle_macs("1f", FLAT("eth0", "host: 1/2\n"), &one);
	settle_macs("2f", FLAT("eth0", "host: 1/2\n"), &two);
	assert_true(same_macs(&one, &two, 0));
	rx_lab_free(&one);
	rx_lab_free(&two);
}

/* A lab that an earlier version made has them from its names, and keeps them. */
static void the_record_wins(void **state)
{
	struct rx_lab names, old, one, moved, stored;
	struct rx_err err = {0};

	(void)state;
	read_lab(GIVEN, &names);
	there_is("b", GIVEN);
	settle_macs("1f", GIVEN, &old);
	assert_true(same_macs(&old, &names, 0));
	assert_int_equal(rx_ledger_remove("b", &err), 0);
	settle_macs("1f", GIVEN, &one);
	machine_made(one.machine, "b", GIVEN);
	settle_macs("2f", GIVEN, &moved);
	assert_true(same_macs(&moved, &one, 0));
	memset(&stored, 0, sizeof(stored));
	assert_int_equal(rx_lab_stored("b", &stored, &err), 0);
	assert_true(same_macs(&stored, &one, 0));
	rx_lab_free(&names);
	rx_lab_free(&old);
	rx_lab_free(&one);
	rx_lab_free(&moved);
	rx_lab_free(&stored);
}

static int set_up(void **state)
{
	(void)state;
	return make_state_folder();
}

static int forget_labs(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct rx_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		rx_ledger_remove(names[i], &err);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_state_folder();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_subnet_that_nobody_asked_for_gives_way, forget_labs),
		cmocka_unit_test_teardown(what_it_had_on_that_wire_it_keeps, forget_labs),
		cmocka_unit_test_teardown(without_a_parent_too, forget_labs),
		cmocka_unit_test_teardown(networks_are_known_by_their_names, forget_labs),
		cmocka_unit_test(machines_have_their_own),
		cmocka_unit_test(hosts_of_a_lab_share_them),
		cmocka_unit_test_teardown(the_record_wins, forget_labs),
	};

	return cmocka_run_group_tests_name("siblings", tests, set_up, tear_down);
}
