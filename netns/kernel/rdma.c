/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/rdma.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <rdma/rdma_netlink.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

#define WHAT_SIZE 200
#define REQUEST_SIZE 512

#define NLDEV_TYPE(command) RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command)

struct request {
	char bytes[REQUEST_SIZE] __attribute__((aligned(4)));
};

static struct nlmsghdr *start(struct request *request, int command, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request->bytes);

	header->nlmsg_type = (uint16_t)NLDEV_TYPE(command);
	header->nlmsg_flags = flags;
	return header;
}

int rx_rdma_link_add(struct rx_nl *nl, const char *name, const char *netdev, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_NEWLINK, 0);
	char what[WHAT_SIZE];
	int rc;

	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_DEV_NAME, name);
	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_NDEV_NAME, netdev);
	snprintf(what, sizeof(what), "RXE device %s: add on netdev %s", name, netdev);
	rc = rx_nl_request(nl, header, what, err);
	if (!rc || err->unanswered)
		return rc;
	switch (err->code) {
	/* drivers/infiniband/core/device.c, assign_name(): a name in use, also by one being torn
	 * down */
	case ENFILE:
		return rx_fail(err, "name-taken", ENFILE,
			       "%s: the RDMA device name %s is taken, perhaps by a device that is "
			       "still being torn down (the kernel says \"Too many open files in "
			       "system\"); look at \"rdma dev\"",
			       what, name);
	case EEXIST: /* drivers/infiniband/sw/rxe/rxe.c, rxe_newlink() */
		return rx_fail(err, "netdev-has-rxe", EEXIST,
			       "%s: this netdev already has an RXE device, and a netdev takes only "
			       "one (the kernel says \"File exists\"); put a macvlan on it for "
			       "each further endpoint",
			       what);
	case EPERM: /* rxe_newlink() refuses VLAN devices with EPERM; privilege was judged before */
		return rx_fail(err, "vlan-has-no-rxe", EPERM,
			       "%s: RXE refuses VLAN netdevs, with any privilege (the kernel says "
			       "\"Operation not permitted\"); put a bridge on the VLAN and a "
			       "macvlan or veth on that: rxelab up --vlan ID",
			       what);
	case EINVAL:
	case EOPNOTSUPP:
		return rx_fail(err, "module-missing", err->code,
			       "%s: the kernel refuses the link type \"rxe\" (%s); is rdma_rxe "
			       "loaded?",
			       what, strerror(err->code));
	default:
		return -err->code;
	}
}

int rx_rdma_link_delete(struct rx_nl *nl, uint32_t index, const char *name, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_DELLINK, 0);
	char what[WHAT_SIZE];

	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	snprintf(what, sizeof(what), "RXE device %s: delete", name);
	return rx_nl_request(nl, header, what, err);
}

static int attr_reply(const struct nlattr *attr, void *arg)
{
	const struct nlattr **table = arg;
	uint16_t type = mnl_attr_get_type(attr);

	if (type < RDMA_NLDEV_ATTR_MAX) /* newer than this program: skipped */
		table[type] = attr;
	return MNL_CB_OK;
}

static bool parse_attrs(const struct nlmsghdr *reply, const struct nlattr **table)
{
	memset(table, 0, RDMA_NLDEV_ATTR_MAX * sizeof(*table));
	return mnl_attr_parse(reply, 0, attr_reply, table) >= 0;
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint32_t) ? mnl_attr_get_u32(attr)
									  : 0;
}

static uint64_t get_u64(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint64_t) ? mnl_attr_get_u64(attr)
									  : 0;
}

static void get_text(const struct nlattr *attr, char *to, size_t size)
{
	size_t length = attr ? mnl_attr_get_payload_len(attr) : 0;

	snprintf(to, size, "%.*s", (int)length,
		 length ? (const char *)mnl_attr_get_payload(attr) : "");
}

#define LIST_TRIES 5 /* five changes in a row, each in the middle of a list, were never seen */

struct dev_list {
	struct rx_rdma_dev *list;
	size_t n;
};

static int dev_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr[RDMA_NLDEV_ATTR_MAX];
	struct dev_list *devs = arg;
	struct rx_rdma_dev *dev;

	if (!parse_attrs(reply, attr) || !attr[RDMA_NLDEV_ATTR_DEV_INDEX] ||
	    !attr[RDMA_NLDEV_ATTR_DEV_NAME])
		return -EBADMSG;
	dev = rx_array_add(&devs->list, &devs->n, sizeof(*dev));
	dev->index = get_u32(attr[RDMA_NLDEV_ATTR_DEV_INDEX]);
	dev->node_guid = get_u64(attr[RDMA_NLDEV_ATTR_NODE_GUID]);
	get_text(attr[RDMA_NLDEV_ATTR_DEV_NAME], dev->name, sizeof(dev->name));
	return 0;
}

static void forget_devs(void *arg)
{
	((struct dev_list *)arg)->n = 0;
}

static const struct rx_rdma_dev *find_dev(const struct dev_list *devs, const char *name)
{
	size_t i;

	for (i = 0; i < devs->n; i++)
		if (!strcmp(devs->list[i].name, name))
			return &devs->list[i];
	return NULL;
}

static int ask_for_devs(struct rx_nl *nl, struct dev_list *devs, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_GET, NLM_F_DUMP);

	devs->n = 0;
	return rx_nl_query(nl, header, dev_reply, forget_devs, devs, "list of RDMA devices", err);
}

static bool same_devs(const struct dev_list *a, const struct dev_list *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->list[i].index != b->list[i].index)
			return false;
	return a->n == b->n;
}

/* The kernel gives one device at a time and remembers how many it gave (_nldev_get_dumpit,
 * drivers/infiniband/core/nldev.c): when one of those goes, or moves away, the next is left out.
 * Two lists that agree are believed. wanted: a list that has this one will do; NULL: none. */
static int list_devs(struct rx_nl *nl, const char *wanted, struct dev_list *devs,
		     struct rx_err *err)
{
	struct dev_list before = {0}, swap;
	bool settled = false;
	unsigned tries;
	int rc = 0;

	for (tries = 0; !rc && !settled && tries < LIST_TRIES; tries++) {
		swap = before;
		before = *devs;
		*devs = swap;
		rc = ask_for_devs(nl, devs, err);
		settled = (wanted && find_dev(devs, wanted)) || (tries && same_devs(&before, devs));
	}
	free(before.list);
	return rc;
}

int rx_rdma_list(struct rx_nl *nl, struct rx_rdma_dev **list, size_t *n, struct rx_err *err)
{
	struct dev_list devs = {0};
	int rc = list_devs(nl, NULL, &devs, err);

	if (rc) {
		free(devs.list);
		return rc;
	}
	*list = devs.list;
	*n = devs.n;
	return 0;
}

int rx_rdma_find(struct rx_nl *nl, const char *name, uint32_t *index, struct rx_err *err)
{
	struct dev_list devs = {0};
	int rc = list_devs(nl, name, &devs, err);
	const struct rx_rdma_dev *dev = rc ? NULL : find_dev(&devs, name);

	if (dev)
		*index = dev->index;
	else if (!rc)
		rc = rx_fail(err, "device-gone", ENODEV, "RDMA device %s: %s", name,
			     strerror(ENODEV));
	free(devs.list);
	return rc;
}

static int port_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr[RDMA_NLDEV_ATTR_MAX];
	struct rx_rdma_port *port = arg;

	if (!parse_attrs(reply, attr))
		return -EBADMSG;
	port->dev_index = get_u32(attr[RDMA_NLDEV_ATTR_DEV_INDEX]);
	port->netdev_index = get_u32(attr[RDMA_NLDEV_ATTR_NDEV_INDEX]);
	if (attr[RDMA_NLDEV_ATTR_PORT_STATE])
		port->state = mnl_attr_get_u8(attr[RDMA_NLDEV_ATTR_PORT_STATE]);
	get_text(attr[RDMA_NLDEV_ATTR_DEV_NAME], port->name, sizeof(port->name));
	get_text(attr[RDMA_NLDEV_ATTR_NDEV_NAME], port->netdev, sizeof(port->netdev));
	return 0;
}

int rx_rdma_port(struct rx_nl *nl, uint32_t index, struct rx_rdma_port *port, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_PORT_GET, 0);

	memset(port, 0, sizeof(*port));
	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_PORT_INDEX, 1);
	return rx_nl_query(nl, header, port_reply, NULL, port, "RDMA port 1", err);
}

int rx_rdma_move(struct rx_nl *nl, uint32_t index, const char *name, int netns, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_SET, 0);
	char what[WHAT_SIZE];

	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	mnl_attr_put_u32(header, RDMA_NLDEV_NET_NS_FD, (uint32_t)netns);
	snprintf(what, sizeof(what), "RXE device %s: move into its namespace", name);
	if (!rx_nl_request(nl, header, what, err))
		return 0;
	if (err->code == EOPNOTSUPP && !err->unanswered)
		return rx_fail(err, "rxe-cannot-move", EOPNOTSUPP,
			       "%s: this kernel's rdma_rxe cannot be moved between namespaces (the "
			       "stock one before 7.3 cannot, and none can in shared mode); use "
			       "--rdma-netns shared, or the helper module: rxelab module build",
			       what);
	return -err->code;
}

static int mode_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr[RDMA_NLDEV_ATTR_MAX];
	enum rx_rdma_mode *mode = arg;

	if (!parse_attrs(reply, attr))
		return -EBADMSG;
	if (attr[RDMA_NLDEV_SYS_ATTR_NETNS_MODE])
		*mode = mnl_attr_get_u8(attr[RDMA_NLDEV_SYS_ATTR_NETNS_MODE]) ? RX_RDMA_SHARED
									      : RX_RDMA_EXCLUSIVE;
	return 0;
}

const char *rx_rdma_mode_name(enum rx_rdma_mode mode)
{
	switch (mode) {
	case RX_RDMA_AUTO:
		return "auto";
	case RX_RDMA_SHARED:
		return "shared";
	case RX_RDMA_EXCLUSIVE:
		return "exclusive";
	}
	return "";
}

int rx_rdma_mode_get(struct rx_nl *nl, enum rx_rdma_mode *mode, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_SYS_GET, 0);

	*mode = RX_RDMA_SHARED; /* kernels before 5.3 have no mode and behave as shared */
	return rx_nl_query(nl, header, mode_reply, NULL, mode, "RDMA namespace mode", err);
}

int rx_rdma_mode_set(struct rx_nl *nl, enum rx_rdma_mode mode, struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_SYS_SET, 0);
	char what[WHAT_SIZE];

	mnl_attr_put_u8(header, RDMA_NLDEV_SYS_ATTR_NETNS_MODE, mode == RX_RDMA_SHARED);
	snprintf(what, sizeof(what), "RDMA namespace mode: set %s", rx_rdma_mode_name(mode));
	return rx_nl_request(nl, header, what, err);
}

struct chardev {
	char name[32];
	uint64_t number;
};

static int chardev_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr[RDMA_NLDEV_ATTR_MAX];
	struct chardev *chardev = arg;

	if (!parse_attrs(reply, attr))
		return -EBADMSG;
	get_text(attr[RDMA_NLDEV_ATTR_CHARDEV_NAME], chardev->name, sizeof(chardev->name));
	chardev->number = get_u64(attr[RDMA_NLDEV_ATTR_CHARDEV]);
	return 0;
}

int rx_rdma_uverbs(struct rx_nl *nl, uint32_t index, char *name, size_t size, dev_t *devt,
		   struct rx_err *err)
{
	struct request request;
	struct nlmsghdr *header = start(&request, RDMA_NLDEV_CMD_GET_CHARDEV, 0);
	struct chardev chardev = {{0}, 0};
	int rc;

	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_CHARDEV_TYPE, "uverbs");
	rc = rx_nl_query(nl, header, chardev_reply, NULL, &chardev, "uverbs device", err);
	if (rc)
		return rc;
	snprintf(name, size, "%s", chardev.name);
	/* huge_encode_dev(), include/linux/kdev_t.h */
	*devt = makedev((chardev.number >> 8) & 0xfff,
			(chardev.number & 0xff) | ((chardev.number >> 12) & 0xfff00));
	return 0;
}
