/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP between the same endpoints by the same way: sockets made in their namespaces, bound to their
 * addresses and to their netdevs. In the hosted plane both ends are in one namespace, and without
 * SO_BINDTODEVICE the bytes would take lo; bound they cross the same macvlans as RXE's (seen on
 * 6.1, 6.12). Both protocols wait by giving the processor up. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "tools/bench/engine.h"
#include "tools/verbs/conn.h"

#define CONNECT_MS 5000
#define TAKE (256u << 10) /* bytes of one read, and what is checked against the clock */

struct talk {
	struct rx_flow *flow;
	int fd;
	unsigned side;
	uint8_t *buffer;
	struct rx_fault fault;
};

static int refused(struct rx_flow *flow, unsigned side, const char *what, int code)
{
	return rx_fault(&flow->fault, RX_FAULT_SETUP, code, "endpoint %s: TCP: %s: %s",
			flow->port[side]->node->want->name, what, strerror(code));
}

/* A socket of this side, bound to its netdev and address. */
static int open_socket(struct rx_flow *flow, unsigned side)
{
	const struct rx_port *port = flow->port[side];
	const char *netdev = port->iface->want->netdev;
	struct sockaddr_storage own;
	socklen_t length = rx_port_address(port, 0, &own);
	struct rx_err err;
	int home, fd, one = 1;

	if (rx_ns_enter(port->node->data_netns, &home, &err))
		return rx_fault(&flow->fault, RX_FAULT_SETUP, err.code, "%.400s", err.text);
	fd = socket(own.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rx_ns_leave(&home);
	if (fd < 0)
		return refused(flow, side, "socket", errno);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, netdev, (socklen_t)strlen(netdev) + 1) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    bind(fd, (void *)&own, length)) {
		int code = errno;

		close(fd);
		return refused(flow, side, "binding to its netdev and address", code);
	}
	return fd;
}

static int wait_fd(int fd, short events)
{
	struct pollfd ready = {.fd = fd, .events = events};

	return poll(&ready, 1, CONNECT_MS) > 0 ? 0 : -1;
}

static int connect_to(struct rx_flow *flow, int fd, uint16_t number)
{
	struct sockaddr_storage peer;
	socklen_t length = rx_port_address(flow->port[1], number, &peer), size = sizeof(int);
	int code = 0;

	if (!connect(fd, (void *)&peer, length))
		return 0;
	if (errno != EINPROGRESS)
		return refused(flow, 0, "connect", errno);
	if (wait_fd(fd, POLLOUT))
		return refused(flow, 0, "connect", ETIMEDOUT);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
	return code ? refused(flow, 0, "connect", code) : 0;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int connect_pair(struct rx_flow *flow, struct talk talk[2])
{
	rx_autoclose int listener = open_socket(flow, 1);
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);

	if (listener < 0 || (talk[0].fd = open_socket(flow, 0)) < 0)
		return -1;
	if (listen(listener, 1) || getsockname(listener, (void *)&own, &size))
		return refused(flow, 1, "listen", errno);
	set_nonblocking(talk[0].fd);
	/* the port lies at the same place in both kinds of address */
	if (connect_to(flow, talk[0].fd, ((struct sockaddr_in *)&own)->sin_port))
		return -1;
	if (wait_fd(listener, POLLIN) ||
	    (talk[1].fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
		return refused(flow, 1, "accept", errno);
	size = sizeof(int);
	setsockopt(talk[1].fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, size);
	return 0;
}

static int lost(struct talk *talk, const char *what, int code)
{
	return rx_fault(&talk->fault, RX_FAULT_SETUP, code, "endpoint %s: TCP: %s: %s",
			talk->flow->port[talk->side]->node->want->name, what,
			code ? strerror(code) : "the peer has gone");
}

/* Some of size bytes, waiting for them by giving the processor up. 0: the peer has gone; -1: the
 * fault is filled. */
static ssize_t some(struct talk *talk, bool out, uint8_t *at, size_t size, double limit)
{
	struct rx_idle *idle = &talk->flow->idle[talk->side];
	unsigned spins = 0;

	for (;;) {
		ssize_t n = out ? send(talk->fd, at, size, MSG_NOSIGNAL)
				: recv(talk->fd, at, size, 0);

		if (n >= 0)
			rx_idle_end(idle, &talk->flow->window);
		if (n >= 0)
			return n;
		if (errno != EAGAIN)
			return lost(talk, out ? "send" : "receive", errno);
		rx_idle_begin(idle);
		sched_yield();
		if (++spins % 64)
			continue;
		if (rx_now() > limit)
			return lost(talk, out ? "send" : "receive", ETIMEDOUT);
		if (atomic_load(&talk->flow->bench->stop) &&
		    (out || talk->flow->test->figure == RX_LATENCY))
			return lost(talk, "stopped", ECANCELED);
	}
}

/* Move exactly size bytes, or fail. */
static int move(struct talk *talk, bool out, size_t size, double limit)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = some(talk, out, talk->buffer + done, size - done, limit);

		if (n <= 0)
			return n ? -1 : lost(talk, out ? "send" : "receive", 0);
		done += (size_t)n;
	}
	return 0;
}

static void *send_stream(void *arg)
{
	struct talk *talk = arg;
	struct rx_flow *flow = talk->flow;
	double now = rx_now();
	unsigned long n = 0;

	rx_flow_pin(flow, 0);
	rx_rate_start(&flow->rate[0], &flow->window);
	while (rx_flow_goes_on(flow, n, now)) {
		if (move(talk, true, flow->size, rx_flow_limit(flow, now)))
			break;
		n++;
		now = rx_now();
		rx_rate_add(&flow->rate[0], now, flow->size, 1);
	}
	shutdown(talk->fd, SHUT_WR);
	atomic_store(&flow->sent, n);
	atomic_store(&flow->done, true);
	return NULL;
}

/* Until the sender shuts down: what has arrived counts, not what was put into a buffer. */
static void *receive_stream(void *arg)
{
	struct talk *talk = arg;
	struct rx_flow *flow = talk->flow;
	double now = rx_now();
	ssize_t n;

	rx_flow_pin(flow, 1);
	rx_rate_start(&flow->rate[1], &flow->window);
	while ((n = some(talk, false, talk->buffer, TAKE, rx_flow_limit(flow, now) + RX_WAIT)) >
	       0) {
		now = rx_now();
		rx_rate_add(&flow->rate[1], now, (uint64_t)n, 0);
	}
	flow->rate[1].all_messages = flow->rate[1].all_bytes / flow->size;
	return NULL;
}

static void *answer(void *arg)
{
	struct talk *talk = arg;
	struct rx_flow *flow = talk->flow;

	rx_flow_pin(flow, 1);
	while (!atomic_load(&flow->done)) {
		double limit = rx_now() + rx_flow_patience(flow);

		/* the peer's shutdown ends the game, and is no failure */
		if (move(talk, false, flow->size, limit) || move(talk, true, flow->size, limit))
			return NULL;
	}
	return NULL;
}

static void *ask(void *arg)
{
	struct talk *talk = arg;
	struct rx_flow *flow = talk->flow;
	double before, limit;
	unsigned long n = 0;

	rx_flow_pin(flow, 0);
	rx_rate_start(&flow->rate[0], &flow->window);
	while (rx_flow_goes_on(flow, n, flow->rate[0].last)) {
		before = rx_now();
		limit = before + 2 * rx_flow_patience(flow);
		if (move(talk, true, flow->size, limit) || move(talk, false, flow->size, limit))
			break;
		n++;
		rx_histogram_add(&flow->latency, (uint64_t)((rx_now() - before) / 2 * 1e9));
		rx_rate_add(&flow->rate[0], rx_now(), flow->size, 1);
	}
	atomic_store(&flow->done, true);
	shutdown(talk->fd, SHUT_RDWR);
	return NULL;
}

static void converse(struct rx_flow *flow)
{
	struct talk *talk = flow->own;
	bool latency = flow->test->figure == RX_LATENCY;
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, latency ? answer : receive_stream, &talk[1]);

	if (rc) {
		refused(flow, 1, "starting the receiver", rc);
		return;
	}
	(latency ? ask : send_stream)(&talk[0]);
	pthread_join(thread, NULL);
	if (talk[0].fault.kind)
		flow->fault = talk[0].fault;
	else if (!latency)
		flow->fault = talk[1].fault;
	/* being stopped is none */
	if (flow->fault.code == ECANCELED)
		memset(&flow->fault, 0, sizeof(flow->fault));
}

static int open_pair(struct rx_flow *flow)
{
	struct talk *talk = flow->own = rx_alloc(2, sizeof(*talk));
	unsigned side;

	for (side = 0; side < 2; side++)
		talk[side] = (struct talk){.flow = flow,
					   .fd = -1,
					   .side = side,
					   .buffer = rx_alloc(1, flow->size > TAKE ? flow->size
										   : TAKE)};
	return connect_pair(flow, talk);
}

static void close_pair(struct rx_flow *flow)
{
	struct talk *talk = flow->own;
	unsigned side;

	for (side = 0; side < 2; side++) {
		free(talk[side].buffer);
		rx_cleanup_fd(&talk[side].fd);
	}
	free(talk);
}

const struct rx_engine rx_engine_tcp = {"TCP", open_pair, converse, close_pair};
