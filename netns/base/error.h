/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error object: it lies on the caller's stack, is filled at the leaf
 * and gets its object's name on the way up.  Only tools/main.c prints it. */
#ifndef RXELAB_NETNS_BASE_ERROR_H
#define RXELAB_NETNS_BASE_ERROR_H

#include <stdbool.h>

/* Exit statuses of every rxelab command (docs/reference/json.md lists them). */
enum rx_status {
	RX_OK = 0,
	RX_FAILED = 1,    /* something was tried and failed */
	RX_USAGE = 2,     /* bad option or bad lab file, judged before the machine is looked at */
	RX_CANNOT = 4,    /* this machine cannot: no RXE, no privilege, not built */
	RX_TIMEOUT = 124, /* the command's own total time limit */
	RX_GUEST_DIED = 255,
};

struct rx_err {
	/* the kind of mistake, in words that stay (docs/reference/errors.md); never NULL */
	const char *id;
	int code;              /* positive errno, 0 if none fits */
	enum rx_status status; /* what the process exits with */
	/* the kernel was asked and no answer came that could be read: it may have done it */
	bool unanswered;
	char text[2048]; /* one sentence, several lines only for several mistakes */
};

/* The id of an error that holds several mistakes, a line each. With -v each line ends with the id
 * of its own mistake, "SENTENCE [id]". */
#define RX_SEVERAL "several-mistakes"

/* Fill err and return -code (-EIO when code is 0).  status: RX_FAILED, RX_USAGE, RX_CANNOT. id: a
 * string that lives for ever. */
int rx_fail(struct rx_err *err, const char *id, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int rx_usage(struct rx_err *err, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int rx_cannot(struct rx_err *err, const char *id, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put "what: " before the text that is already there; returns -err->code. */
int rx_wrap(struct rx_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tracing (-v): each operation and the kernel's reply. The sink is set once, before any thread
 * starts. */
typedef void rx_trace_fn(const char *line);
void rx_set_trace(rx_trace_fn *sink);
bool rx_tracing(void); /* before what is costly to say */
void rx_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
