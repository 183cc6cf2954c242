/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab's lock between processes, and what may happen between opening its file and locking it:
 * flock is ours here. Needs root, for /run/lock; without it nothing is tested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/ledger/lock.h"

#define NAME "a-test-of-locks"
#define LOCK_FILE RX_LOCK_DIR "/" NAME ".lock"

static bool owner_removes_it;
static unsigned tries;

int flock(int fd, int operation)
{
	if (tries++ == 0 && owner_removes_it)
		unlink(LOCK_FILE);
	return (int)syscall(SYS_flock, fd, operation);
}

static int afresh(void **state)
{
	(void)state;
	tries = 0;
	owner_removes_it = false;
	return 0;
}

static bool may_lock(void)
{
	return !geteuid() && !access("/run/lock", W_OK);
}

static void one_process_has_it(void **state)
{
	struct rx_err err = {.text = ""};
	int fd, status;
	pid_t pid;

	(void)state;
	if (!may_lock())
		return;
	fd = rx_lock(NAME, 0, NULL, &err);
	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(rx_lock(NAME, 0, NULL, &err) == -EBUSY ? 7 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	rx_unlock(NAME, fd, true);
	assert_int_not_equal(access(LOCK_FILE, F_OK), 0);
}

/* The last owner took the file away after we had opened it: others will lock another one. */
static void a_file_that_was_removed_is_no_lock(void **state)
{
	struct rx_err err = {.text = ""};
	struct stat held, named;
	int fd;

	(void)state;
	if (!may_lock())
		return;
	owner_removes_it = true;
	fd = rx_lock(NAME, 5, NULL, &err);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &held), 0);
	assert_int_equal(stat(LOCK_FILE, &named), 0);
	assert_int_equal(held.st_ino, named.st_ino);
	assert_int_equal(tries, 2);
	rx_unlock(NAME, fd, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_process_has_it, afresh),
		cmocka_unit_test_setup(a_file_that_was_removed_is_no_lock, afresh),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
