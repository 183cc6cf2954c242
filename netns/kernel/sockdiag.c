/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/sockdiag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "netns/kernel/netlink.h"

struct search {
	uint16_t port; /* network order */
	bool found;
};

static int socket_reply(const struct nlmsghdr *reply, void *arg)
{
	struct search *search = arg;
	struct inet_diag_msg socket;

	if (mnl_nlmsg_get_payload_len(reply) < sizeof(socket))
		return 0;
	memcpy(&socket, mnl_nlmsg_get_payload(reply), sizeof(socket));
	if (socket.id.idiag_sport == search->port)
		search->found = true;
	return 0;
}

int rx_udp_socket_open(const char *netns_path, int family, uint16_t port, struct rx_err *err)
{
	char bytes[256] = "";
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct inet_diag_req_v2 *wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
	struct search search = {.port = htons(port)};
	struct rx_nl nl;
	int rc;

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->nlmsg_flags = NLM_F_DUMP;
	wanted->sdiag_family = (uint8_t)family;
	wanted->sdiag_protocol = IPPROTO_UDP;
	wanted->idiag_states = ~0u;
	rc = rx_nl_open(&nl, NETLINK_SOCK_DIAG, netns_path, err);
	if (rc)
		return rc;
	rc = rx_nl_query(&nl, request, socket_reply, NULL, &search, "UDP sockets", err);
	rx_nl_close(&nl);
	return rc ? rc : search.found;
}
