/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/remote/wire.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"

#define RETRY_MS 100
#define SLICE_MS 200 /* how late a signal may be seen */

/* Cut "HOST:PORT" in two. host and port have room for size each. */
static bool split(const char *address, char *host, char *port, size_t size)
{
	const char *end = strrchr(address, ':');
	bool bracket = *address == '[';
	size_t length;

	if (bracket) {
		end = strchr(address, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		length = (size_t)(end - address) - 1;
		end = end[1] ? end + 1 : NULL;
	} else {
		if (end && strchr(address, ':') != end)
			end = NULL; /* an IPv6 address without a port */
		length = end ? (size_t)(end - address) : strlen(address);
	}
	if (length >= size || (end && (strlen(end + 1) >= size || !end[1] ||
				       strspn(end + 1, "0123456789") != strlen(end + 1))))
		return false;
	snprintf(host, size, "%.*s", (int)length, address + bracket);
	snprintf(port, size, "%s", end ? end + 1 : RX_WIRE_PORT);
	return strtoul(port, NULL, 10) >= 1 && strtoul(port, NULL, 10) <= 65535;
}

int rx_wire_judge(const char *option, const char *address, struct rx_err *err)
{
	char host[256], port[256];

	if (*address && split(address, host, port, sizeof(host)))
		return 0;
	return rx_usage(err, "remote-address", "--%s: \"%s\" is not HOST, HOST:PORT or [IPv6]:PORT",
			option, address);
}

static int look_up(const char *address, bool passive, struct addrinfo **list, struct rx_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0};
	char host[256] = "", port[256] = RX_WIRE_PORT;
	int rc;

	if (address && !split(address, host, port, sizeof(host)))
		return rx_usage(err, "remote-address",
				"\"%s\" is not HOST, HOST:PORT or [IPv6]:PORT", address);
	/* every address: IPv6's wildcard takes IPv4 too, where there is IPv6 */
	rc = getaddrinfo(*host ? host : NULL, port, &hints, list);
	return rc ? rx_fail(err, "remote-address", ENOENT, "%s: %s",
			    address ? address : "this host", gai_strerror(rc))
		  : 0;
}

static void name_peer(const struct sockaddr *address, socklen_t length, char *name, size_t size)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";

	getnameinfo(address, length, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(name, size, strchr(host, ':') ? "[%.60s]:%.8s" : "%.60s:%.8s", host, port);
}

static void begin(struct rx_wire *wire, int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	wire->fd = fd;
	wire->length = 0;
	wire->buf = rx_alloc(1, RX_WIRE_ROOM);
}

/* Wait for fd, at most to the deadline. Returns 0, -ETIMEDOUT or -EINTR. */
static int await(const struct rx_wire *wire, int fd, short events, double deadline)
{
	struct pollfd ready = {.fd = fd, .events = events};

	for (;;) {
		double rest = deadline > 0 ? (deadline - rx_now()) * 1e3 : SLICE_MS;
		int n = poll(&ready, 1, rest <= 0 ? 0 : rest < SLICE_MS ? (int)rest + 1 : SLICE_MS);

		if (n > 0)
			return 0;
		if (wire->stop && *wire->stop)
			return -EINTR;
		if (rest <= 0)
			return -ETIMEDOUT;
	}
}

/* One try at one address. */
static int try_connect(struct rx_wire *wire, const struct addrinfo *at, double deadline)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc = 0,
	    code = 0;
	socklen_t size = sizeof(code);

	if (fd < 0)
		return -errno;
	if (connect(fd, at->ai_addr, at->ai_addrlen) && errno != EINPROGRESS)
		rc = -errno;
	if (!rc)
		rc = await(wire, fd, POLLOUT, deadline);
	if (!rc && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) && code)
		rc = -code;
	if (rc)
		close(fd);
	else
		begin(wire, fd);
	return rc;
}

int rx_wire_connect(struct rx_wire *wire, const char *address, double deadline, struct rx_err *err)
{
	struct addrinfo *list, *at;
	int rc = look_up(address, false, &list, err);

	wire->fd = -1;
	wire->buf = NULL;
	if (rc)
		return rc;
	do {
		for (at = list, rc = -ENOENT; at && rc; at = at->ai_next) {
			name_peer(at->ai_addr, at->ai_addrlen, wire->peer, sizeof(wire->peer));
			rc = try_connect(wire, at, deadline);
		}
		if (rc && rc != -EINTR)
			rx_wait_ms(RETRY_MS);
	} while (rc && rc != -EINTR && rx_now() < deadline && !(wire->stop && *wire->stop));
	freeaddrinfo(list);
	return rc ? rx_fail(err, "remote-connect", -rc,
			    "%s: cannot connect: %s; is \"rxelab verify NAME --serve\" running "
			    "there, and does a firewall let it be reached?",
			    wire->peer, strerror(-rc))
		  : 0;
}

int rx_wire_listen(const char *address, char *name, size_t size, struct rx_err *err)
{
	struct addrinfo *list, *at;
	int rc = look_up(address, true, &list, err), fd = -1, one = 1, off = 0;

	if (rc)
		return rc;
	/* without a host, IPv6's wildcard first: it takes both families */
	for (at = list; !address && at->ai_next && at->ai_family != AF_INET6; at = at->ai_next)
		;
	for (; at && fd < 0; at = at->ai_next) {
		name_peer(at->ai_addr, at->ai_addrlen, name, size);
		fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (at->ai_family == AF_INET6 && !address)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		if (bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 8)) {
			rc = -errno;
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd >= 0 ? fd
		       : rx_fail(err, "remote-listen", rc ? -rc : EAFNOSUPPORT,
				 "%s: cannot listen there: %s", name,
				 strerror(rc ? -rc : EAFNOSUPPORT));
}

int rx_wire_accept(int listener, struct rx_wire *wire, double deadline,
		   const volatile sig_atomic_t *stop, struct rx_err *err)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	int rc, fd;

	*wire = (struct rx_wire){.fd = -1, .stop = stop};
	rc = await(wire, listener, POLLIN, deadline);
	if (rc)
		return rx_fail(err, rc == -EINTR ? "stopped" : "timeout", -rc, "%s",
			       rc == -EINTR ? "a signal came"
					    : "timed out waiting for a connection");
	fd = accept4(listener, (void *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return rx_fail(err, "remote-connect", errno, "accept: %s", strerror(errno));
	name_peer((void *)&from, size, wire->peer, sizeof(wire->peer));
	begin(wire, fd);
	return 0;
}

void rx_wire_close(struct rx_wire *wire)
{
	rx_cleanup_fd(&wire->fd);
	free(wire->buf);
	wire->fd = -1;
	wire->buf = NULL;
}

int rx_wire_send(struct rx_wire *wire, json_t *message, double deadline, struct rx_err *err)
{
	rx_autofree char *text = json_dumps(message, JSON_COMPACT);
	size_t length = text ? strlen(text) : 0, sent = 0;
	int rc = text ? 0 : -EILSEQ; /* a text that was cut inside a character */

	json_decref(message);
	if (text)
		text[length++] = '\n'; /* in place of the final NUL: from here on a length counts */
	while (!rc && sent < length) {
		ssize_t n = send(wire->fd, text + sent, length - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno == EAGAIN || errno == EINTR)
			rc = await(wire, wire->fd, POLLOUT, deadline);
		else
			rc = -errno;
	}
	return rc ? rx_fail(err, "remote-gone", -rc, "%s: cannot be told: %s", wire->peer,
			    strerror(-rc))
		  : 0;
}

/* A whole line of what has come, as an object; NULL with *bad unset: there is none yet. */
static json_t *take_line(struct rx_wire *wire, bool *bad)
{
	char *end = memchr(wire->buf, '\n', wire->length);
	json_t *message;
	size_t used;

	if (!end) {
		*bad = wire->length == RX_WIRE_ROOM;
		return NULL;
	}
	used = (size_t)(end - wire->buf) + 1;
	message = json_loadb(wire->buf, used - 1, JSON_REJECT_DUPLICATES, NULL);
	wire->length -= used;
	memmove(wire->buf, wire->buf + used, wire->length);
	if (message && json_is_object(message))
		return message;
	json_decref(message);
	*bad = true;
	return NULL;
}

int rx_wire_receive(struct rx_wire *wire, json_t **message, double deadline, struct rx_err *err)
{
	bool bad = false;
	ssize_t got;
	int rc;

	for (;;) {
		*message = take_line(wire, &bad);
		if (*message)
			return 0;
		if (bad)
			return rx_fail(err, "remote-answer", EBADMSG,
				       "%s: unexpected reply: is this rxelab verify?", wire->peer);
		rc = await(wire, wire->fd, POLLIN, deadline);
		if (rc)
			return rx_fail(err, rc == -EINTR ? "stopped" : "timeout", -rc,
				       "%s: no answer%s", wire->peer,
				       rc == -EINTR ? " before a signal came" : " in time");
		got = recv(wire->fd, wire->buf + wire->length, RX_WIRE_ROOM - wire->length, 0);
		if (!got)
			return rx_fail(err, "remote-gone", EPIPE,
				       "%s: it has closed the connection", wire->peer);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return rx_fail(err, "remote-gone", errno, "%s: %s", wire->peer,
				       strerror(errno));
		wire->length += got > 0 ? (size_t)got : 0;
	}
}
