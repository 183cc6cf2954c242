/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transport: one long-lived socket for each protocol and namespace, extended ACKs on, a
 * deadline on every wait. It knows nothing of what the messages mean; rtnl.c and rdma.c encode
 * and decode them. */
#ifndef RXELAB_NETNS_KERNEL_NETLINK_H
#define RXELAB_NETNS_KERNEL_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netns/base/error.h"

/* How bytes travel; a test replaces it to replay, garble or refuse. Both return bytes or -errno. */
struct rx_nl_transport {
	ssize_t (*send)(int fd, const void *bytes, size_t length);
	ssize_t (*receive)(int fd, void *bytes, size_t size, int timeout_ms);
	int (*open)(int protocol); /* a descriptor or -1 with errno; NULL: socket(2) */
	/* ifindex of a netdev that is there, or -errno; NULL: it has to be asked for by
	 * rtnetlink */
	int (*ifindex)(int fd, const char *netdev);
};
extern const struct rx_nl_transport *rx_nl_transport;

struct rx_nl {
	int fd;
	uint32_t sequence;
};

#define RX_NL_CLOSED ((struct rx_nl){.fd = -1})

/* Open a socket of protocol (NETLINK_ROUTE, NETLINK_RDMA, NETLINK_SOCK_DIAG) in the namespace at
 * netns_path ("": the calling thread's). Errors are RX_CANNOT for a protocol that the kernel does
 * not have. */
int rx_nl_open(struct rx_nl *nl, int protocol, const char *netns_path, struct rx_err *err);
void rx_nl_close(struct rx_nl *nl);

/* Send one request and wait for its acknowledgement. what: the sentence's beginning, e.g. "netdev
 * rxl1-1: add". Returns 0 or -errno with "WHAT: KERNEL'S SENTENCE". */
int rx_nl_request(struct rx_nl *nl, struct nlmsghdr *request, const char *what, struct rx_err *err);

/* Send n requests in as few sendmsg as fit and wait until the last of each is acknowledged;
 * result[i] gets 0 or -errno. Returns 0 when all were done or refused (see result), else -errno. */
int rx_nl_batch(struct rx_nl *nl, struct nlmsghdr *const request[], size_t n, int result[],
		struct rx_err *err);

/* Called for each message of a reply; non-zero ends the dump with that value. */
typedef int rx_nl_reply_fn(const struct nlmsghdr *reply, void *arg);

/* Send a request (a dump when NLM_F_DUMP is set) and hand every reply to fn. An interrupted dump is
 * repeated, five times at most, after begin(arg), which may be NULL, has forgotten what came so
 * far. */
int rx_nl_query(struct rx_nl *nl, struct nlmsghdr *request, rx_nl_reply_fn *fn,
		void (*begin)(void *arg), void *arg, const char *what, struct rx_err *err);

/* The kernel's own sentence (NLMSGERR_ATTR_MSG) of an error reply, or NULL. Points into reply. */
const char *rx_nl_extack(const struct nlmsghdr *reply);

#endif
