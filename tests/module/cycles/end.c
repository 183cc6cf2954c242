/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One endpoint: a namespace, a macvlan in it, an RXE device on that. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma-qp.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tests/module/cycles/cycles.h"
#include "tools/cli/output.h"

#define LOOPBACK 1u /* LOOPBACK_IFINDEX, include/net/flow.h */
#define POLL_MS 5
/* The memory of a namespace that is gone is freed when the next one goes (net_complete_free,
 * net/core/net_namespace.c, in newer kernels): those of the last cycle may still count, and the one
 * that namespace_dies() made, always. */
#define DEFERRED 2u
#define DEFERRED_OURS 1u

static struct rx_cidr address(int family, const char *text, unsigned prefix)
{
	struct rx_cidr cidr;

	rx_address_parse(text, family, &cidr);
	cidr.prefix = prefix;
	return cidr;
}

/* Names, addresses and MACs are the same in every cycle but for those of the devices
 * (lab_name_devices): what is left of the one before is in the way. */
void lab_fill(struct lab *lab, unsigned parent)
{
	struct rx_lab *own = &lab->view.lab;
	char text[32];
	unsigned i;

	memset(lab, 0, sizeof(*lab));
	lab->parent = parent;
	for (i = 0; i < 2; i++) {
		struct rx_iface *iface = &lab->iface[i];

		snprintf(iface->netdev, sizeof(iface->netdev), "m%u", i + 1);
		memcpy(iface->mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(i + 1)}, 6);
		snprintf(text, sizeof(text), "10.0.0.%u", i + 1);
		iface->ipv4 = address(AF_INET, text, 24);
		snprintf(text, sizeof(text), "fd00::%u", i + 1);
		iface->ipv6 = address(AF_INET6, text, 64);
		snprintf(lab->want[i].name, sizeof(lab->want[i].name), "n%u", i + 1);
		lab->want[i].ifaces = iface;
		lab->want[i].n_ifaces = 1;
		lab->iface_view[i] = (struct rx_iface_view){.want = iface, .gid_index = -1};
		lab->node[i] = (struct rx_node_view){.want = &lab->want[i],
						     .ifaces = &lab->iface_view[i],
						     .n_ifaces = 1};
		snprintf(lab->node[i].data_netns, sizeof(lab->node[i].data_netns),
			 RX_NETNS_DIR "/n%u", i + 1);
	}
	snprintf(own->name, sizeof(own->name), "cycles");
	own->networks = &lab->network;
	own->n_networks = 1;
	own->nodes = lab->want;
	own->n_nodes = own->n_endpoints = 2;
	lab->view.nodes = lab->node;
	lab->view.n_nodes = lab->view.n_endpoints = 2;
}

/* A device's name is free a moment after all traces of it are gone, and an add that fails for it
 * (ENFILE) leaks a reference on the namespace's sockets (docs/dev/upstream/socket-reference.md). So
 * each name is used every other time. */
void lab_name_devices(struct lab *lab, unsigned cycle)
{
	for (unsigned i = 0; i < 2; i++)
		snprintf(lab->iface[i].rdma_dev, sizeof(lab->iface[i].rdma_dev), "rxe%u%c", i + 1,
			 cycle % 2 ? 'b' : 'a');
}

/* ---- making ---- */

static int make_namespace(const char *path, struct rx_err *err)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0), home, code = 0;

	if (fd < 0)
		return rx_fail(err, "test", errno, "%s: %s", path, strerror(errno));
	close(fd);
	home = rx_ns_open("", err);
	if (home < 0)
		return home;
	if (unshare(CLONE_NEWNET) || mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL))
		code = errno;
	rx_ns_leave(&home);
	return code ? rx_fail(err, "test", code, "%s: making a namespace: %s", path, strerror(code))
		    : 0;
}

static int make_netdev(const struct lab *lab, unsigned end, int netns, struct rx_err *err)
{
	const struct rx_iface *want = &lab->iface[end];
	struct rx_link_spec spec = {.kind = "macvlan",
				    .name = want->netdev,
				    .lower = lab->parent,
				    .mac = want->mac,
				    .netns = netns};
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, "", err);

	if (rc)
		return rc;
	rc = rx_link_add(&route, &spec, err);
	rx_nl_close(&route);
	return rc;
}

/* EADDRINUSE: a macvlan with that MAC is still up, in a namespace on its way out. */
static int set_up(struct rx_nl *route, unsigned ifindex, const char *name, struct rx_err *err)
{
	double deadline = rx_now() + PATIENCE;
	int rc;

	while ((rc = rx_link_change(route, ifindex, name, &(struct rx_link_change){.up = true},
				    err)) == -EADDRINUSE &&
	       rx_now() < deadline)
		rx_wait_ms(POLL_MS);
	return rc;
}

/* Permanent neighbours: ib_core sleeps a whole second for one that it has to ask for. */
static int dress(const struct lab *lab, unsigned end, struct rx_nl *route, struct rx_err *err)
{
	const struct rx_iface *own = &lab->iface[end], *peer = &lab->iface[1 - end];
	struct rx_link_info info;

	if (set_up(route, LOOPBACK, "lo", err) || rx_link_get(route, own->netdev, &info, err) ||
	    rx_addr_add(route, info.ifindex, own->netdev, &own->ipv4, err) ||
	    rx_addr_add(route, info.ifindex, own->netdev, &own->ipv6, err) ||
	    set_up(route, info.ifindex, own->netdev, err))
		return -err->code;
	return rx_neigh_replace(route,
				(struct rx_neigh_spec[]){{info.ifindex, peer->ipv4, peer->mac},
							 {info.ifindex, peer->ipv6, peer->mac}},
				2, err);
}

/* Move the device that the socket sees into the namespace behind netns. */
static int move_to(struct rx_nl *from, const char *name, int netns, struct rx_err *err)
{
	uint32_t index;
	int rc = rx_rdma_find(from, name, &index, err);

	return rc ? rc : rx_rdma_move(from, index, name, netns, err);
}

static int move_in(const struct lab *lab, unsigned end, struct rx_err *err)
{
	rx_autoclose int netns = rx_ns_open(lab->node[end].data_netns, err);
	struct rx_nl home;
	int rc;

	if (netns < 0)
		return netns;
	rc = rx_nl_open(&home, NETLINK_RDMA, "", err);
	if (rc)
		return rc;
	rc = move_to(&home, lab->iface[end].rdma_dev, netns, err);
	rx_nl_close(&home);
	return rc;
}

static int wait_active(struct rx_nl *rdma, const char *name, struct rx_err *err)
{
	double deadline = rx_now() + PATIENCE;
	struct rx_rdma_port port;
	uint32_t index;
	int rc = rx_rdma_find(rdma, name, &index, err);

	while (!rc && (rc = rx_rdma_port(rdma, index, &port, err)) == 0 &&
	       port.state != IBV_PORT_ACTIVE) {
		if (rx_now() > deadline)
			return rx_fail(err, "test", ETIMEDOUT,
				       "RXE device %s: its port is not ACTIVE (%u)", name,
				       port.state);
		rx_wait_ms(POLL_MS);
	}
	return rc;
}

static int make_device(const struct lab *lab, unsigned end, bool move, struct rx_nl *rdma,
		       struct rx_err *err)
{
	const char *name = lab->iface[end].rdma_dev;
	uint32_t index;

	if (rx_rdma_link_add(rdma, name, lab->iface[end].netdev, err))
		return -err->code;
	if (!move)
		return 0;
	if (rx_rdma_find(rdma, name, &index, err) && move_in(lab, end, err))
		return -err->code;
	return wait_active(rdma, name, err);
}

int end_make(const struct lab *lab, unsigned end, const struct parts *parts, struct rx_err *err)
{
	const char *path = lab->node[end].data_netns;
	rx_autoclose int netns = -1;
	struct rx_nl route, rdma;
	int rc;

	if (make_namespace(path, err))
		return -err->code;
	netns = rx_ns_open(path, err);
	if (netns < 0 || make_netdev(lab, end, netns, err) ||
	    rx_nl_open(&route, NETLINK_ROUTE, path, err))
		return -err->code;
	rc = dress(lab, end, &route, err);
	rx_nl_close(&route);
	if (!rc)
		rc = rx_nl_open(&rdma, NETLINK_RDMA, path, err);
	if (rc)
		return rc;
	rc = make_device(lab, end, parts->move, &rdma, err);
	rx_nl_close(&rdma);
	return rc;
}

/* ---- looking and moving ---- */

/* Whoever moves a device must be where it is (rdma_dev_change_netns,
 * drivers/infiniband/core/device.c: ENODEV). */
static int go_home(const struct lab *lab, unsigned end, struct rx_err *err)
{
	struct rx_nl rdma;
	int home, rc = rx_ns_enter(lab->node[end].data_netns, &home, err);

	if (rc)
		return rc;
	rc = rx_nl_open(&rdma, NETLINK_RDMA, "", err);
	if (!rc) {
		rc = move_to(&rdma, lab->iface[end].rdma_dev, home, err);
		rx_nl_close(&rdma);
	}
	rx_ns_leave(&home);
	return rc;
}

int end_trip(const struct lab *lab, unsigned end, struct rx_err *err)
{
	int rc = go_home(lab, end, err);

	return rc ? rc : move_in(lab, end, err);
}

int end_has_qp1(const struct lab *lab, unsigned end, struct rx_err *err)
{
	struct rx_nl rdma;
	uint32_t index;
	int rc = rx_nl_open(&rdma, NETLINK_RDMA, lab->node[end].data_netns, err);

	if (rc)
		return rc;
	rc = rx_rdma_find(&rdma, lab->iface[end].rdma_dev, &index, err);
	if (!rc)
		rc = rx_rdma_has_gsi(&rdma, index, err);
	rx_nl_close(&rdma);
	return rc;
}

/* ---- deleting ---- */

/* The device is inside, or in init_net: at home, or never moved. */
static int delete_link(const struct lab *lab, unsigned end, struct rx_err *err)
{
	const char *name = lab->iface[end].rdma_dev, *places[] = {lab->node[end].data_netns, ""};
	int rc = -ENODEV;
	unsigned i;

	for (i = 0; i < 2 && rc == -ENODEV; i++) {
		struct rx_nl rdma;
		uint32_t index;

		rc = rx_nl_open(&rdma, NETLINK_RDMA, places[i], err);
		if (rc)
			return rc;
		rc = rx_rdma_find(&rdma, name, &index, err);
		if (!rc)
			rc = rx_rdma_link_delete(&rdma, index, name, err);
		rx_nl_close(&rdma);
	}
	return rc;
}

static int delete_netdev(const struct lab *lab, unsigned end, struct rx_err *err)
{
	const char *name = lab->iface[end].netdev;
	struct rx_link_info info;
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, lab->node[end].data_netns, err);

	if (rc)
		return rc;
	rc = rx_link_get(&route, name, &info, err);
	if (!rc)
		rc = rx_link_delete(&route, info.ifindex, name, err);
	rx_nl_close(&route);
	return rc;
}

int end_delete(const struct lab *lab, unsigned end, char step, struct rx_err *err)
{
	const char *path = lab->node[end].data_netns;

	switch (step) {
	case 'H':
		return go_home(lab, end, err);
	case 'L':
		return delete_link(lab, end, err);
	case 'D':
		return delete_netdev(lab, end, err);
	default:
		if (umount2(path, MNT_DETACH) || unlink(path))
			return rx_fail(err, "test", errno, "%s: %s", path, strerror(errno));
		return 0;
	}
}

static bool holds(const char *folder, const char *prefix)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix));
	if (dir)
		closedir(dir);
	return found;
}

static unsigned long long slab_number(const char *cache, const char *file)
{
	rx_autofree char *path = NULL;
	rx_autofile FILE *stream = NULL;
	unsigned long long n = 0;

	if (asprintf(&path, "/sys/kernel/slab/%s/%s", cache, file) < 0)
		abort();
	stream = fopen(path, "re");
	return stream && fscanf(stream, "%llu", &n) == 1 ? n : 0;
}

/* Without the checks of slub_debug whole slabs of each CPU are counted as if all objects in them
 * lived. */
unsigned long long live_namespaces(void)
{
	return slab_number("net_namespace", "sanity_checks")
		       ? slab_number("net_namespace", "objects")
		       : 0;
}

void print_objects(void)
{
	static const char *const caches[] = {
		"net_namespace", "UDP", "UDPv6", "RAW", "sock_inode_cache", "kernfs_node_cache"};

	printf("# objects:");
	for (size_t i = 0; i < RX_ARRAY_SIZE(caches); i++)
		if (slab_number(caches[i], "sanity_checks"))
			printf(" %s %llu", caches[i], slab_number(caches[i], "objects"));
	printf("\n");
}

bool namespace_dies(void)
{
	rx_autoclose int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return home >= 0 && !unshare(CLONE_NEWNET) && !setns(home, CLONE_NEWNET);
}

bool namespaces_stay(unsigned long long before)
{
	double deadline = rx_now() + PATIENCE;

	while (live_namespaces() > before + DEFERRED_OURS) {
		if (rx_now() > deadline || !namespace_dies())
			return true;
		rx_wait_ms(1000);
	}
	return false;
}

const char *ends_left(unsigned long long namespaces)
{
	if (holds("/sys/class/infiniband", ""))
		return "an RDMA device in init_net";
	if (holds("/sys/class/infiniband_verbs", "uverbs"))
		return "a uverbs device";
	/* not if_nametoindex: for a name that is not there the kernel starts modprobe */
	if (!access("/sys/class/net/m1", F_OK) || !access("/sys/class/net/m2", F_OK))
		return "a netdev in init_net";
	return live_namespaces() > namespaces + DEFERRED ? "a network namespace" : NULL;
}
