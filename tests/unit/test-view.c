/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a look at a namespace has, and what it has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "netns/view/snapshot.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_of_its_netdev_and_family),
		cmocka_unit_test(a_netdev_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
