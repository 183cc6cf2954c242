/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink for addresses and neighbours; netdevs are in rtnl.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/rtnl.h"

#define WHAT_SIZE 160

static size_t addr_length(const struct rx_cidr *cidr)
{
	return cidr->family == AF_INET ? 4 : 16;
}

/* IFA_F_NODAD: an address that is still tentative has no GID that can be used, and the lab's
 * addresses were judged distinct before anything was made. IFA_F_NOPREFIXROUTE: an address by
 * itself has no subnet to be reached (IPv4 knows that by itself). */
static uint32_t addr_flags(const struct rx_cidr *addr)
{
	if (addr->family != AF_INET6)
		return 0;
	return IFA_F_NODAD | (addr->prefix == 128 ? IFA_F_NOPREFIXROUTE : 0);
}

static int change_addr(struct rx_nl *nl, uint16_t type, unsigned ifindex, const char *netdev,
		       const struct rx_cidr *addr, struct rx_err *err)
{
	char buffer[256] __attribute__((aligned(4))), what[WHAT_SIZE], text[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *body;

	request->nlmsg_type = type;
	request->nlmsg_flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->ifa_family = (unsigned char)addr->family;
	body->ifa_prefixlen = (unsigned char)addr->prefix;
	body->ifa_index = ifindex;
	mnl_attr_put(request, IFA_LOCAL, addr_length(addr), addr->addr);
	mnl_attr_put(request, IFA_ADDRESS, addr_length(addr), addr->addr);
	if (addr_flags(addr))
		mnl_attr_put_u32(request, IFA_FLAGS, addr_flags(addr));
	if (addr->family == AF_INET && addr->prefix < 31) {
		uint32_t broadcast;

		memcpy(&broadcast, addr->addr, sizeof(broadcast));
		broadcast |= htonl(0xffffffffu >> addr->prefix);
		mnl_attr_put_u32(request, IFA_BROADCAST, broadcast);
	}
	snprintf(what, sizeof(what), "netdev %s: %s address %s", netdev,
		 type == RTM_NEWADDR ? "add" : "delete",
		 rx_cidr_text(addr, true, text, sizeof(text)));
	return rx_nl_request(nl, request, what, err);
}

int rx_addr_add(struct rx_nl *nl, unsigned ifindex, const char *netdev, const struct rx_cidr *addr,
		struct rx_err *err)
{
	return change_addr(nl, RTM_NEWADDR, ifindex, netdev, addr, err);
}

int rx_addr_delete(struct rx_nl *nl, unsigned ifindex, const char *netdev,
		   const struct rx_cidr *addr, struct rx_err *err)
{
	return change_addr(nl, RTM_DELADDR, ifindex, netdev, addr, err);
}

struct addr_list {
	struct rx_addr_info *list;
	size_t n;
};

static int addr_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **table = arg;

	if (mnl_attr_get_type(attr) <= IFA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int addr_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(reply);
	const struct nlattr *attr[IFA_MAX + 1] = {0}, *address;
	struct addr_list *addrs = arg;
	struct rx_addr_info info = {0};

	if (reply->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*body) ||
	    mnl_attr_parse(reply, sizeof(*body), addr_attr, attr) < 0)
		return -EBADMSG;
	address = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	if (!address || (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return 0;
	info.ifindex = body->ifa_index;
	info.addr.family = body->ifa_family;
	info.addr.prefix = body->ifa_prefixlen;
	info.tentative = body->ifa_flags & IFA_F_TENTATIVE;
	if (mnl_attr_get_payload_len(address) != addr_length(&info.addr))
		return -EBADMSG;
	memcpy(info.addr.addr, mnl_attr_get_payload(address), addr_length(&info.addr));
	*(struct rx_addr_info *)rx_array_add(&addrs->list, &addrs->n, sizeof(info)) = info;
	return 0;
}

static void forget_addrs(void *arg)
{
	((struct addr_list *)arg)->n = 0;
}

int rx_addr_list(struct rx_nl *nl, struct rx_addr_info **list, size_t *n, struct rx_err *err)
{
	struct addr_list addrs = {0};
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETADDR,
				.nlmsg_flags = NLM_F_DUMP}};
	int rc = rx_nl_query(nl, &request.header, addr_reply, forget_addrs, &addrs,
			     "list of addresses", err);

	if (rc) {
		free(addrs.list);
		return rc;
	}
	*list = addrs.list;
	*n = addrs.n;
	return 0;
}

/* Room for a request with an IPv6 address and a MAC: 16 + 12 + 20 + 12. libnl takes a page for
 * each, and a lab of 64 endpoints has 4,032 neighbours. */
struct neigh_request {
	char bytes[64] __attribute__((aligned(4)));
};

static struct nlmsghdr *build_neigh(const struct rx_neigh_spec *spec, struct neigh_request *buffer)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer->bytes);
	struct ndmsg *body;

	request->nlmsg_type = RTM_NEWNEIGH;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->ndm_family = (unsigned char)spec->addr.family;
	body->ndm_ifindex = (int)spec->ifindex;
	body->ndm_state = NUD_PERMANENT;
	mnl_attr_put(request, NDA_DST, addr_length(&spec->addr), spec->addr.addr);
	mnl_attr_put(request, NDA_LLADDR, 6, spec->mac);
	return request;
}

int rx_neigh_replace(struct rx_nl *nl, const struct rx_neigh_spec *list, size_t n,
		     struct rx_err *err)
{
	rx_autofree struct neigh_request *buffer = rx_alloc(n, sizeof(*buffer));
	rx_autofree struct nlmsghdr **header = rx_alloc(n, sizeof(struct nlmsghdr *));
	rx_autofree int *result = rx_alloc(n, sizeof(*result));
	char text[64];
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		header[i] = build_neigh(&list[i], &buffer[i]);
	rc = rx_nl_batch(nl, header, n, result, err);
	for (i = 0; i < n && !rc; i++)
		if (result[i])
			rc = rx_fail(err, "kernel-refused", -result[i], "neighbour %s: %s",
				     rx_cidr_text(&list[i].addr, false, text, sizeof(text)),
				     strerror(-result[i]));
	return rc;
}
