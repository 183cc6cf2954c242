/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/link/vlan.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

#define WHAT_SIZE 160

static void free_link(struct rtnl_link **link)
{
	if (*link)
		rtnl_link_put(*link);
}

static void free_msg(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

static void free_nl_addr(struct nl_addr **addr)
{
	if (*addr)
		nl_addr_put(*addr);
}

#define auto_link __attribute__((cleanup(free_link))) struct rtnl_link
#define auto_msg __attribute__((cleanup(free_msg))) struct nl_msg
#define auto_addr __attribute__((cleanup(free_nl_addr))) struct nl_addr

/* Send what libnl built; built is its negative NLE_ code. */
static int send_built(struct rx_nl *nl, int built, struct nl_msg *msg, const char *what,
		      struct rx_err *err)
{
	if (built < 0 || !msg)
		return rx_fail(err, "netlink-transport", ENOMEM,
			       "%s: cannot encode the request: %s", what, nl_geterror(built));
	return rx_nl_request(nl, nlmsg_hdr(msg), what, err);
}

static struct rtnl_link *alloc_kind(const struct rx_link_spec *spec)
{
	struct rtnl_link *link;

	if (!strcmp(spec->kind, "macvlan")) {
		link = rtnl_link_macvlan_alloc();
		if (link)
			rtnl_link_macvlan_set_mode(link, rtnl_link_macvlan_str2mode("bridge"));
		return link;
	}
	if (!strcmp(spec->kind, "vlan")) {
		link = rtnl_link_vlan_alloc();
		if (link)
			rtnl_link_vlan_set_id(link, (uint16_t)spec->vlan);
		return link;
	}
	if (!strcmp(spec->kind, "veth"))
		return rtnl_link_veth_alloc();
	link = rtnl_link_alloc();
	if (link && rtnl_link_set_type(link, spec->kind)) {
		rtnl_link_put(link);
		return NULL;
	}
	return link;
}

/* The peer has no namespace attribute, so it is born where the socket is (veth_newlink,
 * drivers/net/veth.c: the peer's default is the request's own namespace, not that of the first
 * end). */
static void fill_peer(struct rtnl_link *link, const struct rx_link_spec *spec)
{
	struct rtnl_link *peer = rtnl_link_veth_get_peer(link);

	rtnl_link_set_name(peer, spec->peer);
	if (spec->peer_mtu || spec->mtu)
		rtnl_link_set_mtu(peer, spec->peer_mtu ? spec->peer_mtu : spec->mtu);
	rtnl_link_put(peer);
}

int rx_link_add(struct rx_nl *nl, const struct rx_link_spec *spec, struct rx_err *err)
{
	auto_link *link = alloc_kind(spec);
	auto_addr *mac = spec->mac ? nl_addr_build(AF_LLC, spec->mac, 6) : NULL;
	auto_msg *msg = NULL;
	char what[WHAT_SIZE];
	int rc;

	snprintf(what, sizeof(what), "netdev %s: add %s", spec->name, spec->kind);
	if (!link || (spec->mac && !mac))
		rx_memory_lost();
	rtnl_link_set_name(link, spec->name);
	if (spec->ifindex)
		rtnl_link_set_ifindex(link, (int)spec->ifindex);
	if (spec->lower)
		rtnl_link_set_link(link, (int)spec->lower);
	if (spec->mtu)
		rtnl_link_set_mtu(link, spec->mtu);
	if (mac)
		rtnl_link_set_addr(link, mac);
	if (spec->netns >= 0)
		rtnl_link_set_ns_fd(link, spec->netns);
	if (spec->peer)
		fill_peer(link, spec);
	if (spec->master)
		rtnl_link_set_master(link, (int)spec->master);
	rc = rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	return send_built(nl, rc, msg, what, err);
}

int rx_link_delete(struct rx_nl *nl, unsigned ifindex, const char *name, struct rx_err *err)
{
	auto_link *link = rtnl_link_alloc();
	auto_msg *msg = NULL;
	char what[WHAT_SIZE];
	int rc;

	snprintf(what, sizeof(what), "netdev %s: delete", name);
	if (!link)
		rx_memory_lost();
	rtnl_link_set_ifindex(link, (int)ifindex);
	rc = rtnl_link_build_delete_request(link, &msg);
	return send_built(nl, rc, msg, what, err);
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void decode_link(struct rtnl_link *link, struct rx_link_info *info)
{
	struct nl_addr *mac = rtnl_link_get_addr(link);

	memset(info, 0, sizeof(*info));
	info->ifindex = (unsigned)rtnl_link_get_ifindex(link);
	info->lower = (unsigned)rtnl_link_get_link(link);
	info->master = (unsigned)rtnl_link_get_master(link);
	info->mtu = rtnl_link_get_mtu(link);
	info->flags = rtnl_link_get_flags(link);
	info->operstate = rtnl_link_get_operstate(link);
	info->lower_elsewhere = rtnl_link_get_link_netnsid(link, &(int32_t){0}) == 0;
	copy_text(info->name, sizeof(info->name), rtnl_link_get_name(link));
	copy_text(info->kind, sizeof(info->kind), rtnl_link_get_type(link));
	copy_text(info->alias, sizeof(info->alias), rtnl_link_get_ifalias(link));
	if (mac && nl_addr_get_len(mac) == 6)
		memcpy(info->mac, nl_addr_get_binary_addr(mac), 6);
	info->rx_packets = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS);
	info->tx_packets = rtnl_link_get_stat(link, RTNL_LINK_TX_PACKETS);
	info->rx_bytes = rtnl_link_get_stat(link, RTNL_LINK_RX_BYTES);
	info->tx_bytes = rtnl_link_get_stat(link, RTNL_LINK_TX_BYTES);
}

/* Turn raw bytes into libnl's object and hand it on. */
static int parse_object(const struct nlmsghdr *reply, void (*take)(struct nl_object *, void *),
			void *arg)
{
	auto_msg *msg = nlmsg_convert((struct nlmsghdr *)reply);

	if (!msg)
		rx_memory_lost();
	nlmsg_set_proto(msg, NETLINK_ROUTE);
	return nl_msg_parse(msg, take, arg) < 0 ? -EBADMSG : 0;
}

struct link_list {
	struct rx_link_info *list;
	size_t n;
};

static void take_link(struct nl_object *object, void *arg)
{
	struct link_list *links = arg;

	decode_link((struct rtnl_link *)object,
		    rx_array_add(&links->list, &links->n, sizeof(*links->list)));
}

static const struct nlattr *nested(const struct nlattr *nest, unsigned type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* libnl's rtnl_link_vlan_get_id() reads a null pointer when a VLAN netdev comes without its data
 * (libnl 3.7). */
static unsigned vlan_of(const struct nlmsghdr *reply)
{
	const struct nlattr *attr, *data, *id;

	mnl_attr_for_each(attr, reply, sizeof(struct ifinfomsg)) {
		data = mnl_attr_get_type(attr) == IFLA_LINKINFO ? nested(attr, IFLA_INFO_DATA)
								: NULL;
		id = data ? nested(data, IFLA_VLAN_ID) : NULL;
		if (id && mnl_attr_get_payload_len(id) >= sizeof(uint16_t))
			return mnl_attr_get_u16(id);
	}
	return 0;
}

/* libnl 3.7 hands a kind's parser a null pointer when there are statistics of the kind but no data.
 * No kernel sends that. */
static bool lacks_data(const struct nlmsghdr *reply)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, reply, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_LINKINFO && nested(attr, IFLA_INFO_XSTATS) &&
		    !nested(attr, IFLA_INFO_DATA))
			return true;
	return false;
}

static int link_reply(const struct nlmsghdr *reply, void *arg)
{
	struct link_list *links = arg;
	size_t before = links->n;
	int rc;

	if (reply->nlmsg_type != RTM_NEWLINK)
		return 0;
	rc = lacks_data(reply) ? -EBADMSG : parse_object(reply, take_link, arg);
	if (!rc && links->n > before && !strcmp(links->list[before].kind, "vlan"))
		links->list[before].vlan = vlan_of(reply);
	return rc;
}

static void forget_links(void *arg)
{
	((struct link_list *)arg)->n = 0;
}

int rx_link_list(struct rx_nl *nl, struct rx_link_info **list, size_t *n, struct rx_err *err)
{
	struct link_list links = {0};
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_DUMP}};
	int rc = rx_nl_query(nl, &request.header, link_reply, forget_links, &links,
			     "list of netdevs", err);

	if (rc) {
		free(links.list);
		return rc;
	}
	*list = links.list;
	*n = links.n;
	return 0;
}

static int get_link(struct rx_nl *nl, unsigned ifindex, const char *name, struct rx_link_info *info,
		    struct rx_err *err)
{
	struct link_list links = {0};
	auto_msg *msg = NULL;
	char what[WHAT_SIZE];
	int rc;

	snprintf(what, sizeof(what), "netdev %s", name);
	if (rtnl_link_build_get_request((int)ifindex, ifindex ? NULL : name, &msg) < 0)
		rx_memory_lost();
	rc = rx_nl_query(nl, nlmsg_hdr(msg), link_reply, NULL, &links, what, err);
	if (!rc && links.n)
		*info = links.list[0];
	else if (!rc)
		rc = rx_fail(err, "netdev-unknown", ENODEV, "%s: %s", what, strerror(ENODEV));
	free(links.list);
	return rc;
}

int rx_link_get(struct rx_nl *nl, const char *name, struct rx_link_info *info, struct rx_err *err)
{
	return get_link(nl, 0, name, info, err);
}

int rx_link_get_index(struct rx_nl *nl, unsigned ifindex, const char *name,
		      struct rx_link_info *info, struct rx_err *err)
{
	return get_link(nl, ifindex, name, info, err);
}

int rx_link_index(struct rx_nl *nl, const char *name, unsigned *ifindex, struct rx_err *err)
{
	struct rx_link_info info;
	int index;

	if (!rx_nl_transport->ifindex) {
		info.ifindex = 0;
		index = rx_link_get(nl, name, &info, err) ? -err->code : (int)info.ifindex;
	} else {
		index = rx_nl_transport->ifindex(nl->fd, name);
		if (index < 0)
			rx_fail(err, "netdev-unknown", -index, "netdev %s: %s", name,
				strerror(-index));
	}
	*ifindex = index < 0 ? 0 : (unsigned)index;
	return index < 0 ? index : 0;
}

int rx_link_change(struct rx_nl *nl, unsigned ifindex, const char *name,
		   const struct rx_link_change *change, struct rx_err *err)
{
	auto_link *old = rtnl_link_alloc(), *new = rtnl_link_alloc();
	auto_msg *msg = NULL;
	char what[WHAT_SIZE];
	int rc;

	snprintf(what, sizeof(what), "netdev %s: set%s%s%s%s%s", name, change->up ? " up" : "",
		 change->down ? " down" : "", change->mtu ? " MTU" : "",
		 change->alias ? " alias" : "", change->set_master ? " master" : "");
	if (!old || !new)
		rx_memory_lost();
	rtnl_link_set_ifindex(old, (int)ifindex);
	rtnl_link_set_ifindex(new, (int)ifindex);
	if (change->up)
		rtnl_link_set_flags(new, IFF_UP);
	if (change->down)
		rtnl_link_unset_flags(new, IFF_UP);
	if (change->arp)
		rtnl_link_unset_flags(new, IFF_NOARP);
	if (change->allmulticast)
		rtnl_link_set_flags(new, IFF_ALLMULTI);
	if (change->mtu)
		rtnl_link_set_mtu(new, change->mtu);
	if (change->alias)
		rtnl_link_set_ifalias(new, change->alias);
	if (change->set_master)
		rtnl_link_set_master(new, (int)change->master);
	rc = rtnl_link_build_change_request(old, new, 0, &msg);
	return send_built(nl, rc, msg, what, err);
}

int rx_link_move(struct rx_nl *nl, unsigned ifindex, const char *name, int netns,
		 struct rx_err *err)
{
	auto_link *old = rtnl_link_alloc(), *new = rtnl_link_alloc();
	auto_msg *msg = NULL;
	char what[WHAT_SIZE];
	int rc;

	snprintf(what, sizeof(what), "netdev %s: move to another namespace", name);
	if (!old || !new)
		rx_memory_lost();
	rtnl_link_set_ifindex(old, (int)ifindex);
	rtnl_link_set_ifindex(new, (int)ifindex);
	rtnl_link_set_ns_fd(new, netns);
	rc = rtnl_link_build_change_request(old, new, 0, &msg);
	return send_built(nl, rc, msg, what, err);
}
