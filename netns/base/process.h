/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way to run another program and to wait for it: never a shell. What runs with a limit has
 * a session of its own, which ends whole at that limit; what runs without one stays in our process
 * group, so that a terminal's Ctrl-C reaches it too. It gets a signal when the thread that started
 * it dies. */
#ifndef RXELAB_NETNS_BASE_PROCESS_H
#define RXELAB_NETNS_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netns/base/error.h"

/* Where what it prints goes. */
enum rx_process_output {
	RX_OUTPUT_KEPT, /* into rx_process.output */
	RX_OUTPUT_DROPPED,
	RX_OUTPUT_OURS, /* where our own goes */
	RX_OUTPUT_FD,   /* to rx_process.fd */
};

struct rx_process {
	const char *const *argv; /* ends with NULL; looked for in PATH unless it has a '/' */
	/* "NAME=VALUE" is set, "NAME" is unset; ends with NULL. NULL: our environment */
	const char *const *environment;
	const char *input; /* what it reads on standard input; NULL: nothing */
	double seconds;    /* its limit; 0: none */
	int death;         /* the signal at our death; 0: SIGTERM */
	double grace;      /* at its limit: seconds from SIGTERM to SIGKILL; 0: SIGKILL at once */
	enum rx_process_output out, err;
	int fd;
	size_t most; /* bytes of output that are kept, the rest is dropped; 0: a mebibyte */
	/* In the child, before the program: 0, or -errno with err filled. Its standard output is
	 * the program's already. */
	int (*prepare)(void *context, struct rx_err *err);
	void *context;

	/* while it runs */
	pid_t pid;
	int from;
	double deadline;

	/* of one that has ended */
	char *output; /* owned, ends with '\0'; never NULL */
	size_t length;
	bool cut;   /* there was more of it */
	int status; /* as waitpid(2) gives it */
};

/* Run it to its end. 0: it ended with status 0. Else err says what: not installed (RX_CANNOT,
 * ENOENT), its limit (ETIMEDOUT), or EIO with its status or signal, and its last words if they are
 * kept; the caller may look at status itself. In any case it frees output, as by rx_autoprocess. */
int rx_process_run(struct rx_process *process, struct rx_err *err);

/* The same in two steps, for what must run beside it. After rx_process_start was 0 there must be
 * rx_process_finish, which takes another deadline if the caller has set one. */
int rx_process_start(struct rx_process *process, struct rx_err *err);
int rx_process_finish(struct rx_process *process, struct rx_err *err);

void rx_process_free(struct rx_process *process);
#define rx_autoprocess __attribute__((cleanup(rx_process_free))) struct rx_process

/* A program is there: below root in the usual folders, or (root "") in one of PATH's. */
bool rx_have_program(const char *root, const char *name);

/* The last lines of text as one line: at most size bytes, '|' between lines. */
const char *rx_last_words(const char *text, char *buf, size_t size);

#endif
