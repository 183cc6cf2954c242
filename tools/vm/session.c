/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One guest from boot to the end: its streams are ours, and how it ended is told. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/vm/vm.h"

/* Emulation boots in 7 s on a quiet machine; KVM in one. */
#define BOOT_SECONDS 180
#define BOOT_SECONDS_KVM 30

/* One direction of one stream. What comes from the guest ends with the token, at which the stream
 * is done; bytes that may be the token's beginning are held back until that is known. */
struct stream {
	int from, to;
	const char *token; /* NULL: ends at end of file */
	/* not above PIPE_BUF, so that a write after POLLOUT does not block on a pipe */
	char buf[4096];
	size_t length, ready; /* bytes held; of them to be written now */
	bool done;
};

enum { INPUT, OUTPUT, ERRORS, STREAMS };

struct session {
	struct stream stream[STREAMS];
	int status_fd, signal_fd;
	int gate;             /* of one guest among several; -1: none */
	char status_line[64]; /* what has come of a line on the status channel */
	bool up, gone;        /* the guest said it runs; the emulator is gone */
	int exit_status;      /* -1: not said */
	int signal;           /* that we were sent; 0: none */
	double boot_deadline, deadline;
};

int rx_vm_signals_open(sigset_t *before)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, before);
	return signalfd(-1, &ending, SFD_CLOEXEC);
}

void rx_vm_signals_close(int fd, const sigset_t *before)
{
	close(fd);
	sigprocmask(SIG_SETMASK, before, NULL);
}

int rx_vm_signal_read(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

/* The longest end of the stream's bytes with which a token could begin. */
static size_t held_back(const struct stream *stream)
{
	size_t held = stream->length < RX_VM_TOKEN_LENGTH ? stream->length : RX_VM_TOKEN_LENGTH - 1;

	while (held && memcmp(stream->buf + stream->length - held, stream->token, held))
		held--;
	return held;
}

static void judge(struct stream *stream)
{
	char *end;

	stream->ready = stream->length;
	if (!stream->token)
		return;
	end = memmem(stream->buf, stream->length, stream->token, RX_VM_TOKEN_LENGTH);
	if (end) {
		stream->ready = stream->length = (size_t)(end - stream->buf);
		stream->done = true;
	} else {
		stream->ready -= held_back(stream);
	}
}

static void end_of_file(struct stream *stream)
{
	stream->done = true;
	stream->ready = stream->length;
	if (!stream->token)
		shutdown(stream->to, SHUT_WR);
}

static void pull(struct stream *stream)
{
	ssize_t got = read(stream->from, stream->buf + stream->length,
			   sizeof(stream->buf) - stream->length);

	if (got > 0) {
		stream->length += (size_t)got;
		judge(stream);
	} else if (!got || (errno != EINTR && errno != EAGAIN)) {
		end_of_file(stream);
	}
}

/* Returns 0, or -errno when the reader is gone. */
static int push(struct stream *stream)
{
	ssize_t put = write(stream->to, stream->buf, stream->ready);

	if (put < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	memmove(stream->buf, stream->buf + put, stream->length - (size_t)put);
	stream->length -= (size_t)put;
	stream->ready -= (size_t)put;
	return 0;
}

static void status_word(struct session *session, const char *line)
{
	int number;

	if (!strcmp(line, "up")) {
		session->up = true;
		/* a parent that is gone has told us so by a signal */
		if (session->gate >= 0 && write(session->gate, &(char){RX_VM_GATE_UP}, 1) < 0)
			session->gate = -1;
	} else if (sscanf(line, "exit %d", &number) == 1) {
		session->exit_status = number & 255;
	}
}

static void pull_status(struct session *session)
{
	char *line = session->status_line, *newline;
	size_t used = strlen(line);
	ssize_t got = read(session->status_fd, line + used,
			   sizeof(session->status_line) - used - 1);

	if (got <= 0) {
		session->gone = !got || (errno != EINTR && errno != EAGAIN);
		return;
	}
	line[used + (size_t)got] = '\0';
	while ((newline = strchr(line, '\n'))) {
		*newline = '\0';
		status_word(session, line);
		memmove(line, newline + 1, strlen(newline + 1) + 1);
	}
}

/* Every guest has come up: let the command begin. */
static void pull_gate(struct session *session)
{
	char word = 0;
	ssize_t got = read(session->gate, &word, 1);

	if (got == 1 && word == RX_VM_GATE_GO && write(session->status_fd, "go\n", 3) != 3)
		session->gone = true;
	if (got <= 0)
		session->gate = -1;
}

/* Poll what can move; a negative descriptor is passed over by poll(2). */
static void fill_poll(const struct session *session, struct pollfd *set)
{
	set[STREAMS] = (struct pollfd){.fd = session->gone ? -1 : session->status_fd,
				       .events = POLLIN};
	set[STREAMS + 1] = (struct pollfd){.fd = session->signal_fd, .events = POLLIN};
	set[STREAMS + 2] = (struct pollfd){.fd = session->gate, .events = POLLIN};
	for (int i = 0; i < STREAMS; i++) {
		const struct stream *stream = &session->stream[i];

		if (stream->ready)
			set[i] = (struct pollfd){.fd = stream->to, .events = POLLOUT};
		else if (!stream->done && (i != INPUT || (session->up && !session->gone)))
			set[i] = (struct pollfd){.fd = stream->from, .events = POLLIN};
		else
			set[i] = (struct pollfd){.fd = -1};
	}
}

static void move_streams(struct session *session, const struct pollfd *set)
{
	for (int i = 0; i < STREAMS; i++) {
		struct stream *stream = &session->stream[i];

		if (!set[i].revents)
			continue;
		if (!stream->ready) {
			pull(stream);
		} else if (push(stream)) {
			/* the command has closed its input: no matter. Our reader is gone: end as a
			 * pipeline does */
			if (i != INPUT)
				session->signal = SIGPIPE;
			stream->done = true;
			stream->length = stream->ready = 0;
		}
	}
}

static bool is_over(const struct session *session)
{
	const struct stream *out = &session->stream[OUTPUT], *errors = &session->stream[ERRORS];
	bool flushed = out->done && !out->ready && errors->done && !errors->ready;

	return session->signal || (flushed && (session->exit_status >= 0 || session->gone));
}

/* Carry until it is over or a deadline passes; true: over. */
static bool carry(struct session *session)
{
	struct pollfd set[STREAMS + 3];

	while (!is_over(session)) {
		bool boots = !session->up &&
			     (!session->deadline || session->boot_deadline < session->deadline);
		double deadline = boots ? session->boot_deadline : session->deadline;

		if (rx_passed(deadline))
			return false;
		fill_poll(session, set);
		if (poll(set, RX_ARRAY_SIZE(set), rx_poll_until(deadline)) <= 0)
			continue;
		move_streams(session, set);
		if (set[STREAMS].revents)
			pull_status(session);
		if (set[STREAMS + 1].revents)
			session->signal = rx_vm_signal_read(session->signal_fd);
		if (set[STREAMS + 2].revents)
			pull_gate(session);
	}
	return true;
}

static void set_streams(struct session *session, const struct rx_vm_boot *boot,
			const struct rx_vm_qemu *qemu)
{
	const int *channel = qemu->channel;
	bool tty = boot->interactive;
	struct stream *stream = session->stream;

	stream[INPUT].from = STDIN_FILENO;
	stream[INPUT].to = channel[tty ? RX_VM_TTY : RX_VM_STDIN];
	stream[OUTPUT].from = channel[tty ? RX_VM_TTY : RX_VM_STDOUT];
	stream[OUTPUT].to = STDOUT_FILENO;
	stream[ERRORS].from = channel[RX_VM_STDERR];
	stream[ERRORS].to = STDERR_FILENO;
	stream[ERRORS].done = tty;
	stream[OUTPUT].token = stream[ERRORS].token = boot->token;
	/* a job in the background that reads its terminal would be stopped */
	if (!tty && isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp())
		end_of_file(&stream[INPUT]);
	session->status_fd = channel[RX_VM_STATUS];
}

int rx_vm_session(const struct rx_vm_boot *boot, double deadline, int signal_fd,
		  struct rx_vm_end *end, struct rx_err *err)
{
	struct session session = {.exit_status = -1,
				  .signal_fd = signal_fd,
				  .deadline = deadline,
				  .gate = boot->options->node ? boot->options->gate : -1};
	struct rx_vm_qemu qemu;
	int rc = rx_vm_qemu_start(boot, &qemu, err);
	bool over;

	if (rc)
		return rc;
	session.boot_deadline = rx_deadline(boot->kvm ? BOOT_SECONDS_KVM : BOOT_SECONDS);
	set_streams(&session, boot, &qemu);
	over = carry(&session);
	/* an emulator that ended by itself has a status of its own to tell: not to be killed before
	 * it did */
	rx_vm_qemu_end(&qemu, session.gone ? 2 : 0);
	end->up = session.up;
	end->qemu_failed = session.gone &&
			   !(WIFEXITED(qemu.process.status) && !WEXITSTATUS(qemu.process.status));
	end->qemu_killed = session.gone && WIFSIGNALED(qemu.process.status);
	end->signal = session.signal;
	end->exit_status = over ? session.exit_status : -1;
	end->timed_out = !over && (session.up || rx_passed(deadline));
	return 0;
}
