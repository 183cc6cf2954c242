/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine's own namespaces and mounts, looked at: nothing is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/apply/worker.h"
#include "netns/kernel/all-netns.h"
#include "netns/kernel/inside.h"

#define MOST 1000

struct seen {
	ino_t inode[MOST];
	size_t n;
};

static uint64_t own_namespace(void)
{
	struct stat status;

	assert_int_equal(stat("/proc/self/ns/net", &status), 0);
	return status.st_ino;
}

static bool visit(const char *path, void *arg)
{
	struct seen *seen = arg;
	struct stat status;

	/* a process may have ended meanwhile */
	if (stat(*path ? path : "/proc/self/ns/net", &status))
		return false;
	for (size_t i = 0; i < seen->n; i++)
		assert_int_not_equal(seen->inode[i], status.st_ino);
	seen->inode[seen->n++] = status.st_ino;
	return seen->n == MOST;
}

static void each_namespace_is_visited_once(void **state)
{
	struct seen seen = {.n = 0};

	(void)state;
	rx_netns_each(visit, &seen);
	assert_true(seen.n >= 1);
	assert_int_equal(seen.inode[0], own_namespace());
}

static void a_process_is_known_by_its_namespace(void **state)
{
	(void)state;
	assert_true(rx_inside_alive(getpid(), own_namespace()));
	assert_false(rx_inside_alive(getpid(), own_namespace() + 1));
	assert_false(rx_inside_alive(0, own_namespace()));
}

static void a_folder_is_absent_mounted_or_there(void **state)
{
	char folder[] = "/tmp/rxelab-namespaces-XXXXXX";

	(void)state;
	assert_string_equal(rx_netns_dir_state("/proc"), "mounted");
	assert_non_null(mkdtemp(folder));
	assert_string_equal(rx_netns_dir_state(folder), "directory");
	assert_int_equal(rmdir(folder), 0);
	assert_string_equal(rx_netns_dir_state(folder), "absent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_namespace_is_visited_once),
		cmocka_unit_test(a_process_is_known_by_its_namespace),
		cmocka_unit_test(a_folder_is_absent_mounted_or_there),
	};

	return cmocka_run_group_tests_name("namespaces", tests, NULL, NULL);
}
