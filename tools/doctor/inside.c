/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor --inside: from within a container or an endpoint, can programs use an RXE device here?
 * Needs no privilege. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/gid.h"
#include "tools/doctor/doctor.h"

static void open_node(struct rx_doctor *doctor, const char *name)
{
	rx_autofree char *path = rx_format("/dev/infiniband/%s", name);
	rx_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	int rc = fd < 0 ? errno : 0;
	struct rx_finding *f = rx_finding(doctor, "device-node", 10, rc ? RX_PROBLEM : RX_FINE,
					  rx_outcome(rc), "opening %s", path);

	if (!rc)
		return;
	switch (rc) {
	case EACCES:
		RX_SAY(f->cause, "its permissions keep this user out");
		RX_SAY(f->cure,
		       "chmod 666 it on the host, or the udev rule of rxelab env --format udev");
		break;
	case EPERM:
		RX_SAY(f->cause, "the container's device cgroup forbids it");
		RX_SAY(f->cure, "the lines of rxelab env NAME/ENDPOINT --format lxc, or --device "
				"for podman and docker");
		break;
	default:
		RX_SAY(f->cause, "the node is there, its device is not");
		RX_SAY(f->cure, "rxelab recreate on the host, then give the container the node "
				"again: the number changes");
	}
}

static void device_nodes(struct rx_doctor *doctor)
{
	rx_autodir DIR *dir = opendir("/dev/infiniband");
	unsigned uverbs = 0;
	bool cm = false;
	struct rx_finding *f;
	const char *name;

	while ((name = rx_next_name(dir))) {
		if (!strncmp(name, "uverbs", 6))
			uverbs++;
		else if (strcmp(name, "rdma_cm"))
			continue;
		else
			cm = true;
		open_node(doctor, name);
	}
	if (uverbs && cm)
		return;
	f = rx_finding(doctor, "device-nodes", 10, uverbs ? RX_LIMIT : RX_BLOCKS,
		       uverbs ? "no rdma_cm"
		       : dir  ? "no uverbs device"
			      : "no such folder",
		       "listing /dev/infiniband");
	RX_SAY(f->cause, "%s",
	       uverbs ? "programs that connect by rdma_cm cannot"
		      : "this container was given no RDMA device");
	RX_SAY(f->cure, "on the host: rxelab attach NAME/ENDPOINT --lxc CT (or --podman ID), or "
			"what rxelab env NAME/ENDPOINT --format lxc|podman|cdi prints");
}

/* Does an address of this namespace make this GID? */
static bool own_gid(const struct rx_gid *gid)
{
	struct ifaddrs *list, *at;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (at = list; at && !found; at = at->ifa_next) {
		static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

		if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET)
			found = !memcmp(gid->raw, mapped, 12) &&
				!memcmp(gid->raw + 12,
					&((struct sockaddr_in *)at->ifa_addr)->sin_addr, 4);
		else if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
			found = !memcmp(gid->raw, &((struct sockaddr_in6 *)at->ifa_addr)->sin6_addr,
					16);
	}
	freeifaddrs(list);
	return found;
}

static void device_gids(struct rx_doctor *doctor, int sysfs, const char *name)
{
	struct rx_finding *f = rx_finding(doctor, "gid", 1, RX_PROBLEM, "none",
					  "reading the GIDs of %s", name);
	rx_autofree struct rx_gid *list = NULL;
	size_t n = 0;

	RX_SAY(f->cause, "its netdev has no address, or lives in another namespace");
	rx_gid_list(sysfs, name, RX_GID_GAP, &list, &n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].type, "RoCE v2"))
			continue;
		RX_SAY(f->reply, "%s at index %u", list[i].text, list[i].index);
		f->verdict = RX_FINE;
		f->cause[0] = '\0';
		if (!own_gid(&list[i]))
			continue;
		RX_SAY(f->cause, "an address of this namespace: rdma_cm can use it");
		doctor->own_gid = true;
		break;
	}
}

static void device_port(struct rx_doctor *doctor, int sysfs, const char *name)
{
	char state[32] = "";
	int rc = rx_rdma_sysfs_read(sysfs, name, "ports/1/state", state, sizeof(state));
	bool active = !rc && strstr(state, "ACTIVE");
	struct rx_finding *f = rx_finding(doctor, "port", 10, active ? RX_FINE : RX_PROBLEM,
					  rc ? strerror(-rc) : state, "reading the port of %s",
					  name);

	if (active)
		return;
	RX_SAY(f->cause, "its netdev is down or without carrier");
	RX_SAY(f->cure, "ip link set NETDEV up, here and for the parent on the host");
}

static void devices(struct rx_doctor *doctor)
{
	rx_autoclose int sysfs = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rx_autodir DIR *dir = opendir("/sys/class/infiniband");
	struct rx_finding *f;
	const char *name;
	unsigned n = 0;

	while ((name = rx_next_name(dir))) {
		n++;
		device_gids(doctor, sysfs, name);
		device_port(doctor, sysfs, name);
	}
	if (!n) {
		f = rx_finding(doctor, "rdma-device", 10, RX_BLOCKS,
			       dir ? "empty" : "no such folder", "listing /sys/class/infiniband");
		RX_SAY(f->cause, "%s",
		       dir ? "no RDMA device is in this network namespace"
			   : "the kernel has no InfiniBand loaded");
		RX_SAY(f->cure,
		       "on the host: rxelab up, or rxelab attach NAME/ENDPOINT for this container");
	}
}

static void memory(struct rx_doctor *doctor)
{
	int rc = rx_try_lock(NULL);
	struct rx_finding *f = rx_finding(doctor, "memlock", 10, rc ? RX_PROBLEM : RX_FINE,
					  rx_outcome(rc), "locking %u MiB of memory",
					  RX_PINNED >> 20);
	struct rlimit limit = {0};

	if (!rc)
		return;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	RX_SAY(f->cause, "the limit is %llu KiB", (unsigned long long)limit.rlim_cur / 1024);
	RX_SAY(f->cure,
	       "lxc.prlimit.memlock = unlimited, --ulimit memlock=-1:-1, or LimitMEMLOCK=infinity");
}

void rx_check_inside(struct rx_doctor *doctor)
{
	device_nodes(doctor);
	devices(doctor);
	memory(doctor);
}
