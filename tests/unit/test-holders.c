/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom down --kill ends: programs of the lab's own namespaces, and nobody else. The namespace is
 * that of a child, and its name the child's /proc/PID/ns/net, so that no name need be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "tools/cli/stop.h"
#include "tools/lab/holders.h"

static struct {
	pid_t pid; /* of who is in the namespace; 0: none can be made here */
	uint64_t cookie;
	char name[64]; /* of the namespace */
} inside;

/* program: NULL: it goes on as this test, which is a program of ours */
static void enter(const char *program)
{
	int ends[2];
	char end;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	inside.pid = fork();
	assert_true(inside.pid >= 0);
	if (!inside.pid) {
		uint64_t cookie;

		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(1);
		cookie = rx_ns_cookie();
		if (write(ends[1], &cookie, sizeof(cookie)) != sizeof(cookie))
			_exit(1);
		if (program)
			execlp(program, program, "60", NULL);
		close(ends[1]);
		alarm(60);
		pause();
		_exit(0);
	}
	close(ends[1]);
	snprintf(inside.name, sizeof(inside.name), "/proc/%d/ns/net", (int)inside.pid);
	if (read(ends[0], &inside.cookie, sizeof(inside.cookie)) != sizeof(inside.cookie)) {
		waitpid(inside.pid, NULL, 0);
		inside.pid = 0;
	}
	assert_int_equal(read(ends[0], &end, 1), 0); /* it is the other program */
	close(ends[0]);
}

static int leave(void **state)
{
	(void)state;
	rx_stopped = 0;
	if (inside.pid) {
		kill(inside.pid, SIGKILL);
		waitpid(inside.pid, NULL, 0);
	}
	return 0;
}

static ino_t inode_of_it(void)
{
	struct stat status;

	assert_int_equal(stat(inside.name, &status), 0);
	return status.st_ino;
}

/* Of a lab whose endpoint has the namespace of that name, of which the ledger says this. */
static int end_in(const char *name, uint64_t cookie, double deadline)
{
	const struct rx_holders_wait wait = {.end = true, .seconds = 0.3, .deadline = deadline};
	struct rx_entry entry = {.state = RX_ENTRY_DONE,
				 .op = {.kind = RX_OP_NETNS, .owner = "ep1", .cookie = cookie}};
	const struct rx_ledger ledger = {.header = {.lab = "t"}, .entries = &entry, .n = 1};
	struct rx_err err = {0};

	entry.op.inode = inode_of_it();
	snprintf(entry.op.name, sizeof(entry.op.name), "%s", name);
	return rx_ledger_without_holders(&ledger, &wait, &err);
}

static bool was_ended(void)
{
	int status;

	if (waitpid(inside.pid, &status, WNOHANG) != inside.pid)
		return false;
	inside.pid = 0;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return true;
}

static void who_is_inside_is_ended(void **state)
{
	(void)state;
	enter("sleep");
	if (!inside.pid)
		skip();
	assert_int_equal(end_in(inside.name, 0, 0), 0);
	assert_true(was_ended());
}

/* An inode number goes to the next namespace that is made, which may be anybody's. */
static void who_only_has_its_inode_is_not(void **state)
{
	(void)state;
	enter("sleep");
	if (!inside.pid)
		skip();
	assert_int_equal(end_in("rxl.t.ep1", 0, 0), 0);
	assert_false(was_ended());
}

static void nor_who_has_name_and_inode_and_another_cookie(void **state)
{
	(void)state;
	enter("sleep");
	if (!inside.pid)
		skip();
	assert_int_equal(end_in(inside.name, inside.cookie + 1, 0), 0);
	assert_false(was_ended());
}

static void nor_a_program_of_ours(void **state)
{
	(void)state;
	enter(NULL);
	if (!inside.pid)
		skip();
	assert_int_equal(end_in(inside.name, 0, 0), 0);
	assert_false(was_ended());
}

/* Before anybody is ended. */
static void a_signal_or_the_deadline_ends_the_waiting(void **state)
{
	(void)state;
	enter("sleep");
	if (!inside.pid)
		skip();
	rx_stopped = SIGTERM;
	assert_int_equal(end_in(inside.name, 0, 0), -EINTR);
	rx_stopped = 0;
	assert_int_equal(end_in(inside.name, 0, rx_now() - 1), -ETIMEDOUT);
	assert_false(was_ended());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(who_is_inside_is_ended, leave),
		cmocka_unit_test_teardown(who_only_has_its_inode_is_not, leave),
		cmocka_unit_test_teardown(nor_who_has_name_and_inode_and_another_cookie, leave),
		cmocka_unit_test_teardown(nor_a_program_of_ours, leave),
		cmocka_unit_test_teardown(a_signal_or_the_deadline_ends_the_waiting, leave),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
