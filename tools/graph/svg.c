/* SPDX-License-Identifier: GPL-2.0-or-later */
/* graphviz draws; nothing else of rxelab needs it, so it is a program that may be there and not a
 * library. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/graph/graph.h"

/* A leaf-spine of 1024 endpoints takes about two. */
#define LIMIT_MS 120000

extern char **environ;

/* The description in a file without a name, at its beginning. Returns a descriptor or -errno with
 * err filled. */
static int description(const struct rx_graph *graph, struct rx_err *err)
{
	int fd = memfd_create("rxelab-graph", MFD_CLOEXEC), copy = fd < 0 ? -1 : dup(fd), rc;
	rx_autofile FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out) {
		rc = rx_fail(err, errno, "graph: cannot keep the description: %s", strerror(errno));
		if (copy >= 0)
			close(copy);
	} else {
		rc = rx_graph_dot(graph, out);
		if (!rc && fflush(out))
			rc = -errno;
		if (rc)
			rx_fail(err, -rc, "graph: cannot write the description: %s", strerror(-rc));
	}
	if (rc && fd >= 0)
		close(fd);
	if (rc)
		return rc;
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int start(int input, pid_t *pid, struct rx_err *err)
{
	static char *const argv[] = {"dot", "-Tsvg", NULL};
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc == ENOENT)
		return rx_cannot(err, ENOENT,
				 "graph: an SVG is drawn by the program dot, which is missing: "
				 "install the package graphviz, or use --format dot or mermaid");
	if (rc)
		return rx_fail(err, rc, "graph: cannot start dot: %s", strerror(rc));
	return 0;
}

static int wait_for(pid_t pid, struct rx_err *err)
{
	/* pidfd_open(2): Linux 5.3; glibc has a wrapper from 2.36 on */
	rx_autoclose int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int status, ready = fd < 0 ? -1 : poll(&poll_fd, 1, LIMIT_MS);

	if (!ready)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return rx_fail(err, errno, "graph: waiting for dot: %s", strerror(errno));
	if (!ready)
		return rx_fail(err, ETIMEDOUT,
			       "graph: dot did not end within %d s; try --format dot and another "
			       "engine",
			       LIMIT_MS / 1000);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return rx_fail(err, EIO, "graph: dot failed (%s %d)",
			       WIFEXITED(status) ? "exit status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

int rx_graph_svg(const struct rx_graph *graph, struct rx_err *err)
{
	rx_autoclose int input = description(graph, err);
	pid_t pid;
	int rc;

	if (input < 0)
		return -err->code;
	/* dot writes to the same standard output */
	fflush(stdout);
	rc = start(input, &pid, err);
	return rc ? rc : wait_for(pid, err);
}
