/* SPDX-License-Identifier: GPL-2.0-or-later */
/* floor N PARENT [PROCESSES]: what N endpoints cost a program that does nothing but ask the kernel:
 * one request at a time, one socket for each protocol and namespace, no ledger, no probing, no
 * names of its own in files but the namespaces'. PROCESSES (1): so many of it at once, each with
 * its share, which shows what the kernel itself overlaps.
 * Exclusive RDMA mode must be set. Everything an endpoint needs is made: namespace, macvlan, lo up,
 * address, netdev up, RXE device, its move into the namespace; then an ACTIVE port is waited for.
 * Prints seconds:
 *     up SECONDS down SECONDS
 * down: each RXE, each netdev, each namespace, one after the other. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <rdma/rdma_netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NLDEV(command) RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command)

struct socket {
	int fd;
	unsigned sequence;
};

static char buffer[65536], request_bytes[4096];
static struct socket route, rdma;

static void die(const char *what, int code)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(code));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct socket open_socket(int protocol)
{
	struct socket s = {.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};

	if (s.fd < 0)
		die("socket", errno);
	return s;
}

static struct nlmsghdr *start(uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request_bytes);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	return header;
}

/* Send, and read until the acknowledgement or the end of a dump; take sees every other message. */
static void ask(struct socket *s, struct nlmsghdr *header, const char *what,
		void (*take)(const struct nlmsghdr *reply, void *arg), void *arg)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if ((header->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) /* NLM_F_EXCL is one of its bits */
		header->nlmsg_flags |= NLM_F_ACK;
	header->nlmsg_seq = ++s->sequence;
	if (sendto(s->fd, header, header->nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		die(what, errno);
	for (;;) {
		ssize_t got = recv(s->fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *reply = (const void *)buffer;
		int left = (int)got;

		if (got < 0)
			die(what, errno);
		for (; mnl_nlmsg_ok(reply, left); reply = mnl_nlmsg_next(reply, &left)) {
			if (reply->nlmsg_type == NLMSG_DONE)
				return;
			if (reply->nlmsg_type == NLMSG_ERROR) {
				int code = -((const struct nlmsgerr *)mnl_nlmsg_get_payload(reply))
						    ->error;

				if (code)
					die(what, code);
				return;
			}
			if (take)
				take(reply, arg);
		}
	}
}

static void link_index(const struct nlmsghdr *reply, void *arg)
{
	*(unsigned *)arg =
		(unsigned)((const struct ifinfomsg *)mnl_nlmsg_get_payload(reply))->ifi_index;
}

static unsigned index_of(struct socket *s, const char *name)
{
	struct nlmsghdr *header = start(RTM_GETLINK, 0);
	unsigned index = 0;

	((struct ifinfomsg *)mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg)))
		->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(header, IFLA_IFNAME, name);
	ask(s, header, name, link_index, &index);
	return index;
}

static void add_macvlan(const char *name, unsigned parent, int netns)
{
	struct nlmsghdr *header = start(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;

	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(header, IFLA_IFNAME, name);
	mnl_attr_put_u32(header, IFLA_LINK, parent);
	mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)netns);
	info = mnl_attr_nest_start(header, IFLA_LINKINFO);
	mnl_attr_put_strz(header, IFLA_INFO_KIND, "macvlan");
	data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	mnl_attr_put_u32(header, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, info);
	ask(&route, header, "macvlan", NULL, NULL);
}

static void set_up(struct socket *s, unsigned index)
{
	struct nlmsghdr *header = start(RTM_NEWLINK, 0);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	body->ifi_index = (int)index;
	body->ifi_flags = body->ifi_change = IFF_UP;
	ask(s, header, "up", NULL, NULL);
}

static void add_address(struct socket *s, unsigned index, unsigned number)
{
	struct nlmsghdr *header = start(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	uint32_t address = htonl((10u << 24) + (88u << 16) + 1 + number);

	body->ifa_family = AF_INET;
	body->ifa_prefixlen = 16;
	body->ifa_index = index;
	mnl_attr_put_u32(header, IFA_LOCAL, address);
	mnl_attr_put_u32(header, IFA_ADDRESS, address);
	ask(s, header, "address", NULL, NULL);
}

static void add_rxe(struct socket *s, const char *name, const char *netdev)
{
	struct nlmsghdr *header = start(NLDEV(RDMA_NLDEV_CMD_NEWLINK), 0);

	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_DEV_NAME, name);
	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	mnl_attr_put_strz(header, RDMA_NLDEV_ATTR_NDEV_NAME, netdev);
	ask(s, header, "rxe", NULL, NULL);
}

static int attributes(const struct nlattr *attr, void *arg)
{
	const struct nlattr **table = arg;

	if (mnl_attr_get_type(attr) < RDMA_NLDEV_ATTR_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

struct wanted {
	const char *name;
	unsigned index, state;
};

static void device(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *table[RDMA_NLDEV_ATTR_MAX] = {0};
	struct wanted *want = arg;

	mnl_attr_parse(reply, 0, attributes, table);
	if (table[RDMA_NLDEV_ATTR_PORT_STATE])
		want->state = mnl_attr_get_u8(table[RDMA_NLDEV_ATTR_PORT_STATE]);
	if (table[RDMA_NLDEV_ATTR_DEV_NAME] &&
	    !strcmp(mnl_attr_get_str(table[RDMA_NLDEV_ATTR_DEV_NAME]), want->name))
		want->index = mnl_attr_get_u32(table[RDMA_NLDEV_ATTR_DEV_INDEX]);
}

static unsigned device_index(struct socket *s, const char *name)
{
	struct wanted want = {.name = name};
	unsigned tries;

	/* a list that is taken while others are moved may lack a device
	 * (docs/dev/kernel-notes.md) */
	for (tries = 0; !want.index && tries < 100; tries++)
		ask(s, start(NLDEV(RDMA_NLDEV_CMD_GET), NLM_F_DUMP), "list", device, &want);
	return want.index;
}

static void move(unsigned index, int netns)
{
	struct nlmsghdr *header = start(NLDEV(RDMA_NLDEV_CMD_SET), 0);

	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	mnl_attr_put_u32(header, RDMA_NLDEV_NET_NS_FD, (uint32_t)netns);
	ask(&rdma, header, "move", NULL, NULL);
}

static void wait_active(struct socket *s, unsigned index)
{
	double deadline = now() + 20;
	struct wanted want = {.name = ""};

	while (want.state != 4 && now() < deadline) {
		struct nlmsghdr *header = start(NLDEV(RDMA_NLDEV_CMD_PORT_GET), 0);

		mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
		mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_PORT_INDEX, 1);
		ask(s, header, "port", device, &want);
	}
	if (want.state != 4)
		die("port", ETIMEDOUT);
}

static void names(unsigned i, char path[64], char netdev[IFNAMSIZ], char dev[32])
{
	snprintf(path, 64, "/run/netns/floor-%u", i);
	snprintf(netdev, IFNAMSIZ, "floor-%hu", (unsigned short)i);
	snprintf(dev, 32, "floor-rxe-%u", i);
}

static void make(unsigned i, unsigned parent, int home)
{
	char path[64], netdev[IFNAMSIZ], dev[32];
	struct socket inside_route, inside_rdma;
	unsigned index, dev_index;
	int netns;

	names(i, path, netdev, dev);
	close(open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
	if (unshare(CLONE_NEWNET) || mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL))
		die(path, errno);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	inside_route = open_socket(NETLINK_ROUTE);
	inside_rdma = open_socket(NETLINK_RDMA);
	if (setns(home, CLONE_NEWNET))
		die("setns", errno);
	set_up(&inside_route, 1);
	add_macvlan(netdev, parent, netns);
	index = index_of(&inside_route, netdev);
	add_address(&inside_route, index, i);
	set_up(&inside_route, index);
	add_rxe(&inside_rdma, dev, netdev);
	move(device_index(&rdma, dev), netns);
	dev_index = device_index(&inside_rdma, dev);
	wait_active(&inside_rdma, dev_index);
	close(inside_route.fd);
	close(inside_rdma.fd);
	close(netns);
}

static void unmake(unsigned i, int home)
{
	char path[64], netdev[IFNAMSIZ], dev[32];
	struct socket inside_route, inside_rdma;
	struct nlmsghdr *header;
	struct ifinfomsg *body;
	unsigned index;
	int netns;

	names(i, path, netdev, dev);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || setns(netns, CLONE_NEWNET))
		die(path, errno);
	close(netns);
	inside_route = open_socket(NETLINK_ROUTE);
	inside_rdma = open_socket(NETLINK_RDMA);
	if (setns(home, CLONE_NEWNET))
		die("setns", errno);
	index = device_index(&inside_rdma, dev);
	header = start(NLDEV(RDMA_NLDEV_CMD_DELLINK), 0);
	mnl_attr_put_u32(header, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	ask(&inside_rdma, header, "rxe delete", NULL, NULL);
	index = index_of(&inside_route, netdev);
	header = start(RTM_DELLINK, 0);
	body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	body->ifi_index = (int)index;
	ask(&inside_route, header, "netdev delete", NULL, NULL);
	close(inside_route.fd);
	close(inside_rdma.fd);
	if (umount2(path, MNT_DETACH) || unlink(path))
		die(path, errno);
}

/* Every step-th endpoint from first: made, told by a byte, and deleted when go ends. */
static void share(unsigned first, unsigned n, unsigned step, const char *netdev, int told, int go)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	unsigned i, parent;
	char byte;

	if (home < 0)
		die("home", errno);
	route = open_socket(NETLINK_ROUTE);
	rdma = open_socket(NETLINK_RDMA);
	parent = index_of(&route, netdev);
	for (i = first; i < n; i += step)
		make(i, parent, home);
	if (write(told, "u", 1) != 1 || read(go, &byte, 1))
		die("the other processes", errno);
	for (i = first; i < n; i += step)
		unmake(i, home);
	exit(0);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned processes = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1, i;
	int told[2], go[2], status, failed = 0;
	double began, up;
	char byte;

	if (!n || !processes) {
		fprintf(stderr, "usage: floor N PARENT [PROCESSES]\n");
		return 2;
	}
	if (pipe(told) || pipe(go))
		die("pipe", errno);
	began = now();
	for (i = 0; i < processes; i++) {
		if (fork())
			continue;
		close(go[1]);
		share(i, n, processes, argv[2], told[1], go[0]);
	}
	close(told[1]);
	for (i = 0; i < processes; i++)
		if (read(told[0], &byte, 1) != 1)
			return 1; /* a share died, and said why */
	up = now() - began;
	began = now();
	close(go[1]);
	while (wait(&status) > 0)
		failed |= status;
	printf("up %.3f down %.3f\n", up, now() - began);
	return failed != 0;
}
