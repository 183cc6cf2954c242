/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of a lab beside those of others, and what it keeps of those that it had. */
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

#define FLAT(parent, more) "parent: " parent "\nendpoints: {count: 2}\n" more
#define TWO(first, second) \
	"parent: eth0\nnetworks:\n" first second \
	"endpoints:\n  - {name: x, network: red}\n  - {name: y, network: blue}\n"

static char *with_name(const char *name, const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "name: %s\n%s", name, text);
	return buf;
}

/* A lab that is up, of the netns plane. */
static void there_is(const char *name, const char *text)
{
	struct rx_ledger_header header = {.plane = RX_PLANE_NETNS, .rdma_mode = RX_RDMA_SHARED};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	char yaml[600];

	snprintf(header.lab, sizeof(header.lab), "%s", name);
	with_name(name, text, yaml, sizeof(yaml));
	assert_int_equal(rx_ledger_create(name, &header, yaml, &ledger, &err), 0);
	assert_int_equal(rx_ledger_complete(&ledger, &err), 0);
	rx_ledger_close(&ledger);
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
	};

	return cmocka_run_group_tests_name("siblings", tests, set_up, tear_down);
}
