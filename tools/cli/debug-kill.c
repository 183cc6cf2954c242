/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "tools/cli/command.h"

static atomic_long count;
static long kill_at;
static int kill_with = SIGKILL;

static void at_boundary(const char *where)
{
	long number = atomic_fetch_add(&count, 1) + 1;

	if (number != kill_at)
		return;
	fprintf(stderr, "rxelab: debug: signal %d at boundary %ld (%s)\n", kill_with, number,
		where);
	kill(getpid(), kill_with);
}

static void write_count(void)
{
	const char *path = getenv("RXELAB_DEBUG_COUNT");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	fprintf(file, "%ld\n", atomic_load(&count));
	fclose(file);
}

void rx_debug_kill_install(void)
{
	const char *at = getenv("RXELAB_DEBUG_KILL"), *with = getenv("RXELAB_DEBUG_SIGNAL");

	if ((!at && !getenv("RXELAB_DEBUG_COUNT")) || rx_boundary_hook)
		return;
	kill_at = at ? strtol(at, NULL, 10) : 0;
	if (with)
		kill_with = (int)strtol(with, NULL, 10);
	rx_boundary_hook = at_boundary;
	atexit(write_count);
}
