/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other side of a netlink socket, which says what a test put there. */
#ifndef RXELAB_TESTS_UNIT_NETLINK_PEER_H
#define RXELAB_TESTS_UNIT_NETLINK_PEER_H

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netns/kernel/netlink.h"

static struct {
	char sent[70000]; /* the last request */
	size_t sent_length;
	/* datagrams, in order; sequence numbers are filled in when they are read */
	char answer[12][8192];
	size_t length[12], n, at;
	bool same_again;                     /* every request is answered by all of them */
	ssize_t send_result, receive_result; /* non-zero: what to answer instead */
} peer;

static ssize_t fake_send(int fd, const void *bytes, size_t length)
{
	(void)fd;
	assert_true(length <= sizeof(peer.sent));
	memcpy(peer.sent, bytes, length);
	peer.sent_length = length;
	if (peer.same_again)
		peer.at = 0;
	return peer.send_result ? peer.send_result : (ssize_t)length;
}

static ssize_t fake_receive(int fd, void *bytes, size_t size, int timeout_ms)
{
	const struct nlmsghdr *request = (const void *)peer.sent;
	struct nlmsghdr *reply;
	int left;

	(void)fd;
	(void)timeout_ms;
	if (peer.receive_result)
		return peer.receive_result;
	if (peer.at == peer.n)
		return -ETIMEDOUT;
	assert_true(peer.length[peer.at] <= size);
	memcpy(bytes, peer.answer[peer.at], peer.length[peer.at]);
	left = (int)peer.length[peer.at];
	for (reply = bytes; mnl_nlmsg_ok(reply, left); reply = mnl_nlmsg_next(reply, &left))
		if (reply->nlmsg_seq == 0)
			reply->nlmsg_seq = request->nlmsg_seq;
		else
			reply->nlmsg_seq += request->nlmsg_seq -
					    1; /* batch: 1, 2, 3 mean the first, second, third */
	return (ssize_t)peer.length[peer.at++];
}

/* For code that opens its sockets itself: put it in a transport of the test's own. */
static inline int fake_open(int protocol)
{
	(void)protocol;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static const struct rx_nl_transport fake_transport = {fake_send, fake_receive};
static struct rx_nl nl = {.fd = -1};

static int start(void **state)
{
	(void)state;
	memset(&peer, 0, sizeof(peer));
	rx_nl_transport = &fake_transport;
	return 0;
}

static struct nlmsghdr *begin(uint16_t type, uint16_t flags)
{
	struct nlmsghdr *reply = mnl_nlmsg_put_header(peer.answer[peer.n]);

	reply->nlmsg_type = type;
	reply->nlmsg_flags = flags;
	return reply;
}

static void finish(const struct nlmsghdr *reply)
{
	peer.length[peer.n++] = reply->nlmsg_len;
}

static inline void put_ack(int error, const char *text)
{
	struct nlmsghdr *reply = begin(NLMSG_ERROR,
				       text ? NLM_F_ACK_TLVS | NLM_F_CAPPED : NLM_F_CAPPED);
	struct nlmsgerr *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));

	body->error = error;
	if (text)
		mnl_attr_put_strz(reply, NLMSGERR_ATTR_MSG, text);
	finish(reply);
}

static inline void put_done(void)
{
	struct nlmsghdr *reply = begin(NLMSG_DONE, NLM_F_MULTI);

	mnl_nlmsg_put_extra_header(reply, 4);
	finish(reply);
}

static inline int request(struct rx_err *err)
{
	char bytes[64] __attribute__((aligned(4))) = "";
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);

	header->nlmsg_type = RTM_NEWLINK;
	return rx_nl_request(&nl, header, "netdev x: add", err);
}

#endif
