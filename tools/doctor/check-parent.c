/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can endpoints stand on this NIC? A macvlan on it is made in a scratch namespace, and an RXE on
 * that. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tools/doctor/doctor.h"

#define RXE_P "rxldoctorp"
#define IB_PORT_ACTIVE 4      /* include/rdma/ib_verbs.h */
#define PORT_WAIT 2.0         /* seconds; the port follows its netdev's carrier at once */

struct parent {
	struct rx_link_info info;
	char above[IFNAMSIZ];     /* the bridge or bond it belongs to; "" */
	char kind_above[16];
	char driver[32];
	bool wireless, vf;
};

static bool has(const char *netdev, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", netdev, file);
	return !access(path, F_OK);
}

static void read_driver(struct parent *parent)
{
	rx_autoclose int fd = rx_host_socket(AF_INET, SOCK_DGRAM, 0);
	struct ethtool_drvinfo drvinfo = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&drvinfo};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", parent->info.name);
	if (fd >= 0 && !ioctl(fd, SIOCETHTOOL, &request))
		snprintf(parent->driver, sizeof(parent->driver), "%s", drvinfo.driver);
}

static void look(struct rx_scratch *scratch, struct parent *parent)
{
	const char *name = parent->info.name;
	rx_autofree struct rx_link_info *list = NULL;
	struct rx_err ignored;
	size_t n = 0;

	parent->wireless = has(name, "wireless") || has(name, "phy80211");
	parent->vf = has(name, "device/physfn");
	read_driver(parent);
	if (parent->info.master && !rx_link_list(&scratch->host_route, &list, &n, &ignored))
		for (size_t i = 0; i < n; i++)
			if (list[i].ifindex == parent->info.master) {
				snprintf(parent->above, sizeof(parent->above), "%s", list[i].name);
				snprintf(parent->kind_above, sizeof(parent->kind_above), "%s",
					 list[i].kind);
			}
}

static unsigned promiscuity(const char *netdev)
{
	char path[128], flags[32];

	snprintf(path, sizeof(path), "/sys/class/net/%s/flags", netdev);
	return rx_file_read(path, flags, sizeof(flags))
		       ? 0
		       : (unsigned)strtoul(flags, NULL, 16) & IFF_PROMISC;
}

static void refused(struct rx_finding *f, const struct parent *parent, int rc,
		    const struct rx_err *err)
{
	f->verdict = RX_PROBLEM;
	RX_SAY(f->reply, "%s", strerror(-rc));
	if (rc == -EBUSY && *parent->above) {
		RX_SAY(f->cause, "%s is a port of the %s %s, which receives for it",
		       parent->info.name, *parent->kind_above ? parent->kind_above : "netdev",
		       parent->above);
		RX_SAY(f->cure, "parent: %s", parent->above);
		f->row = 11;
	} else if (parent->info.flags & IFF_LOOPBACK) {
		RX_SAY(f->cause, "a macvlan needs an Ethernet netdev, and lo is none");
		RX_SAY(f->cure, "parent: none makes a private bridge");
	} else {
		RX_SAY(f->cause, "%s", err->text);
	}
}

/* The port's state as soon as it is ACTIVE, or what it is after the wait. */
static int wait_active(struct rx_nl *nl, uint32_t index)
{
	double deadline = rx_now() + PORT_WAIT;
	struct rx_rdma_port port = {0};
	struct rx_err ignored;

	while (!rx_rdma_port(nl, index, &port, &ignored) && port.state != IB_PORT_ACTIVE &&
	       rx_now() < deadline)
		rx_wait_ms(20);
	return port.state;
}

static void try_rxe(struct rx_scratch *scratch, const struct parent *parent)
{
	struct rx_err err = {0};
	struct rx_finding *f;
	struct rx_nl *nl;
	uint32_t index;
	int state;

	if (scratch->rdma.fd < 0)
		return;
	if (rx_rdma_link_add(&scratch->rdma, RXE_P, "rxldp0", &err)) {
		rx_finding(scratch->doctor, "parent-rxe", 1, RX_PROBLEM, err.text,
			   "an RXE on the macvlan on %s", parent->info.name);
		return;
	}
	nl = rx_scratch_find(scratch, RXE_P, &index);
	state = nl ? wait_active(nl, index) : 0;
	f = rx_finding(scratch->doctor, "parent-rxe", 1,
		       state == IB_PORT_ACTIVE ? RX_FINE : RX_PROBLEM,
		       state == IB_PORT_ACTIVE ? "port ACTIVE" : "port DOWN",
		       "an RXE on the macvlan on %s", parent->info.name);
	if (state != IB_PORT_ACTIVE) {
		RX_SAY(f->cause, "%s is %s", parent->info.name,
		       parent->info.flags & IFF_UP ? "without carrier" : "down");
		RX_SAY(f->cure, "%s",
		       parent->info.flags & IFF_UP ? "plug the cable in, or use parent: none"
						   : "ip link set it up");
	}
	rx_scratch_delete(scratch, RXE_P);
}

static void address_filter(struct rx_scratch *scratch, const struct parent *parent, unsigned before)
{
	bool turned = !before && promiscuity(parent->info.name);
	struct rx_finding *f =
		rx_finding(scratch->doctor, "parent-macs", 1, RX_FINE,
			   turned ? "the NIC went promiscuous" : "taken into its filter",
			   "a second MAC address on %s (driver %s)", parent->info.name,
			   *parent->driver ? parent->driver : "unknown");

	if (turned) {
		f->verdict = RX_LIMIT;
		RX_SAY(f->cause, "it has no filter for several addresses: the CPU sees every frame "
				 "on the wire");
	}
	if (parent->vf) {
		f->verdict = RX_PROBLEM;
		RX_SAY(f->cause, "it is an SR-IOV virtual function, whose physical function drops "
				 "foreign MAC addresses");
		RX_SAY(f->cure, "on the host: ip link set PF vf N spoofchk off trust on");
	} else if (!strcmp(parent->driver, "ena") || !strcmp(parent->driver, "gve") ||
		   !strcmp(parent->driver, "hv_netvsc")) {
		f->verdict = RX_LIMIT;
		RX_SAY(f->cause,
		       "a cloud's virtual NIC: frames between endpoints stay in this machine and "
		       "pass, frames to other machines are dropped for their MAC address");
	}
}

static void vlan_filter(struct rx_scratch *scratch, const struct parent *parent)
{
	struct rx_finding *f;
	char path[128], value[8];

	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge/vlan_filtering", parent->info.name);
	if (rx_file_read(path, value, sizeof(value)))
		return;
	f = rx_finding(scratch->doctor, "parent-vlans", 3, value[0] == '1' ? RX_LIMIT : RX_FINE,
		       NULL, "reading whether the bridge %s filters VLANs", parent->info.name);
	RX_SAY(f->reply, "vlan_filtering is %s", value);
	if (value[0] != '1')
		return;
	RX_SAY(f->cause, "a VLAN that the bridge's ports do not list is dropped without a word");
	RX_SAY(f->cure, "bridge vlan add vid ID dev PORT, and the same with \"self\" on %s",
	       parent->info.name);
}

static void try_parent(struct rx_scratch *scratch)
{
	const char *name = scratch->arg;
	struct rx_link_spec spec = {.kind = "macvlan", .name = "rxldp0", .netns = scratch->netns};
	struct rx_link_info made;
	struct parent parent = {0};
	struct rx_err err = {0};
	struct rx_finding *f;
	unsigned before;
	int rc = rx_link_get(&scratch->host_route, name, &parent.info, &err);

	f = rx_finding(scratch->doctor, "parent", 1, rc ? RX_PROBLEM : RX_FINE,
		       rc ? err.text : "done", "a macvlan on %s", name);
	if (rc)
		return;
	look(scratch, &parent);
	before = promiscuity(name);
	spec.lower = parent.info.ifindex;
	rc = rx_link_add(&scratch->host_route, &spec, &err);
	if (rc) {
		refused(f, &parent, rc, &err);
		return;
	}
	if (parent.wireless) {
		f->verdict = RX_PROBLEM;
		RX_SAY(f->cause, "it is Wi-Fi: an access point takes frames from one MAC address "
				 "of each station only");
		RX_SAY(f->cure, "a wired NIC, or parent: none for a lab inside this machine");
	}
	if (rx_scratch_raise(&scratch->route, "rxldp0", &made, &err)) {
		f->verdict = RX_PROBLEM;
		RX_SAY(f->reply, "%s", err.text);
		return;
	}
	if (parent.info.flags & IFF_UP)
		address_filter(scratch, &parent, before);
	try_rxe(scratch, &parent);
	vlan_filter(scratch, &parent);
}

static void check_one(struct rx_doctor *doctor, const char *name)
{
	struct rx_scratch scratch = {.doctor = doctor, .arg = (void *)name};

	if (rx_scratch_run(&scratch, try_parent))
		rx_finding(doctor, "parent", 1, RX_UNTRIED, scratch.problem, "a macvlan on %s",
			   name);
}

/* Without --parent: everything that has hardware behind it, and every bridge and bond. */
void rx_check_parents(struct rx_doctor *doctor)
{
	rx_autodir DIR *dir = opendir("/sys/class/net");
	const char *name;

	if (!doctor->privileged)
		return;
	if (doctor->parent) {
		check_one(doctor, doctor->parent);
		return;
	}
	while ((name = rx_next_name(dir)))
		if (has(name, "device") || has(name, "bridge") || has(name, "bonding"))
			check_one(doctor, name);
}
