/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which GID belongs to an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kmod-helpers/build/files.h"
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

/* A full table of so many entries below folder. */
static void make_table(const char *folder, unsigned length)
{
	static const char port[] = "class/infiniband/rxl/ports/1";
	struct rx_err err;
	char path[200];

	snprintf(path, sizeof(path), "%s/%s/gids", folder, port);
	assert_int_equal(rx_build_mkdirs(path, &err), 0);
	for (unsigned i = 0; i < length; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s/gids/%u", folder, port, i);
		file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, "0000:0000:0000:0000:0000:ffff:0a4d:%04x\n", i + 1);
		fclose(file);
	}
}

/* The helper makes tables of 16: what comes behind is no error. */
static void a_short_table_ends(void **state)
{
	static const unsigned lengths[] = {1, 16, 17, 1024};
	char folder[64];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct rx_gid *list = NULL;
		size_t n = 0;
		int sysfs;

		snprintf(folder, sizeof(folder), "/tmp/rxelab-test-XXXXXX");
		assert_non_null(mkdtemp(folder));
		make_table(folder, lengths[i]);
		sysfs = open(folder, O_PATH | O_DIRECTORY);
		assert_int_equal(rx_gid_table_length(sysfs, "rxl"), lengths[i]);
		assert_int_equal(rx_gid_table_length(sysfs, "none"), 0);
		assert_int_equal(rx_gid_list(sysfs, "rxl", RX_GID_GAP, &list, &n), 0);
		assert_int_equal(n, lengths[i]);
		free(list);
		assert_int_equal(rx_gid_list(sysfs, "none", RX_GID_GAP, &list, &n), -ENOENT);
		close(sysfs);
		rx_build_remove_tree(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_its_gid),
		cmocka_unit_test(a_short_table_ends),
	};

	return cmocka_run_group_tests_name("gid", tests, NULL, NULL);
}
