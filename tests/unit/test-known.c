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
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

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
		{.netns_plane = false},
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

/* ---- the key ---- */

static void write_file(const char *module, const char *file, const char *text)
{
	rx_autofree char *name = NULL, *at = rx_format("%s/%s", folder, module);
	FILE *out;

	mkdir(at, 0755);
	free(at);
	at = rx_format("%s/%s/notes", folder, module);
	mkdir(at, 0755);
	name = rx_format("%s/%s/%s", folder, module, file);
	out = fopen(name, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

#define NOTE "notes/.note.gnu.build-id"

static void drop_module(const char *module)
{
	static const char *const rest[] = {NOTE, "initstate", "notes", ""};

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		rx_autofree char *at = rx_format("%s/%s/%s", folder, module, rest[i]);

		remove(at);
	}
}

static int drop_modules(void **state)
{
	(void)state;
	drop_module("ib_core");
	drop_module("rdma_rxe");
	drop_module("rxelab_helper");
	return 0;
}

static void the_key_tells_apart(void **state)
{
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED};
	char key[7][RX_KNOWN_KEY];

	(void)state;
	assert_true(rx_known_key(folder, &facts, key[0], RX_KNOWN_KEY)); /* all built in */
	write_file("rdma_rxe", "initstate", "live");
	write_file("rdma_rxe", NOTE, "one");
	assert_true(rx_known_key(folder, &facts, key[1], RX_KNOWN_KEY));
	write_file("rdma_rxe", NOTE, "two");
	assert_true(rx_known_key(folder, &facts, key[2], RX_KNOWN_KEY));
	write_file("rxelab_helper", "initstate", "live");
	write_file("rxelab_helper", NOTE, "one");
	assert_true(rx_known_key(folder, &facts, key[3], RX_KNOWN_KEY));
	write_file("rxelab_helper", NOTE, "two");
	assert_true(rx_known_key(folder, &facts, key[4], RX_KNOWN_KEY));
	write_file("ib_core", "initstate", "live");
	write_file("ib_core", NOTE, "one");
	assert_true(rx_known_key(folder, &facts, key[5], RX_KNOWN_KEY));
	facts.rdma_mode = RX_RDMA_EXCLUSIVE;
	assert_true(rx_known_key(folder, &facts, key[6], RX_KNOWN_KEY));
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(key[i], key[k]);
}

/* A custom kernel's modules may have no such note: two of them look alike. */
static void no_key_without_a_build(void **state)
{
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED};
	char key[RX_KNOWN_KEY];

	(void)state;
	write_file("rdma_rxe", "initstate", "live");
	assert_false(rx_known_key(folder, &facts, key, sizeof(key)));
	write_file("rdma_rxe", NOTE, "one");
	assert_true(rx_known_key(folder, &facts, key, sizeof(key)));
	assert_false(rx_known_key(folder, &facts, key, strlen(key)));
}

/* ---- what is not whole ---- */

static void not_a_damaged_file(void **state)
{
	static const char *const lines[] = {"", "key", "key = ", "key = x", "key = 1x", "key 1"};
	struct rx_facts read = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(lines[i], out);
		fclose(out);
		assert_false(rx_known_read(path, "key", &read));
	}
	assert_false(read.netns_plane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again_under_its_key),
		cmocka_unit_test(not_under_another),
		cmocka_unit_test(not_a_damaged_file),
		cmocka_unit_test_teardown(the_key_tells_apart, drop_modules),
		cmocka_unit_test_teardown(no_key_without_a_build, drop_modules),
	};

	return cmocka_run_group_tests_name("known", tests, make_folder, remove_folder);
}
