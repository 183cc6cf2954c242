/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"

#define MOST_KEPT (1u << 20)

/* Standard input is a file without a name: nobody has to feed it while the program runs. */
static int input_fd(const char *text)
{
	size_t length = text ? strlen(text) : 0, done = 0;
	int fd = text ? memfd_create("input", MFD_CLOEXEC)
		      : open("/dev/null", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && done < length) {
		ssize_t n = write(fd, text + done, length - done);

		if (n <= 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && text)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int output_fd(const struct rx_process *p, enum rx_process_output output, int ours, int kept)
{
	switch (output) {
	case RX_OUTPUT_KEPT:
		return kept;
	case RX_OUTPUT_FD:
		return p->fd;
	case RX_OUTPUT_OURS:
		return ours;
	case RX_OUTPUT_DROPPED:
		break;
	}
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

bool rx_have_program(const char *root, const char *name)
{
	const char *path = *root ? "/usr/bin:/usr/local/bin:/bin" : getenv("PATH");
	struct stat st;

	for (const char *at = path ? path : "/usr/bin:/bin"; *at; at += *at == ':') {
		int length = (int)strcspn(at, ":");
		rx_autofree char *file = rx_format("%s%.*s/%s", root, length, at, name);

		/* lstat: inside root an absolute link (gcc -> /etc/alternatives) means something
		 * else out here */
		if (!lstat(file, &st) && !S_ISDIR(st.st_mode))
			return true;
		at += length;
	}
	return false;
}

/* The child up to its program. Returns only with err filled. */
static void child(const struct rx_process *p, int in, int kept, pid_t parent, struct rx_err *err)
{
	/* copies above 2: one may be the other's place */
	int out = fcntl(output_fd(p, p->out, STDOUT_FILENO, kept), F_DUPFD_CLOEXEC, 3);
	int complaints = fcntl(output_fd(p, p->err, STDERR_FILENO, kept), F_DUPFD_CLOEXEC, 3);

	if (p->seconds > 0)
		setsid();
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(complaints, 2) < 0) {
		rx_fail(err, "program-start", errno, "starting %s: %s", p->argv[0],
			strerror(errno));
		return;
	}
	for (size_t i = 0; p->environment && p->environment[i]; i++)
		putenv((char *)p->environment[i]);
	if (p->prepare && p->prepare(p->context, err))
		return;
	prctl(PR_SET_PDEATHSIG, p->death ? p->death : SIGTERM);
	if (getppid() != parent)
		_exit(126);
	execvp(p->argv[0], (char *const *)p->argv);
	/* EACCES also where PATH has a folder that this user may not enter */
	if (errno == ENOENT ||
	    (errno == EACCES && !strchr(p->argv[0], '/') && !rx_have_program("", p->argv[0])))
		rx_cannot(err, "program-missing", ENOENT, "the program %s is not installed",
			  p->argv[0]);
	else
		rx_fail(err, "program-start", errno, "starting %s: %s", p->argv[0],
			strerror(errno));
}

static int no_start(const struct rx_process *p, struct rx_err *err)
{
	return rx_fail(err, "program-start", errno, "starting %s: %s", p->argv[0], strerror(errno));
}

/* What the child has to say before its program starts; it says nothing if all is well. The error's
 * id points into the program, which is the same one on both sides. */
static int hear(struct rx_process *p, int from, struct rx_err *err)
{
	struct rx_err theirs;
	ssize_t got;

	do {
		got = read(from, &theirs, sizeof(theirs));
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(theirs))
		return 0;
	waitpid(p->pid, &p->status, 0);
	*err = theirs;
	return -err->code;
}

int rx_process_start(struct rx_process *p, struct rx_err *err)
{
	rx_autoclose int in = input_fd(p->input);
	int kept[2] = {-1, -1}, said[2] = {-1, -1}, rc;
	pid_t parent = getpid();

	p->from = -1;
	p->output = rx_strdup("");
	if (in < 0 || pipe2(kept, O_CLOEXEC) || pipe2(said, O_CLOEXEC) || (p->pid = fork()) < 0) {
		rc = no_start(p, err);
	} else if (!p->pid) {
		/* above what prepare() may give the program under numbers of its own */
		int words = fcntl(said[1], F_DUPFD_CLOEXEC, 100);

		child(p, in, kept[1], parent, err);
		_exit(write(words, err, sizeof(*err)) == sizeof(*err) ? 127 : 126);
	} else {
		rx_cleanup_fd(&said[1]);
		said[1] = -1;
		rc = hear(p, said[0], err);
	}
	rx_cleanup_fd(&kept[1]);
	rx_cleanup_fd(&said[0]);
	rx_cleanup_fd(&said[1]);
	if (rc) {
		rx_cleanup_fd(&kept[0]);
		return rc;
	}
	rx_trace("run %s %s ... (pid %d)", p->argv[0], p->argv[1] ? p->argv[1] : "", p->pid);
	fcntl(kept[0], F_SETFL, O_NONBLOCK);
	p->from = kept[0];
	p->deadline = rx_deadline(p->seconds);
	return 0;
}

/* Some of its output, as read(2) tells it: 0 at its end. */
static ssize_t take(struct rx_process *p)
{
	size_t most = p->most ? p->most : MOST_KEPT, fits;
	char chunk[16384];
	ssize_t got = read(p->from, chunk, sizeof(chunk));

	if (got <= 0)
		return got;
	fits = (size_t)got < most - p->length ? (size_t)got : most - p->length;
	p->cut |= fits < (size_t)got;
	p->output = realloc(p->output, p->length + fits + 1);
	if (!p->output)
		rx_memory_lost();
	memcpy(p->output + p->length, chunk, fits);
	p->length += fits;
	p->output[p->length] = '\0';
	return got;
}

static void end_group(const struct rx_process *p, int number)
{
	kill(p->seconds > 0 ? -p->pid : p->pid, number);
}

/* Until it ends, or is ended. Whether it was ended. What it left behind may still hold its output
 * open: that is not waited for. */
static bool attend(struct rx_process *p, int pidfd)
{
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = p->from, .events = POLLIN}};
	bool late = false;
	int n;

	while ((n = poll(fds, 2, rx_poll_until(p->deadline))) < 0 || !fds[0].revents) {
		if (n > 0 && !take(p))
			fds[1].fd = -1;
		if (n || !rx_passed(p->deadline))
			continue;
		end_group(p, p->grace > 0 && !late ? SIGTERM : SIGKILL);
		p->deadline = p->grace > 0 && !late ? rx_deadline(p->grace) : 0;
		late = true;
	}
	while (take(p) > 0)
		;
	return late;
}

const char *rx_last_words(const char *text, char *buf, size_t size)
{
	size_t length = strlen(text), skip;

	while (length && strchr("\n ", text[length - 1]))
		length--;
	skip = length < size ? 0 : length - size + 1;
	if (skip && memchr(text + skip, '\n', length - skip))
		skip = (size_t)(strchr(text + skip, '\n') - text) + 1;
	memcpy(buf, text + skip, length - skip);
	buf[length - skip] = '\0';
	for (char *at = buf; (at = strchr(at, '\n'));)
		*at = '|';
	return buf;
}

static int verdict(const struct rx_process *p, bool late, struct rx_err *err)
{
	char words[700];

	if (late)
		return rx_fail(err, "program-limit", ETIMEDOUT, "%s was not done within %.0f s",
			       p->argv[0], p->seconds);
	if (!p->status)
		return 0;
	rx_last_words(p->output, words, sizeof(words));
	return rx_fail(err, "program-failed", EIO, "%s ended with %s %d%s%s", p->argv[0],
		       WIFEXITED(p->status) ? "status" : "signal",
		       WIFEXITED(p->status) ? WEXITSTATUS(p->status) : WTERMSIG(p->status),
		       *words ? "; its last words: " : "", words);
}

int rx_process_finish(struct rx_process *p, struct rx_err *err)
{
	/* pidfd_open(2): Linux 5.3; glibc has a wrapper from 2.36 on */
	int pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0), rc = pidfd < 0 ? no_start(p, err) : 0;
	bool late = false;

	if (rc)
		end_group(p, SIGKILL);
	else
		late = attend(p, pidfd);
	while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
		;
	rx_cleanup_fd(&p->from);
	rx_cleanup_fd(&pidfd);
	return rc ? rc : verdict(p, late, err);
}

int rx_process_run(struct rx_process *process, struct rx_err *err)
{
	int rc = rx_process_start(process, err);

	return rc ? rc : rx_process_finish(process, err);
}

void rx_process_free(struct rx_process *process)
{
	free(process->output);
	process->output = NULL;
}
