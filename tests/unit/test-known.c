/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe found is believed for the very key it was found for, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod-helpers/known.h"

static char folder[64], path[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/rxelab-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/probe", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void found_again_under_its_key(void **state)
{
	const struct rx_facts found[] = {
		{.netns_plane = true, .can_move = true, .move_tried = true, .move_loses_gsi = true},
		{.born_in_netns = true, .born_with_task = true, .move_tried = true},
		{0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		struct rx_facts read = {.can_move = true, .born_with_task = true};
		struct stat status;

		rx_known_write(path, "boot-1 6.12 ab helper-1 exclusive", &found[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
		assert_true(rx_known_read(path, "boot-1 6.12 ab helper-1 exclusive", &read));
		assert_int_equal(read.netns_plane, found[i].netns_plane);
		assert_int_equal(read.can_move, found[i].can_move);
		assert_int_equal(read.move_tried, found[i].move_tried);
		assert_int_equal(read.move_loses_gsi, found[i].move_loses_gsi);
		assert_int_equal(read.born_in_netns, found[i].born_in_netns);
		assert_int_equal(read.born_with_task, found[i].born_with_task);
	}
}

static void not_under_another(void **state)
{
	static const char *const others[] = {
		"boot-2 6.12 ab helper-1 exclusive", "boot-1 6.1 ab helper-1 exclusive",
		"boot-1 6.12 ac helper-1 exclusive", "boot-1 6.12 ab helper-0 exclusive",
		"boot-1 6.12 ab helper-1 shared",    "boot-1 6.12 ab helper-1",
	};
	const struct rx_facts found = {.netns_plane = true};
	struct rx_facts read = {0};

	(void)state;
	assert_false(rx_known_read(path, others[0], &read));
	rx_known_write(path, "boot-1 6.12 ab helper-1 exclusive", &found);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(rx_known_read(path, others[i], &read));
	assert_false(read.netns_plane);
}

static void the_key_tells_modes_apart(void **state)
{
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED};
	char shared[400], exclusive[400];

	(void)state;
	rx_known_key(&facts, shared, sizeof(shared));
	facts.rdma_mode = RX_RDMA_EXCLUSIVE;
	rx_known_key(&facts, exclusive, sizeof(exclusive));
	assert_string_not_equal(shared, exclusive);
	assert_non_null(strstr(shared, "shared"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again_under_its_key),
		cmocka_unit_test(not_under_another),
		cmocka_unit_test(the_key_tells_modes_apart),
	};

	return cmocka_run_group_tests_name("known", tests, make_folder, remove_folder);
}
