/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON objects over TCP, a line each, with a deadline on everything. */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_WIRE_H
#define RXELAB_TOOLS_VERIFY_REMOTE_WIRE_H

#include <jansson.h>
#include <signal.h>
#include <stddef.h>

#include "netns/base/error.h"

#define RX_WIRE_PORT "18791" /* unassigned (IANA, 2026) */

/* Bytes of a line at most: what was seen of 1,000 endpoints is one. */
#define RX_WIRE_ROOM (4 << 20)

struct rx_wire {
	int fd;        /* -1: closed */
	char peer[80]; /* for messages: "10.0.0.2:18791" */
	char *buf;     /* owned: what came and was not yet read */
	size_t length;
	const volatile sig_atomic_t *stop; /* may be NULL */
};

/* "HOST", "HOST:PORT" or "[IPv6]:PORT": the form alone, before anything is looked up. */
int rx_wire_judge(const char *option, const char *address, struct rx_err *err);
/* Connect until it succeeds or deadline (rx_now) passes: the other side may not listen yet. */
int rx_wire_connect(struct rx_wire *wire, const char *address, double deadline, struct rx_err *err);
/* A listening socket; address NULL: every address of this host. name: what it listens on, for
 * messages. */
int rx_wire_listen(const char *address, char *name, size_t size, struct rx_err *err);
/* Wait for a peer. -ETIMEDOUT or -EINTR (*stop) with err filled. deadline 0: none. */
int rx_wire_accept(int listener, struct rx_wire *wire, double deadline,
		   const volatile sig_atomic_t *stop, struct rx_err *err);
void rx_wire_close(struct rx_wire *wire);

/* Takes the reference of message, also on error. */
int rx_wire_send(struct rx_wire *wire, json_t *message, double deadline, struct rx_err *err);
/* The next object; the caller owns it. -EPIPE: the peer has closed. */
int rx_wire_receive(struct rx_wire *wire, json_t **message, double deadline, struct rx_err *err);

#endif
