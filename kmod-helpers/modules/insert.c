/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/modules/insert.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/error.h"

static_assert(sizeof(struct rx_insertion) <= PIPE_BUF, "an outcome is written at once");

/* libkmod's print_action has no argument of ours; the child has one thread */
static struct rx_insertion *current;

/* command: an `install` line is about to be run (refuse_command will say no), rather than the file
 * inserted */
static void note_tried(struct kmod_module *module, bool command, const char *options)
{
	if (command)
		return;
	rx_trace("load module %s %s", kmod_module_get_name(module), options ? options : "");
	if (current->n < RX_INSERTION_MOST)
		snprintf(current->tried[current->n++], RX_MODULE_NAME_SIZE, "%s",
			 kmod_module_get_name(module));
}

/* Refusing here keeps libkmod from handing the line to a shell. */
static int refuse_command(struct kmod_module *module, const char *command, void *data)
{
	struct rx_insertion *done = data;

	rx_trace("module %s: install command not run: %s", kmod_module_get_name(module), command);
	snprintf(done->command_of, sizeof(done->command_of), "%s", kmod_module_get_name(module));
	return -EPERM;
}

/* Signals to come are the parent's to answer: it waits for the child. */
static void insert_and_tell(struct kmod_module *module, const char *options, int out)
{
	struct rx_insertion done = {0};
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	current = &done;
	done.rc = kmod_module_probe_insert_module(module, 0, options, refuse_command, &done,
						  note_tried);
	_exit(write(out, &done, sizeof(done)) != sizeof(done));
}

static void hear(int in, pid_t pid, struct rx_insertion *done)
{
	ssize_t got;

	do
		got = read(in, done, sizeof(*done));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(*done))
		*done = (struct rx_insertion){.rc = -ECHILD};
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void rx_module_insert(struct kmod_module *module, const char *options, struct rx_insertion *done)
{
	int ends[2];
	pid_t pid;

	memset(done, 0, sizeof(*done));
	if (pipe2(ends, O_CLOEXEC)) {
		done->rc = -errno;
		return;
	}
	pid = fork();
	if (!pid)
		insert_and_tell(module, options, ends[1]);
	if (pid < 0)
		done->rc = -errno;
	close(ends[1]);
	if (pid > 0)
		hear(ends[0], pid, done);
	close(ends[0]);
}
