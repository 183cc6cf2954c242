/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several guests on one segment. Each is run by a process of its own (fork: rx_vm_run as for one
 * guest), whose output comes to us line by line. The segment is a socket pair that the emulators
 * inherit: no path, no order of starting. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/vm/vm.h"

#define ROOM 65536 /* bytes of a line; a longer one is broken */

/* What a guest prints on one of its streams. */
struct pipe {
	int fd; /* -1: ended */
	FILE *to;
	char line[ROOM];
	size_t length;
};

enum { OUT, ERR, PIPES };

struct node {
	unsigned number;
	pid_t pid; /* 0: ended */
	int status;
	int gate; /* our end */
	bool up, failed;
	struct pipe pipe[PIPES];
};

struct nodes {
	const struct rx_vm_options *options;
	struct node node[RX_VM_MAX_NODES];
	unsigned n;
	int signal_fd, signal;
	bool told;   /* to begin */
	bool ending; /* they were asked to end */
};

/* ---- what they print ---- */

static void print_line(const struct node *node, struct pipe *pipe, size_t length)
{
	fprintf(pipe->to, "node%u: ", node->number);
	fwrite(pipe->line, 1, length, pipe->to);
	putc('\n', pipe->to);
	fflush(pipe->to);
}

static void pull(const struct node *node, struct pipe *pipe)
{
	ssize_t got = read(pipe->fd, pipe->line + pipe->length, ROOM - pipe->length);
	char *newline;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	pipe->length += got > 0 ? (size_t)got : 0;
	while ((newline = memchr(pipe->line, '\n', pipe->length))) {
		size_t used = (size_t)(newline - pipe->line);

		print_line(node, pipe, used);
		pipe->length -= used + 1;
		memmove(pipe->line, newline + 1, pipe->length);
	}
	if (pipe->length && (got <= 0 || pipe->length == ROOM)) {
		print_line(node, pipe, pipe->length);
		pipe->length = 0;
	}
	if (got <= 0) {
		close(pipe->fd);
		pipe->fd = -1;
	}
}

/* ---- their processes ---- */

static void __attribute__((noreturn))
be_node(const struct nodes *nodes, unsigned number, int segment, int gate, const int out[PIPES],
	bool no_kvm, pid_t parent)
{
	struct rx_vm_options options = *nodes->options;
	rx_autofree char *console = NULL;
	struct rx_err err = {0};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), rc;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent || null < 0 ||
	    dup2(null, STDIN_FILENO) < 0 || dup2(out[OUT], STDOUT_FILENO) < 0 ||
	    dup2(out[ERR], STDERR_FILENO) < 0)
		_exit(RX_CANNOT);
	options.node = number;
	options.segment = segment;
	options.gate = gate;
	options.no_kvm = no_kvm;
	if (options.console)
		options.console = console = rx_format("%s.%u", options.console, number);
	rc = rx_vm_run(&options, &err);
	if (rc < 0) {
		rx_note("%s", err.text);
		rc = err.status ? (int)err.status : RX_FAILED;
	}
	fflush(NULL);
	_exit(rc);
}

static int start_node(struct nodes *nodes, struct node *node, int segment, bool no_kvm,
		      struct rx_err *err)
{
	int gate[2] = {-1, -1}, out[2] = {-1, -1}, errors[2] = {-1, -1};
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) || pipe2(out, O_CLOEXEC) ||
	    pipe2(errors, O_CLOEXEC))
		return rx_fail(err, "process-start", errno, "vm: the channels of node %u: %s",
			       node->number, strerror(errno));
	node->up = node->failed = false;
	node->status = RX_GUEST_DIED;
	node->pid = fork();
	if (!node->pid)
		be_node(nodes, node->number, segment, gate[1], (int[PIPES]){out[1], errors[1]},
			no_kvm, parent);
	close(gate[1]);
	close(out[1]);
	close(errors[1]);
	node->gate = gate[0];
	node->pipe[OUT].fd = out[0];
	node->pipe[ERR].fd = errors[0];
	if (node->pid > 0)
		return 0;
	node->pid = 0;
	return rx_fail(err, "process-start", errno, "fork: %s", strerror(errno));
}

static int start_all(struct nodes *nodes, bool no_kvm, struct rx_err *err)
{
	int pair[2], rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return rx_fail(err, "process-start", errno, "socketpair: %s", strerror(errno));
	for (unsigned i = 0; i < nodes->n && !rc; i++)
		rc = start_node(nodes, &nodes->node[i], pair[i], no_kvm, err);
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static void end_all(struct nodes *nodes)
{
	for (unsigned i = 0; i < nodes->n && !nodes->ending; i++)
		if (nodes->node[i].pid)
			kill(nodes->node[i].pid, SIGTERM);
	nodes->ending = true;
}

/* Its output has ended, so it has or is about to. */
static void reap(struct nodes *nodes, struct node *node)
{
	int status = 0;

	while (waitpid(node->pid, &status, 0) < 0 && errno == EINTR)
		;
	node->pid = 0;
	node->status = WIFEXITED(status) ? WEXITSTATUS(status) : RX_GUEST_DIED;
	if (nodes->ending)
		return;
	if (node->failed || node->status == RX_GUEST_DIED || node->status == RX_TIMEOUT ||
	    !nodes->told) {
		if (!node->failed && nodes->n > 1)
			rx_note("vm: node %u is gone (status %d), so the others are ended too",
				node->number, node->status);
		end_all(nodes);
	}
}

/* ---- the loop ---- */

static void pull_gate(struct nodes *nodes, struct node *node)
{
	char word = 0;
	unsigned i, up = 0;

	if (read(node->gate, &word, 1) != 1) {
		close(node->gate);
		node->gate = -1;
		return;
	}
	node->up = node->up || word == RX_VM_GATE_UP;
	node->failed = node->failed || word == RX_VM_GATE_FAILED;
	for (i = 0; i < nodes->n; i++)
		up += nodes->node[i].up;
	if (up < nodes->n || nodes->told)
		return;
	nodes->told = true;
	for (i = 0; i < nodes->n; i++)
		if (write(nodes->node[i].gate, &(char){RX_VM_GATE_GO}, 1) < 0)
			end_all(nodes);
}

static bool step(struct nodes *nodes)
{
	struct pollfd set[1 + RX_VM_MAX_NODES * (1 + PIPES)] = {
		{.fd = nodes->signal_fd, .events = POLLIN}};
	unsigned i, n = 1, running = 0;

	for (i = 0; i < nodes->n; i++) {
		struct node *node = &nodes->node[i];

		if (node->pid && node->pipe[OUT].fd < 0 && node->pipe[ERR].fd < 0)
			reap(nodes, node);
		running += node->pid != 0;
		set[n++] = (struct pollfd){.fd = node->gate, .events = POLLIN};
		set[n++] = (struct pollfd){.fd = node->pipe[OUT].fd, .events = POLLIN};
		set[n++] = (struct pollfd){.fd = node->pipe[ERR].fd, .events = POLLIN};
	}
	if (!running)
		return false;
	if (poll(set, n, -1) <= 0)
		return true;
	if (set[0].revents && (nodes->signal = rx_vm_signal_read(nodes->signal_fd)))
		end_all(nodes);
	for (i = 0; i < nodes->n; i++) {
		if (set[1 + 3 * i].revents)
			pull_gate(nodes, &nodes->node[i]);
		for (int which = 0; which < PIPES; which++)
			if (set[2 + 3 * i + (unsigned)which].revents)
				pull(&nodes->node[i], &nodes->node[i].pipe[which]);
	}
	return true;
}

/* One boot of all. Returns the largest status, -EAGAIN (one never came up), or an error. */
static int run_once(struct nodes *nodes, bool no_kvm, struct rx_err *err)
{
	int rc, status = 0;
	unsigned i;

	nodes->told = nodes->ending = false;
	for (i = 0; i < nodes->n; i++)
		nodes->node[i].gate = -1;
	rc = start_all(nodes, no_kvm, err);
	if (rc)
		end_all(nodes);
	while (step(nodes))
		;
	for (i = 0; i < nodes->n; i++)
		rx_cleanup_fd(&nodes->node[i].gate);
	if (rc)
		return rc;
	for (i = 0; i < nodes->n; i++) {
		if (nodes->node[i].failed && !nodes->signal)
			return -EAGAIN;
		/* one that we ended has nothing to say */
		if (nodes->node[i].status > status &&
		    !(nodes->ending && nodes->node[i].status == 128 + SIGTERM))
			status = nodes->node[i].status;
	}
	return nodes->signal ? 128 + nodes->signal : status;
}

static int run_nodes(struct nodes *nodes, struct rx_err *err)
{
	sigset_t before;
	int rc = -EAGAIN;

	nodes->signal_fd = rx_vm_signals_open(&before);
	for (int boots = 0; boots < RX_VM_BOOTS && rc == -EAGAIN; boots++) {
		if (boots)
			rx_note("vm: all guests are started again (boot %d of %d)", boots + 1,
				RX_VM_BOOTS);
		rc = run_once(nodes, boots > 0, err);
	}
	rx_vm_signals_close(nodes->signal_fd, &before);
	return rc == -EAGAIN ? RX_GUEST_DIED : rc;
}

int rx_vm_run_nodes(const struct rx_vm_options *options, struct rx_err *err)
{
	struct rx_vm_kernel kernel = {.image = NULL};
	rx_autofree struct nodes *nodes = rx_alloc(1, sizeof(*nodes));
	int rc = rx_vm_kernel_find(options->kernel, &kernel, err);

	/* fetched once, before several look for it at the same time */
	rx_vm_kernel_free(&kernel);
	if (rc)
		return rc;
	nodes->options = options;
	nodes->n = options->nodes;
	for (unsigned i = 0; i < nodes->n; i++) {
		nodes->node[i].number = i + 1;
		nodes->node[i].pipe[OUT] = (struct pipe){.fd = -1, .to = stdout};
		nodes->node[i].pipe[ERR] = (struct pipe){.fd = -1, .to = stderr};
	}
	return run_nodes(nodes, err);
}
