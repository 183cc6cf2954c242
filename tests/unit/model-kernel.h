/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model of the kernel's side of rtnetlink and NETLINK_RDMA behind the fake transport: netdevs and
 * RXE devices that requests make and delete. One request, the K-th, can go wrong in a chosen way.
 * Included by one test program. */
#ifndef RXELAB_TESTS_UNIT_MODEL_KERNEL_H
#define RXELAB_TESTS_UNIT_MODEL_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <string.h>

#include "netns/kernel/netlink.h"

enum model_fault {
	MODEL_REFUSES,      /* the kernel answers with the error and does nothing */
	MODEL_UNSENT,       /* sendmsg fails with the error */
	MODEL_LOST,         /* the request is done, recvmsg fails with the error */
	MODEL_SHORT,        /* the request is done, the answer is cut */
	MODEL_GARBLED,      /* the request is done, the answer's bytes are noise */
	MODEL_FAULTS,
};

#define MODEL_LINKS 32
#define MODEL_MTU 1500

static struct model {
	struct {
		unsigned index, master, mtu;
		int peer;                   /* place of the other end; -1 */
		char name[IFNAMSIZ], kind[16], alias[64];
		unsigned char mac[6];
	} link[MODEL_LINKS];
	struct {
		unsigned index;
		char name[64], netdev[IFNAMSIZ];
	} rxe[MODEL_LINKS];                 /* index 0: free */
	unsigned last_index;
	int requests, fault_at, fault_code;
	enum model_fault fault;
	bool struck;
	struct {
		char bytes[2048];
		size_t length;
		int error;
	} answer[128];
	size_t n, at;
} model;

static int model_link(const char *name, unsigned index)
{
	for (int i = 0; i < MODEL_LINKS; i++)
		if (model.link[i].index &&
		    (name ? !strcmp(model.link[i].name, name) : model.link[i].index == index))
			return i;
	return -1;
}

static int model_new_link(const char *name, const char *kind)
{
	for (int i = 0; i < MODEL_LINKS; i++) {
		if (model.link[i].index)
			continue;
		memset(&model.link[i], 0, sizeof(model.link[i]));
		model.link[i].index = ++model.last_index;
		model.link[i].peer = -1;
		model.link[i].mtu = MODEL_MTU;
		snprintf(model.link[i].name, IFNAMSIZ, "%s", name);
		snprintf(model.link[i].kind, sizeof(model.link[i].kind), "%s", kind);
		return i;
	}
	abort();
}

static size_t model_count(void)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_LINKS; i++)
		n += (model.link[i].index != 0) + (model.rxe[i].index != 0);
	return n;
}

static const struct nlattr *model_attr(const void *from, size_t length, unsigned type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_payload(from, length)
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static const struct nlattr *model_nested(const struct nlattr *nest, unsigned type)
{
	return nest ? model_attr(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), type)
		    : NULL;
}

static const struct nlattr *model_find(const struct nlmsghdr *request, size_t header, unsigned type)
{
	return model_attr((const char *)mnl_nlmsg_get_payload(request) + MNL_ALIGN(header),
			  mnl_nlmsg_get_payload_len(request) - MNL_ALIGN(header), type);
}

/* ---- answers ---- */

static struct nlmsghdr *model_begin(const struct nlmsghdr *request, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *reply = mnl_nlmsg_put_header(model.answer[model.n].bytes);

	reply->nlmsg_type = type;
	reply->nlmsg_flags = flags;
	reply->nlmsg_seq = request->nlmsg_seq;
	return reply;
}

static void model_finish(const struct nlmsghdr *reply)
{
	model.answer[model.n].error = 0;
	model.answer[model.n++].length = reply->nlmsg_len;
}

static void model_ack(const struct nlmsghdr *request, int error)
{
	struct nlmsghdr *reply = model_begin(request, NLMSG_ERROR, NLM_F_CAPPED);

	((struct nlmsgerr *)mnl_nlmsg_put_extra_header(reply, sizeof(struct nlmsgerr)))->error =
		error;
	model_finish(reply);
}

static void model_done(const struct nlmsghdr *request)
{
	struct nlmsghdr *reply = model_begin(request, NLMSG_DONE, NLM_F_MULTI);

	mnl_nlmsg_put_extra_header(reply, 4);
	model_finish(reply);
}

static void model_show_link(const struct nlmsghdr *request, int i, uint16_t flags)
{
	struct nlmsghdr *reply = model_begin(request, RTM_NEWLINK, flags);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));
	struct nlattr *info;

	body->ifi_index = (int)model.link[i].index;
	body->ifi_flags = IFF_UP | IFF_RUNNING;
	mnl_attr_put_strz(reply, IFLA_IFNAME, model.link[i].name);
	mnl_attr_put(reply, IFLA_ADDRESS, 6, model.link[i].mac);
	mnl_attr_put_u32(reply, IFLA_MTU, model.link[i].mtu);
	if (model.link[i].alias[0])
		mnl_attr_put_strz(reply, IFLA_IFALIAS, model.link[i].alias);
	if (model.link[i].master)
		mnl_attr_put_u32(reply, IFLA_MASTER, model.link[i].master);
	info = mnl_attr_nest_start(reply, IFLA_LINKINFO);
	mnl_attr_put_strz(reply, IFLA_INFO_KIND, model.link[i].kind);
	mnl_attr_nest_end(reply, info);
	model_finish(reply);
}

/* ---- requests ---- */

static int model_add_link(const struct nlmsghdr *request)
{
	const struct nlattr *name = model_find(request, sizeof(struct ifinfomsg), IFLA_IFNAME);
	const struct nlattr *info = model_find(request, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	const struct nlattr *mac = model_find(request, sizeof(struct ifinfomsg), IFLA_ADDRESS);
	const struct nlattr *master = model_find(request, sizeof(struct ifinfomsg), IFLA_MASTER);
	const struct nlattr *kind = model_nested(info, IFLA_INFO_KIND), *peer;
	int made, other;

	if (!name || !kind)
		return -EINVAL;
	if (model_link(mnl_attr_get_str(name), 0) >= 0)
		return -EEXIST;
	made = model_new_link(mnl_attr_get_str(name), mnl_attr_get_str(kind));
	if (mac)
		memcpy(model.link[made].mac, mnl_attr_get_payload(mac), 6);
	if (master)
		model.link[made].master = mnl_attr_get_u32(master);
	peer = strcmp(model.link[made].kind, "veth")
		       ? NULL
		       : model_nested(model_nested(info, IFLA_INFO_DATA), VETH_INFO_PEER);
	if (peer) {
		name = model_attr((const char *)mnl_attr_get_payload(peer) +
					  sizeof(struct ifinfomsg),
				  mnl_attr_get_payload_len(peer) - sizeof(struct ifinfomsg),
				  IFLA_IFNAME);
		other = model_new_link(mnl_attr_get_str(name), "veth");
		model.link[other].peer = made;
		model.link[made].peer = other;
	}
	return 0;
}

static int model_set_link(const struct nlmsghdr *request)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(request);
	const struct nlattr *alias = model_find(request, sizeof(*body), IFLA_IFALIAS);
	const struct nlattr *master = model_find(request, sizeof(*body), IFLA_MASTER);
	const struct nlattr *mtu = model_find(request, sizeof(*body), IFLA_MTU);
	int i = model_link(NULL, (unsigned)body->ifi_index);

	if (i < 0)
		return -ENODEV;
	if (alias)
		snprintf(model.link[i].alias, sizeof(model.link[i].alias), "%.*s",
			 (int)mnl_attr_get_payload_len(alias), mnl_attr_get_str(alias));
	if (master)
		model.link[i].master = mnl_attr_get_u32(master);
	if (mtu)
		model.link[i].mtu = mnl_attr_get_u32(mtu);
	return 0;
}

static int model_delete_link(const struct nlmsghdr *request)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(request);
	int i = model_link(NULL, (unsigned)body->ifi_index);

	if (i < 0)
		return -ENODEV;
	for (int k = 0; k < MODEL_LINKS; k++)
		if (model.rxe[k].index && !strcmp(model.rxe[k].netdev, model.link[i].name))
			model.rxe[k].index = 0;
	if (model.link[i].peer >= 0)
		model.link[model.link[i].peer].index = 0;
	model.link[i].index = 0;
	return 0;
}

static int model_get_link(const struct nlmsghdr *request)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(request);
	const struct nlattr *name = model_find(request, sizeof(struct ifinfomsg), IFLA_IFNAME);
	int i;

	if (request->nlmsg_flags & NLM_F_DUMP) {
		for (i = 0; i < MODEL_LINKS; i++)
			if (model.link[i].index)
				model_show_link(request, i, NLM_F_MULTI);
		model_done(request);
		return 1;
	}
	i = model_link(name ? mnl_attr_get_str(name) : NULL, (unsigned)body->ifi_index);
	if (i >= 0)
		model_show_link(request, i, 0);
	return i < 0 ? -ENODEV : 0;
}

static int model_add_rxe(const struct nlmsghdr *request)
{
	const struct nlattr *name = model_find(request, 0, RDMA_NLDEV_ATTR_DEV_NAME);
	const struct nlattr *netdev = model_find(request, 0, RDMA_NLDEV_ATTR_NDEV_NAME);
	int at = -1;

	if (!name || !netdev || model_link(mnl_attr_get_str(netdev), 0) < 0)
		return -ENODEV;
	for (int i = 0; i < MODEL_LINKS; i++) {
		if (!model.rxe[i].index)
			at = i;
		else if (!strcmp(model.rxe[i].name, mnl_attr_get_str(name)))
			return -ENFILE;
	}
	model.rxe[at].index = ++model.last_index;
	snprintf(model.rxe[at].name, sizeof(model.rxe[at].name), "%s", mnl_attr_get_str(name));
	snprintf(model.rxe[at].netdev, IFNAMSIZ, "%s", mnl_attr_get_str(netdev));
	return 0;
}

static void model_show_rxe(const struct nlmsghdr *request, int i, uint16_t flags)
{
	struct nlmsghdr *reply = model_begin(request, request->nlmsg_type, flags);

	mnl_attr_put_u32(reply, RDMA_NLDEV_ATTR_DEV_INDEX, model.rxe[i].index);
	mnl_attr_put_strz(reply, RDMA_NLDEV_ATTR_DEV_NAME, model.rxe[i].name);
	mnl_attr_put_strz(reply, RDMA_NLDEV_ATTR_NDEV_NAME, model.rxe[i].netdev);
	mnl_attr_put_u8(reply, RDMA_NLDEV_ATTR_PORT_STATE, 4);
	model_finish(reply);
}

/* GET, PORT_GET and DELLINK name a device by its index; GET as a dump names none. */
static int model_rxe(const struct nlmsghdr *request, unsigned command)
{
	const struct nlattr *index = model_find(request, 0, RDMA_NLDEV_ATTR_DEV_INDEX);

	if (command == RDMA_NLDEV_CMD_NEWLINK)
		return model_add_rxe(request);
	for (int i = 0; i < MODEL_LINKS; i++) {
		if (!model.rxe[i].index || (index && mnl_attr_get_u32(index) != model.rxe[i].index))
			continue;
		if (command == RDMA_NLDEV_CMD_DELLINK) {
			model.rxe[i].index = 0;
			return 0;
		}
		model_show_rxe(request, i, index ? 0 : NLM_F_MULTI);
		if (index)
			return 0;
	}
	if (index)
		return -ENODEV;
	model_done(request);
	return 1;
}

/* 0 or a negative errno to be acknowledged; 1: everything was answered. */
static int model_do(const struct nlmsghdr *request)
{
	switch (request->nlmsg_type) {
	case RTM_NEWLINK:
		return request->nlmsg_flags & NLM_F_CREATE ? model_add_link(request)
							   : model_set_link(request);
	case RTM_SETLINK:
		return model_set_link(request);
	case RTM_DELLINK:
		return model_delete_link(request);
	case RTM_GETLINK:
		return model_get_link(request);
	case RTM_NEWADDR:
	case RTM_NEWNEIGH:
		return 0;
	default:
		return request->nlmsg_type >> 10 == RDMA_NL_NLDEV
			       ? model_rxe(request, request->nlmsg_type & 0x3ff)
			       : -EOPNOTSUPP;
	}
}

/* What reaches the program of the answers from place first on. */
static void model_spoil(size_t first)
{
	model.struck = true;
	model.n = first + 1;
	model.answer[first].error = model.fault == MODEL_LOST ? model.fault_code : 0;
	if (model.fault == MODEL_SHORT)
		model.answer[first].length = 10;
	if (model.fault == MODEL_GARBLED)
		memset(model.answer[first].bytes, model.fault_code, model.answer[first].length);
}

static ssize_t model_send(int fd, const void *bytes, size_t length)
{
	const struct nlmsghdr *request = bytes;
	int left = (int)length, rc;

	(void)fd;
	model.n = model.at = 0;
	for (; mnl_nlmsg_ok(request, left); request = mnl_nlmsg_next(request, &left)) {
		bool fault = ++model.requests == model.fault_at;
		size_t first = model.n;

		if (fault && model.fault == MODEL_UNSENT) {
			model.struck = true;
			return -model.fault_code;
		}
		if (fault && model.fault == MODEL_REFUSES)
			model.struck = true;
		rc = fault && model.fault == MODEL_REFUSES ? -model.fault_code : model_do(request);
		if (rc < 0 || (!rc && request->nlmsg_flags & NLM_F_ACK))
			model_ack(request, rc);
		if (fault && model.fault >= MODEL_LOST) {
			model_spoil(first);
			break;
		}
	}
	return (ssize_t)length;
}

static ssize_t model_receive(int fd, void *bytes, size_t size, int timeout_ms)
{
	(void)fd;
	(void)timeout_ms;
	if (model.at == model.n)
		return -ETIMEDOUT;
	if (model.answer[model.at].error)
		return -model.answer[model.at++].error;
	if (model.answer[model.at].length > size)
		return -EMSGSIZE;
	memcpy(bytes, model.answer[model.at].bytes, model.answer[model.at].length);
	return (ssize_t)model.answer[model.at++].length;
}

static int model_open(int protocol)
{
	(void)protocol;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static const struct rx_nl_transport model_transport = {model_send, model_receive, model_open};

#endif
