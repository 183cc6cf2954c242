/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/ns.h"

/* An RXE add or netdev unregister waits for RCU and, on a busy host, for other holders of the RTNL:
 * much longer than this and something is stuck for good. */
#define REPLY_TIMEOUT_MS 60000
/* larger than any reply of one netlink datagram (NLMSG_GOODSIZE, up to 32 KiB) */
#define RECEIVE_BUFFER 65536
/* the default send buffer (net.core.wmem_default) is several times that */
#define BATCH_BYTES 32768
#define ALIGNED __attribute__((aligned(NLMSG_ALIGNTO)))
#define DUMP_TRIES 5

static ssize_t kernel_send(int fd, const void *bytes, size_t length)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do {
		sent = sendto(fd, bytes, length, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

static ssize_t take_waiting(int fd, void *bytes, size_t size)
{
	ssize_t got;

	do {
		got = recv(fd, bytes, size, MSG_TRUNC | MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return (size_t)got > size ? -EMSGSIZE : got;
}

/* The kernel answers nearly everything before sendto(2) returns: look first, wait only if there is
 * nothing. */
static ssize_t kernel_receive(int fd, void *bytes, size_t size, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t got = take_waiting(fd, bytes, size);
	int rc;

	if (got != -EAGAIN)
		return got;
	do {
		rc = poll(&ready, 1, timeout_ms);
	} while (rc < 0 && errno == EINTR);
	if (rc <= 0)
		return rc ? -errno : -ETIMEDOUT;
	return take_waiting(fd, bytes, size);
}

/* As if_nametoindex(3) does it, in the socket's namespace. */
static int kernel_ifindex(int fd, const char *netdev)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", netdev);
	return ioctl(fd, SIOCGIFINDEX, &request) ? -errno : request.ifr_ifindex;
}

static const struct rx_nl_transport kernel_transport = {.send = kernel_send,
							.receive = kernel_receive,
							.ifindex = kernel_ifindex};
const struct rx_nl_transport *rx_nl_transport = &kernel_transport;

static const char *protocol_name(int protocol)
{
	switch (protocol) {
	case NETLINK_ROUTE:
		return "NETLINK_ROUTE";
	case NETLINK_RDMA:
		return "NETLINK_RDMA (ib_core)";
	default:
		return "netlink";
	}
}

int rx_nl_open(struct rx_nl *nl, int protocol, const char *netns_path, struct rx_err *err)
{
	int home = -1, one = 1, rc = 0;

	*nl = RX_NL_CLOSED;
	if (rx_ns_enter(netns_path, &home, err))
		return -err->code;
	nl->fd = rx_nl_transport->open ? rx_nl_transport->open(protocol)
				       : socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		rc = errno;
	rx_ns_leave(&home);
	if (nl->fd < 0)
		return rx_cannot(err, "netlink-open", rc, "%s: cannot open a socket: %s",
				 protocol_name(protocol), strerror(rc));
	/* older kernels lack some of these; without them messages only say less */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	nl->sequence = (uint32_t)time(NULL);
	return 0;
}

void rx_nl_close(struct rx_nl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

const char *rx_nl_extack(const struct nlmsghdr *reply)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(reply);
	size_t skip = sizeof(*answer), length = mnl_nlmsg_get_payload_len(reply);
	const struct nlattr *attr;
	const char *text, *end;

	if (!(reply->nlmsg_flags & NLM_F_ACK_TLVS) || length < sizeof(*answer))
		return NULL;
	if (!(reply->nlmsg_flags & NLM_F_CAPPED)) {
		if (answer->msg.nlmsg_len < sizeof(answer->msg) || answer->msg.nlmsg_len > length)
			return NULL;
		skip += MNL_ALIGN(answer->msg.nlmsg_len) - sizeof(answer->msg);
	}
	if (skip >= length)
		return NULL;
	end = (const char *)answer + length;
	for (attr = (const void *)((const char *)answer + skip);
	     (const char *)attr + sizeof(*attr) <= end && attr->nla_len >= sizeof(*attr) &&
	     (const char *)attr + attr->nla_len <= end;
	     attr = (const void *)((const char *)attr + MNL_ALIGN(attr->nla_len))) {
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		text = mnl_attr_get_payload(attr);
		return memchr(text, 0, mnl_attr_get_payload_len(attr)) ? text : NULL;
	}
	return NULL;
}

static int fail_with_reply(const struct nlmsghdr *reply, int code, const char *what,
			   struct rx_err *err)
{
	const char *text = rx_nl_extack(reply);

	if (text)
		return rx_fail(err, "kernel-refused", code, "%s: %s (%s)", what, text,
			       strerror(code));
	return rx_fail(err, "kernel-refused", code, "%s: %s", what, strerror(code));
}

#define MAX_ERRNO 4095 /* include/linux/err.h */

/* The error code (positive errno, 0 for an ACK) of an NLMSG_ERROR message; -1 if it is cut short or
 * no such number. */
static int error_code(const struct nlmsghdr *reply)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(reply);

	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*answer) || answer->error > 0 ||
	    answer->error < -MAX_ERRNO)
		return -1;
	return -answer->error;
}

/* For what was not answered as it should be. */
static int unanswered(struct rx_err *err)
{
	err->unanswered = true;
	return -err->code;
}

/* A dump that failed says so at its end (netlink_dump_done, net/netlink/af_netlink.c). */
static int done_code(const struct nlmsghdr *reply)
{
	const int *code = mnl_nlmsg_get_payload(reply);

	return mnl_nlmsg_get_payload_len(reply) >= sizeof(*code) && *code < 0 && *code >= -MAX_ERRNO
		       ? -*code
		       : 0;
}

static int send_bytes(struct rx_nl *nl, const void *bytes, size_t length, const char *what,
		      struct rx_err *err)
{
	ssize_t sent = rx_nl_transport->send(nl->fd, bytes, length);

	if (sent == (ssize_t)length)
		return 0;
	if (sent < 0)
		rx_fail(err, "netlink-transport", (int)-sent, "%s: sending to the kernel: %s", what,
			strerror((int)-sent));
	else
		rx_fail(err, "netlink-transport", EIO,
			"%s: only %zd of %zu bytes were sent to the kernel", what, sent, length);
	return unanswered(err);
}

static ssize_t receive_bytes(struct rx_nl *nl, void *bytes, const char *what, struct rx_err *err)
{
	ssize_t got = rx_nl_transport->receive(nl->fd, bytes, RECEIVE_BUFFER, REPLY_TIMEOUT_MS);

	if (got >= 0)
		return got;
	if (got == -ETIMEDOUT)
		rx_fail(err, "netlink-timeout", ETIMEDOUT,
			"%s: the kernel did not answer within %d s", what, REPLY_TIMEOUT_MS / 1000);
	else
		rx_fail(err, "netlink-transport", (int)-got, "%s: reading the kernel's answer: %s",
			what, strerror((int)-got));
	return unanswered(err);
}

struct reader {
	uint32_t first, last; /* sequence numbers waited for */
	rx_nl_reply_fn *fn;
	void *arg;
	const char *what;
	int *result; /* batch: one each; else NULL */
	bool single; /* the first reply is the last */
	bool done, interrupted;
};

/* One message of a datagram. Returns 0 or a negative errno that ends the exchange. */
static int read_one(struct reader *reader, const struct nlmsghdr *reply, struct rx_err *err)
{
	int code;

	if (reply->nlmsg_seq - reader->first > reader->last - reader->first)
		return 0; /* an answer to an exchange that was given up */
	if (reply->nlmsg_flags & NLM_F_DUMP_INTR)
		reader->interrupted = true;
	if (reply->nlmsg_type == NLMSG_DONE) {
		reader->done = true;
		code = done_code(reply);
		return code ? fail_with_reply(reply, code, reader->what, err) : 0;
	}
	if (reply->nlmsg_type == NLMSG_ERROR) {
		code = error_code(reply);
		if (code < 0) {
			rx_fail(err, "netlink-answer", EBADMSG,
				"%s: the kernel's answer was cut short", reader->what);
			return unanswered(err);
		}
		if (reader->result) {
			reader->result[reply->nlmsg_seq - reader->first] = -code;
			reader->done = reply->nlmsg_seq == reader->last;
			return 0;
		}
		reader->done = true;
		return code ? fail_with_reply(reply, code, reader->what, err) : 0;
	}
	if (reply->nlmsg_type < NLMSG_MIN_TYPE || !reader->fn)
		return 0;
	reader->done = reader->single;
	code = reader->fn(reply, reader->arg);
	if (code >= 0)
		return code;
	rx_fail(err, "netlink-answer", -code, "%s: the kernel's answer cannot be read: %s",
		reader->what, strerror(-code));
	return unanswered(err);
}

/* mnl_nlmsg_ok() compares lengths as signed numbers (libmnl 1.0.4): a length above 2 GiB would
 * pass. */
static bool is_whole(const struct nlmsghdr *reply, int left)
{
	return left >= (int)sizeof(*reply) && reply->nlmsg_len >= sizeof(*reply) &&
	       reply->nlmsg_len <= (unsigned)left;
}

static int read_datagram(struct rx_nl *nl, struct reader *reader, void *buffer, struct rx_err *err)
{
	ssize_t got = receive_bytes(nl, buffer, reader->what, err);
	const struct nlmsghdr *reply = buffer;
	int left = (int)got, rc;

	if (got < 0)
		return (int)got;
	if (!is_whole(reply, left)) {
		rx_fail(err, "netlink-answer", EBADMSG, "%s: the kernel's answer was cut short",
			reader->what);
		return unanswered(err);
	}
	for (; is_whole(reply, left); reply = mnl_nlmsg_next(reply, &left)) {
		rc = read_one(reader, reply, err);
		if (rc)
			return rc;
	}
	return 0;
}

int rx_nl_request(struct rx_nl *nl, struct nlmsghdr *request, const char *what, struct rx_err *err)
{
	char buffer[RECEIVE_BUFFER] ALIGNED;
	struct reader reader = {.what = what};
	int rc;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = reader.first = reader.last = ++nl->sequence;
	rc = send_bytes(nl, request, request->nlmsg_len, what, err);
	while (!rc && !reader.done)
		rc = read_datagram(nl, &reader, buffer, err);
	rx_trace("%s: %s", what, rc ? err->text : "ok");
	return rc;
}

static int query_once(struct rx_nl *nl, struct nlmsghdr *request, struct reader *reader,
		      char *buffer, struct rx_err *err)
{
	int rc;

	reader->done = reader->interrupted = false;
	request->nlmsg_flags |= NLM_F_REQUEST;
	/* its answer or an error comes, no need for an ACK besides */
	reader->single = !(request->nlmsg_flags & NLM_F_DUMP);
	request->nlmsg_seq = reader->first = reader->last = ++nl->sequence;
	rc = send_bytes(nl, request, request->nlmsg_len, reader->what, err);
	while (!rc && !reader->done)
		rc = read_datagram(nl, reader, buffer, err);
	return rc;
}

int rx_nl_query(struct rx_nl *nl, struct nlmsghdr *request, rx_nl_reply_fn *fn,
		void (*begin)(void *arg), void *arg, const char *what, struct rx_err *err)
{
	char buffer[RECEIVE_BUFFER] ALIGNED;
	struct reader reader = {.fn = fn, .arg = arg, .what = what};
	int rc = 0, tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		if (begin)
			begin(arg);
		rc = query_once(nl, request, &reader, buffer, err);
		if (rc || !reader.interrupted || !begin)
			break;
	}
	return rc;
}

/* Put requests from *at on into out, as many as fit. Only the last one asks to be acknowledged: the
 * kernel answers in order, and a failure unasked (netlink_rcv_skb, net/netlink/af_netlink.c).
 * Returns the bytes used. */
static size_t pack(struct rx_nl *nl, struct nlmsghdr *const request[], size_t n, size_t *at,
		   char *out)
{
	struct nlmsghdr *last = NULL;
	size_t used = 0;

	for (; *at < n && used + MNL_ALIGN(request[*at]->nlmsg_len) <= BATCH_BYTES; (*at)++) {
		last = memcpy(out + used, request[*at], request[*at]->nlmsg_len);
		last->nlmsg_flags |= NLM_F_REQUEST;
		last->nlmsg_seq = ++nl->sequence;
		used += MNL_ALIGN(last->nlmsg_len);
	}
	if (last)
		last->nlmsg_flags |= NLM_F_ACK;
	return used;
}

int rx_nl_batch(struct rx_nl *nl, struct nlmsghdr *const request[], size_t n, int result[],
		struct rx_err *err)
{
	char buffer[RECEIVE_BUFFER] ALIGNED, out[BATCH_BYTES] ALIGNED;
	size_t from = 0, to, used;
	int rc = 0;

	memset(result, 0, n * sizeof(*result));
	for (; from < n && !rc; from = to) {
		struct reader reader = {.first = nl->sequence + 1,
					.what = "netlink batch",
					.result = result + from};

		to = from;
		used = pack(nl, request, n, &to, out);
		if (to == from)
			return rx_fail(err, "netlink-transport", EMSGSIZE,
				       "netlink batch: a request of %u bytes does not fit",
				       request[from]->nlmsg_len);
		reader.last = nl->sequence;
		rc = send_bytes(nl, out, used, reader.what, err);
		while (!rc && !reader.done)
			rc = read_datagram(nl, &reader, buffer, err);
	}
	return rc;
}
