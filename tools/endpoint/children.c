/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/endpoint/children.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/file.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/clock.h"
#include "tools/cli/output.h"

#define GRACE 2.0            /* seconds between SIGTERM and SIGKILL */
#define LINE_MAX_BYTES 65536 /* a longer line is cut there */

/* One of a child's output streams. */
struct stream {
	int fd; /* -1: closed */
	FILE *to;
	char *line;
	size_t used;
};

struct child {
	const struct rx_job *job;
	pid_t pid; /* and the id of its process group */
	bool done;
	int status; /* as a shell would say it */
	int oops;   /* where the child tells why it could not run the command; -1 when read */
	struct stream out, err;
};

struct crew {
	struct child *child;
	size_t n, running;
	int signals;     /* signalfd */
	sigset_t before; /* the mask that commands get */
	bool labelled;
	int width;     /* of the longest name */
	bool terminal; /* the command has the terminal we were given */
	double deadline;
	bool timed_out, killed;
};

/* Standard input's terminal goes to a process group; SIGTTOU is blocked, so that a background
 * process may do it. */
static void give_terminal(pid_t group)
{
	tcsetpgrp(STDIN_FILENO, group);
}

static void redirect(const int out[2], const int err[2])
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
}

/* In the child, to the end: the error, if there is one, goes back to the parent whole. */
static void __attribute__((noreturn))
become(const struct crew *crew, const struct child *child, int oops)
{
	struct rx_enter enter = child->job->enter;
	struct rx_err err = {.status = RX_FAILED};

	setpgid(0, 0);
	if (crew->terminal)
		give_terminal(getpid());
	enter.keep_fd = oops;
	if (!rx_enter(&enter, &err)) {
		/* after the change of user, which would clear it */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, &crew->before, NULL);
		rx_exec(child->job->argv, &err);
	}
	if (write(oops, &err, sizeof(err)) < 0)
		_exit(126);
	_exit((int)err.status);
}

static int make_pipes(bool labelled, int oops[2], int out[2], int err[2])
{
	if (pipe2(oops, O_CLOEXEC))
		return -errno;
	if (labelled && (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)))
		return -errno;
	return 0;
}

static void close_pair(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static void keep_reading_end(struct stream *stream, int fd[2], FILE *to)
{
	stream->fd = fd[0];
	stream->to = to;
	close(fd[1]);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
}

static int start(struct crew *crew, struct child *child, struct rx_err *err)
{
	int oops[2] = {-1, -1}, out[2] = {-1, -1}, errors[2] = {-1, -1};
	int rc = make_pipes(crew->labelled, oops, out, errors);

	child->pid = rc ? -1 : fork();
	if (child->pid < 0) {
		rc = rc ? -rc : errno;
		close_pair(oops), close_pair(out), close_pair(errors);
		return rx_fail(err, "process-start", rc,
			       "starting a process for endpoint %s failed: %s",
			       child->job->enter.node->want->name, strerror(rc));
	}
	if (!child->pid) {
		if (crew->labelled)
			redirect(out, errors);
		become(crew, child, oops[1]);
	}
	setpgid(child->pid, child->pid);
	crew->running++;
	child->oops = oops[0];
	close(oops[1]);
	if (crew->labelled) {
		keep_reading_end(&child->out, out, stdout);
		keep_reading_end(&child->err, errors, stderr);
	}
	return 0;
}

static void print_line(const struct crew *crew, const struct child *child, struct stream *stream)
{
	fprintf(stream->to, "%-*s | %.*s\n", crew->width, child->job->enter.node->want->name,
		(int)stream->used, stream->line);
	stream->used = 0;
}

static void take_text(const struct crew *crew, const struct child *child, struct stream *stream,
		      const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\n')
			stream->line[stream->used++] = text[i];
		if (text[i] == '\n' || stream->used == LINE_MAX_BYTES)
			print_line(crew, child, stream);
	}
}

static void read_stream(const struct crew *crew, const struct child *child, struct stream *stream)
{
	char chunk[16384];
	ssize_t got;

	if (!stream->line)
		stream->line = rx_alloc(LINE_MAX_BYTES, 1);
	while ((got = read(stream->fd, chunk, sizeof(chunk))) > 0)
		take_text(crew, child, stream, chunk, (size_t)got);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close(stream->fd);
	stream->fd = -1;
}

/* What is in the pipes when the command is gone; a daemon it left behind may hold them open for
 * ever. */
static void finish_stream(const struct crew *crew, const struct child *child, struct stream *stream)
{
	if (stream->fd >= 0)
		read_stream(crew, child, stream);
	if (stream->used)
		print_line(crew, child, stream);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	free(stream->line);
	stream->line = NULL;
}

static void signal_all(const struct crew *crew, int number)
{
	for (size_t i = 0; i < crew->n; i++)
		if (crew->child[i].pid > 0 && (!crew->child[i].done || crew->timed_out))
			kill(-crew->child[i].pid, number);
}

/* The command was stopped (^Z): we stop with it, so that the caller's shell sees it, and go on
 * together. */
static void stop_together(const struct crew *crew, const struct child *child)
{
	if (!crew->terminal)
		return;
	give_terminal(getpgrp());
	raise(SIGSTOP);
	give_terminal(child->pid);
	kill(-child->pid, SIGCONT);
}

static void reap(struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++) {
		struct child *child = &crew->child[i];
		int status;

		if (child->done || child->pid <= 0 ||
		    waitpid(child->pid, &status, WNOHANG | WUNTRACED) != child->pid)
			continue;
		if (WIFSTOPPED(status)) {
			stop_together(crew, child);
			continue;
		}
		child->done = true;
		child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		crew->running--;
	}
}

static void take_signals(struct crew *crew)
{
	struct signalfd_siginfo info;

	while (read(crew->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			signal_all(crew, (int)info.ssi_signo);
	reap(crew);
}

/* SIGTERM, then SIGKILL, to whole groups: what the commands started goes with them. */
static void on_deadline(struct crew *crew)
{
	if (!rx_passed(crew->deadline))
		return;
	if (crew->timed_out) {
		signal_all(crew, SIGKILL);
		crew->killed = true;
		crew->deadline = 0;
		return;
	}
	crew->timed_out = true;
	crew->deadline = rx_deadline(GRACE);
	signal_all(crew, SIGTERM);
	signal_all(crew, SIGCONT);
}

static void wait_round(struct crew *crew, struct pollfd *fds)
{
	nfds_t n = 0;

	fds[n++] = (struct pollfd){.fd = crew->signals, .events = POLLIN};
	for (size_t i = 0; crew->labelled && i < crew->n; i++) {
		fds[n++] = (struct pollfd){.fd = crew->child[i].out.fd, .events = POLLIN};
		fds[n++] = (struct pollfd){.fd = crew->child[i].err.fd, .events = POLLIN};
	}
	if (poll(fds, n, rx_poll_until(crew->deadline)) < 0)
		return;
	for (size_t i = 0; crew->labelled && i < crew->n; i++) {
		if (fds[1 + 2 * i].revents)
			read_stream(crew, &crew->child[i], &crew->child[i].out);
		if (fds[2 + 2 * i].revents)
			read_stream(crew, &crew->child[i], &crew->child[i].err);
	}
	if (fds[0].revents)
		take_signals(crew);
	if (crew->labelled)
		fflush(stdout);
}

/* After the time limit: do the groups hold anybody still? Orphans come to us
 * (PR_SET_CHILD_SUBREAPER), and one that is dead but not reaped would count as alive. */
static bool groups_empty(const struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++) {
		pid_t group = crew->child[i].pid;

		while (group > 0 && waitpid(-group, NULL, WNOHANG) > 0)
			;
		if (group > 0 && !kill(-group, 0))
			return false;
	}
	return true;
}

static void supervise(struct crew *crew, struct pollfd *fds)
{
	while (crew->running) {
		wait_round(crew, fds);
		on_deadline(crew);
	}
	/* members that outlived their leader's SIGTERM; a grandchild that is not ours announces
	 * nothing, so look again */
	while (crew->timed_out && !crew->killed && !groups_empty(crew)) {
		struct pollfd signals = {.fd = crew->signals, .events = POLLIN};

		if (poll(&signals, 1, 20) > 0)
			take_signals(crew);
		on_deadline(crew);
	}
}

/* Signals come by descriptor; commands get the mask back that we were started with. */
static int begin(struct crew *crew, size_t n, double timeout, struct rx_err *err)
{
	static const int passed_on[] = {SIGCHLD, SIGINT,  SIGTERM, SIGHUP,
					SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < RX_ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	crew->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, &crew->before);
	crew->child = rx_alloc(n, sizeof(*crew->child));
	if (crew->signals < 0)
		return rx_fail(err, "process-start", errno,
			       "no descriptors to supervise %zu commands: %s", n, strerror(errno));
	crew->n = n;
	for (size_t i = 0; i < n; i++)
		crew->child[i] = (struct child){.oops = -1, .out = {.fd = -1}, .err = {.fd = -1}};
	crew->deadline = rx_deadline(timeout);
	if (crew->deadline)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	return 0;
}

static void end(struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++)
		if (crew->child[i].oops >= 0)
			close(crew->child[i].oops);
	if (crew->terminal)
		give_terminal(getpgrp());
	if (crew->signals >= 0)
		close(crew->signals);
	free(crew->child);
	sigprocmask(SIG_SETMASK, &crew->before, NULL);
}

/* 0 if the command was run, else the negative errno that the child sent. */
static int outcome(const struct child *child, struct rx_err *err)
{
	struct rx_err sent;

	if (child->oops < 0 || read(child->oops, &sent, sizeof(sent)) != sizeof(sent))
		return 0;
	*err = sent;
	return -err->code;
}

/* Start them all and see them to their end. */
static int run_crew(struct crew *crew, const struct rx_job *jobs, size_t n, double timeout,
		    struct rx_err *err)
{
	rx_autofree struct pollfd *fds = rx_alloc(2 * n + 1, sizeof(*fds));
	int rc = begin(crew, n, timeout, err);

	for (size_t i = 0; !rc && i < n; i++) {
		crew->child[i].job = &jobs[i];
		rc = start(crew, &crew->child[i], err);
	}
	if (rc && crew->running)
		signal_all(crew, SIGKILL);
	supervise(crew, fds);
	return rc;
}

int rx_run_one(const struct rx_job *job, double timeout, struct rx_err *err)
{
	struct crew crew = {.terminal = isatty(STDIN_FILENO) &&
					tcgetpgrp(STDIN_FILENO) == getpgrp()};
	int rc = run_crew(&crew, job, 1, timeout, err);

	if (!rc)
		rc = outcome(&crew.child[0], err);
	if (!rc)
		rc = crew.timed_out ? RX_TIMEOUT : crew.child[0].status;
	end(&crew);
	return rc;
}

static int worst_of(struct crew *crew)
{
	int worst = 0;

	for (size_t i = 0; i < crew->n; i++) {
		struct child *child = &crew->child[i];
		struct rx_err err;

		finish_stream(crew, child, &child->out);
		finish_stream(crew, child, &child->err);
		if (outcome(child, &err)) {
			rx_note("%s: %s", child->job->enter.node->want->name, err.text);
			child->status = (int)err.status;
		}
		if (child->status > worst)
			worst = child->status;
	}
	return worst;
}

int rx_run_all(const struct rx_job *jobs, size_t n, double timeout, struct rx_err *err)
{
	struct crew crew = {.labelled = true};
	int rc;

	rx_allow_descriptors(5 * n + 64);
	for (size_t i = 0; i < n; i++)
		if ((int)strlen(jobs[i].enter.node->want->name) > crew.width)
			crew.width = (int)strlen(jobs[i].enter.node->want->name);
	rc = run_crew(&crew, jobs, n, timeout, err);
	if (!rc)
		rc = worst_of(&crew);
	if (rc >= 0 && crew.timed_out)
		rc = RX_TIMEOUT;
	end(&crew);
	return rc;
}
