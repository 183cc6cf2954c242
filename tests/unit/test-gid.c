/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which GID belongs to an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>

#include "netns/kernel/gid.h"

static struct rx_cidr cidr(const char *text)
{
	struct rx_cidr value;

	assert_true(rx_cidr_parse(text, AF_UNSPEC, &value));
	return value;
}

static struct rx_gid gid(unsigned index, const char *text, const char *type)
{
	struct rx_gid made = {.index = index};

	assert_int_equal(inet_pton(AF_INET6, text, made.raw), 1);
	snprintf(made.type, sizeof(made.type), "%s", type);
	return made;
}

/* IPv4 as an IPv4-mapped IPv6 address (IB specification, annex A17); of two types RoCE v2's. */
static void an_address_has_its_gid(void **state)
{
	struct rx_gid list[] = {
		gid(0, "fe80::1", "RoCE v2"),
		gid(2, "::ffff:10.77.0.1", "IB/RoCE v1"),
		gid(3, "::ffff:10.77.0.1", "RoCE v2"),
		gid(5, "fd77::1", "RoCE v2"),
	};
	const struct rx_cidr ipv4 = cidr("10.77.0.1/24"), ipv6 = cidr("fd77::1/64"),
			     other = cidr("10.77.0.2/24");

	(void)state;
	assert_ptr_equal(rx_gid_among(list, 4, &ipv4), &list[2]);
	assert_ptr_equal(rx_gid_among(list, 4, &ipv6), &list[3]);
	assert_null(rx_gid_among(list, 4, &other));
	assert_null(rx_gid_among(list, 2, &ipv4));
}

static void a_gid_is_told_in_short_form(void **state)
{
	char buf[46];

	(void)state;
	assert_string_equal(rx_gid_short("0000:0000:0000:0000:0000:ffff:0a4d:0001", buf),
			    "::ffff:10.77.0.1");
	assert_string_equal(rx_gid_short("fe80:0000:0000:0000:0000:00ff:fe00:0001", buf),
			    "fe80::ff:fe00:1");
	assert_string_equal(rx_gid_short("none", buf), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_its_gid),
		cmocka_unit_test(a_gid_is_told_in_short_form),
	};

	return cmocka_run_group_tests_name("gid", tests, NULL, NULL);
}
