/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a look at a namespace has, and what it has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "netns/view/view-priv.h"

static struct rx_cidr cidr(const char *text)
{
	struct rx_cidr value;

	assert_true(rx_cidr_parse(text, AF_UNSPEC, &value));
	return value;
}

static void an_address_is_of_its_netdev_and_family(void **state)
{
	struct rx_addr_info addrs[] = {{.ifindex = 2, .addr = cidr("10.77.0.1/24")},
				       {.ifindex = 2, .addr = cidr("fd77::1/64")},
				       {.ifindex = 3, .addr = cidr("10.77.0.3/24")}};
	const struct rx_snapshot shot = {.addrs = addrs, .n_addrs = 3};
	const struct rx_cidr there = cidr("10.77.0.1/24"), there6 = cidr("fd77::1/64"),
			     other = cidr("10.77.0.2/24"), other6 = cidr("fd77::2/64"),
			     elsewhere = cidr("10.77.0.3/24");

	(void)state;
	assert_true(rx_snapshot_has_addr(&shot, 2, &there));
	assert_true(rx_snapshot_has_addr(&shot, 2, &there6));
	assert_false(rx_snapshot_has_addr(&shot, 2, &other));
	assert_false(rx_snapshot_has_addr(&shot, 2, &other6));
	assert_false(rx_snapshot_has_addr(&shot, 2, &elsewhere));
}

static void a_netdev_is_found_by_its_whole_name(void **state)
{
	struct rx_link_info links[] = {{.ifindex = 2, .name = "rxl0001-10"},
				       {.ifindex = 3, .name = "rxl0001-1"}};
	const struct rx_snapshot shot = {.links = links, .n_links = 2};

	(void)state;
	assert_ptr_equal(rx_snapshot_link(&shot, "rxl0001-1"), &links[1]);
	assert_null(rx_snapshot_link(&shot, "rxl0001"));
}

/* A router's netdev as it was made; a test changes one thing of it. */
static struct rx_link_info link;
static struct rx_addr_info address;

static int as_made(void **state)
{
	(void)state;
	link = (struct rx_link_info){.ifindex = 7,
				     .mtu = 1500,
				     .flags = IFF_UP,
				     .name = "rxl0001-1",
				     .mac = {2, 0, 0, 0, 0, 1}};
	address = (struct rx_addr_info){.ifindex = 7, .addr = cidr("10.77.0.1/24")};
	return 0;
}

/* What the view says that differs; "" if nothing does. */
static void differs(const char *expected)
{
	static struct rx_network network = {.name = "red"};
	struct rx_iface iface = {.netdev = "rxl0001-1",
				 .mac = {2, 0, 0, 0, 0, 1},
				 .ipv4 = cidr("10.77.0.1/24")};
	struct rx_node want = {.name = "r", .router = true, .ifaces = &iface, .n_ifaces = 1};
	struct rx_view view = {.plane = RX_PLANE_HOSTED,
			       .depth = RX_VIEW_WITHOUT_GIDS,
			       .lab = {.control = RX_CONTROL_NONE, .networks = &network}};
	struct rx_op made = {.kind = RX_OP_LINK, .name = "rxl0001-1", .ifindex = 7};
	const struct rx_op *ops[] = {&made};
	const struct rx_ledger_index index = {.op = ops, .n = 1};
	struct rx_shots shots = {.own = {.taken = true,
					 .links = &link,
					 .n_links = 1,
					 .addrs = &address,
					 .n_addrs = 1}};
	struct rx_node_view node = {.want = &want};

	rx_view_look_at_node(&view, &shots, &index, &node);
	assert_string_equal(node.drift, "");
	assert_string_equal(node.ifaces[0].drift, expected);
	free(node.ifaces);
}

static void what_is_as_it_was_made_does_not_differ(void **state)
{
	(void)state;
	differs("");
}

static void each_difference_is_told(void **state)
{
	(void)state;
	link.flags = 0;
	differs("netdev rxl0001-1 is down");
	as_made(NULL);
	link.ifindex = address.ifindex = 8;
	differs("netdev rxl0001-1 is not the one that was made");
	as_made(NULL);
	link.mac[5] = 2;
	differs("MAC of rxl0001-1 is 02:00:00:00:00:02 instead of 02:00:00:00:00:01");
	as_made(NULL);
	address.addr.addr[3] = 9;
	differs("address 10.77.0.1/24 is gone from rxl0001-1");
	as_made(NULL);
	snprintf(link.name, sizeof(link.name), "eth1");
	differs("netdev rxl0001-1 is gone");
}

/* Somebody deleted ours and made another one. */
static void a_namespace_of_the_same_name_is_another(void **state)
{
	struct rx_node want = {.name = "a", .netns = "/proc/thread-self/ns/net"};
	struct rx_view view = {.plane = RX_PLANE_NETNS, .depth = RX_VIEW_WITHOUT_GIDS};
	struct rx_op made = {.kind = RX_OP_NETNS, .name = "/proc/thread-self/ns/net"};
	const struct rx_op *ops[] = {&made};
	const struct rx_ledger_index index = {.op = ops, .n = 1};
	struct rx_shots shots = RX_SHOTS_NONE;
	struct stat status;

	(void)state;
	assert_int_equal(stat(want.netns, &status), 0);
	for (unsigned replaced = 0; replaced < 2; replaced++) {
		struct rx_node_view node = {.want = &want};

		made.inode = status.st_ino + replaced;
		rx_view_look_at_node(&view, &shots, &index, &node);
		assert_string_equal(node.drift, replaced ? "namespace /proc/thread-self/ns/net is "
							   "not the one that was made"
							 : "");
		free(node.ifaces);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_of_its_netdev_and_family),
		cmocka_unit_test(a_netdev_is_found_by_its_whole_name),
		cmocka_unit_test_setup(what_is_as_it_was_made_does_not_differ, as_made),
		cmocka_unit_test_setup(each_difference_is_told, as_made),
		cmocka_unit_test(a_namespace_of_the_same_name_is_another),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
