/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of kernels test: runs made of what a guest says. */
#ifndef RXELAB_TESTS_UNIT_KERNELS_TEST_H
#define RXELAB_TESTS_UNIT_KERNELS_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/kernels/run.h"

/* Feed lines (NULL-terminated) to a new kernel of run; the reader's state comes back. */
static struct rx_lines feed(struct rx_run *run, const char *const line[])
{
	struct rx_lines lines = {.kernel = rx_run_add_kernel(run, "k")};

	for (size_t i = 0; line[i]; i++)
		rx_lines_take(&lines, line[i]);
	return lines;
}

/* The same as one good boot: its verdict is believed when it is the last line. */
static void boot(struct rx_run *run, const char *const line[])
{
	struct rx_lines lines = feed(run, line);

	run->kernel[run->n - 1].verdict = lines.verdict;
	rx_lines_free(&lines);
}

static const char *const good[] = {"up",
				   "kernel\t7.3.4\t#1 SMP",
				   "capability\todp\tyes\tODP_SUPPORT",
				   "begin\ta/one",
				   "check\tpass\tx\t",
				   "check\tskip\ty\tno reason",
				   "end\ta/one\t1.5",
				   "begin\ta/two",
				   "check\tpass\tz\t",
				   "end\ta/two\t2",
				   "verdict\tgood\t2",
				   NULL};
static const char *const bad[] = {"up",
				  "kernel\t7.3.4\t#1 SMP",
				  "capability\todp\tno\t",
				  "begin\ta/one",
				  "check\tfail\tx\tit | broke",
				  "end\ta/one\t1.5",
				  "begin\ta/two",
				  "check\tpass\tz\t",
				  "end\ta/two\t2",
				  "verdict\tbad\t2",
				  NULL};

/* Write text to a file of its own, whose name is in path. */
static void __attribute__((unused)) write_file(char path[32], const char *text)
{
	int fd;

	strncpy(path, "/tmp/rxelab-unit.XXXXXX", 32);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

#endif
