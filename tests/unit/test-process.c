/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running programs: what comes back of them, and that nothing of them is left at their limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "netns/base/process.h"

static int shell(const char *script, struct rx_process *p, struct rx_err *err)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	int rc;

	p->argv = argv;
	rc = rx_process_run(p, err);
	p->argv = NULL;
	return rc;
}

static void output_is_kept_and_cut(void **state)
{
	rx_autoprocess whole = {0}, few = {.most = 5, .err = RX_OUTPUT_DROPPED};
	struct rx_err err;

	(void)state;
	assert_int_equal(shell("echo out; echo words >&2", &whole, &err), 0);
	assert_string_equal(whole.output, "out\nwords\n");
	assert_false(whole.cut);
	/* more than a pipe holds: it must not wait for us for ever */
	assert_int_equal(shell("echo words >&2; head -c 300000 /dev/zero | tr '\\0' x", &few, &err),
			 0);
	assert_string_equal(few.output, "xxxxx");
	assert_int_equal(few.length, 5);
	assert_true(few.cut);
}

static void input_is_fed(void **state)
{
	char *text = malloc(300001);
	rx_autoprocess cat = {.input = text}, none = {0};
	struct rx_err err;

	(void)state;
	memset(text, 'y', 300000);
	text[300000] = '\0';
	assert_int_equal(shell("cat", &cat, &err), 0);
	assert_string_equal(cat.output, text);
	/* without input there is an end of file at once, not our terminal */
	assert_int_equal(shell("cat; echo end", &none, &err), 0);
	assert_string_equal(none.output, "end\n");
	free(text);
}

static void environment_and_descriptor(void **state)
{
	static const char *const environment[] = {"RX_ONE=1", "RX_TWO", NULL};
	int ends[2];
	char got[64] = "";
	struct rx_err err;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	setenv("RX_TWO", "2", 1);
	{
		rx_autoprocess p = {.environment = environment, .out = RX_OUTPUT_FD, .fd = ends[1]};

		assert_int_equal(shell("echo $RX_ONE,$RX_TWO", &p, &err), 0);
		assert_string_equal(p.output, "");
	}
	assert_int_equal(read(ends[0], got, sizeof(got) - 1), 3);
	assert_string_equal(got, "1,\n");
	assert_string_equal(getenv("RX_TWO"), "2");
	assert_null(getenv("RX_ONE"));
	close(ends[0]);
	close(ends[1]);
}

/* The grandchild holds the pipe, so its end of file tells that it is gone. */
static void limit_ends_the_whole_group(void **state)
{
	rx_autoprocess p = {.seconds = 0.3, .err = RX_OUTPUT_DROPPED};
	struct pollfd gone = {.events = POLLIN};
	struct rx_err err;
	double begin = rx_now();
	int ends[2];
	char script[64];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(script, sizeof(script), "sleep 1000 & echo $!; wait");
	assert_int_equal(shell(script, &p, &err), -ETIMEDOUT);
	assert_true(rx_now() - begin < 20);
	assert_int_equal(err.status, RX_FAILED);
	assert_string_equal(err.id, "program-limit");
	assert_true(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGKILL);
	close(ends[1]);
	gone.fd = ends[0];
	assert_int_equal(poll(&gone, 1, 20000), 1);
	assert_true(gone.revents & POLLHUP);
	close(ends[0]);
}

static void grace_lets_it_end_by_itself(void **state)
{
	rx_autoprocess p = {.seconds = 0.3, .grace = 20};
	struct rx_err err;

	(void)state;
	assert_int_equal(shell("trap 'echo bye; exit 3' TERM; echo up; sleep 1000 & wait", &p,
			       &err),
			 -ETIMEDOUT);
	assert_string_equal(p.output, "up\nbye\n");
	assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 3);
}

/* What it leaves behind may hold its output open; that is not waited for. */
static void what_stays_is_not_waited_for(void **state)
{
	rx_autoprocess p = {.seconds = 20};
	struct rx_err err;

	(void)state;
	assert_int_equal(shell("sleep 1000 & echo $!", &p, &err), 0);
	assert_true(atoi(p.output) > 1);
	kill(atoi(p.output), SIGKILL);
}

static void status_and_signal(void **state)
{
	rx_autoprocess status = {0}, number = {0};
	struct rx_err err;

	(void)state;
	assert_int_equal(shell("echo one; echo two; exit 7", &status, &err), -EIO);
	assert_string_equal(err.id, "program-failed");
	assert_true(!strncmp(err.text, "sh ", 3) && strstr(err.text, " 7"));
	assert_non_null(strstr(err.text, "one|two"));
	assert_int_equal(WEXITSTATUS(status.status), 7);
	assert_int_equal(shell("kill -9 $$", &number, &err), -EIO);
	assert_true(!strncmp(err.text, "sh ", 3) && strstr(err.text, " 9"));
	assert_string_equal(err.id, "program-failed");
}

static int refuse(void *context, struct rx_err *err)
{
	return rx_fail(err, "planted", EPERM, "refused %s", (const char *)context);
}

static void not_installed_and_refused(void **state)
{
	const char *const none[] = {"rxelab-no-such-program", NULL}, *const yes[] = {"true", NULL};
	rx_autoprocess missing = {.argv = none},
		       refused = {.argv = yes, .prepare = refuse, .context = "it"};
	struct rx_err err;

	(void)state;
	assert_int_equal(rx_process_run(&missing, &err), -ENOENT);
	assert_int_equal(err.status, RX_CANNOT);
	assert_string_equal(err.id, "program-missing");
	assert_non_null(strstr(err.text, "rxelab-no-such-program"));
	assert_string_equal(missing.output, "");
	assert_int_equal(rx_process_run(&refused, &err), -EPERM);
	assert_string_equal(err.text, "refused it");
	assert_string_equal(err.id, "planted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_kept_and_cut),
		cmocka_unit_test(input_is_fed),
		cmocka_unit_test(environment_and_descriptor),
		cmocka_unit_test(limit_ends_the_whole_group),
		cmocka_unit_test(grace_lets_it_end_by_itself),
		cmocka_unit_test(what_stays_is_not_waited_for),
		cmocka_unit_test(status_and_signal),
		cmocka_unit_test(not_installed_and_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
