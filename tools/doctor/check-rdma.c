/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RDMA namespace mode, who pins it, and what an RXE device can and cannot do here. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kmod-helpers/probe.h"
#include "kmod-helpers/steering.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/all-netns.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tools/doctor/doctor.h"

#define RXE_A "rxldoctor0"
#define RXE_B "rxldoctor1"

/* ---- mode ---- */

struct holders {
	unsigned count;
	char text[300];
};

/* Our own namespace, which comes as "", does not count; of the others the first four are told. */
static bool add_holder(const char *path, void *arg)
{
	struct holders *holders = arg;
	size_t used = strlen(holders->text), room = sizeof(holders->text) - used;
	char comm[300], name[64] = "?";
	int pid;

	if (!*path || holders->count++ >= 4)
		return false;
	if (sscanf(path, "/proc/%d/", &pid) != 1) {
		snprintf(holders->text + used, room, "%s%s", used ? ", " : "", path);
		return false;
	}
	snprintf(comm, sizeof(comm), "/proc/%d/comm", pid);
	rx_file_read(comm, name, sizeof(name));
	snprintf(holders->text + used, room, "%sprocess %d (%s)", used ? ", " : "", pid, name);
	return false;
}

/* Change the mode and put it back: what `rdma_netns: exclusive` in a lab file would have to do. */
static void try_mode(struct rx_doctor *doctor, struct rx_nl *rdma, enum rx_rdma_mode mode)
{
	enum rx_rdma_mode other = mode == RX_RDMA_SHARED ? RX_RDMA_EXCLUSIVE : RX_RDMA_SHARED;
	struct holders holders = {0};
	struct rx_err err = {0};
	int rc = rx_rdma_mode_set(rdma, other, &err);
	struct rx_finding *f = rx_finding(doctor, "rdma-mode", 7, RX_FINE, rx_outcome(rc),
					  "changing the RDMA namespace mode from %s to %s",
					  rx_rdma_mode_name(mode), rx_rdma_mode_name(other));

	if (!rc) {
		rc = rx_rdma_mode_set(rdma, mode, &err);
		RX_SAY(f->cause, "%s", rc ? err.text : "put back; a lab may choose");
		f->verdict = rc ? RX_PROBLEM : RX_FINE;
		return;
	}
	rx_netns_each(add_holder, &holders);
	f->verdict = RX_LIMIT;
	RX_SAY(f->cause,
	       "the kernel changes it only while there is no other network namespace, and there %s "
	       "%u: %s%s",
	       holders.count == 1 ? "is" : "are", holders.count,
	       *holders.text ? holders.text
			     : "none that can be seen, so one was deleted a moment ago or is held "
			       "by a descriptor",
	       holders.count > 4 ? ", ..." : "");
	RX_SAY(f->cure,
	       "load ib_core with netns_mode=%d before anything else does (\"options ib_core "
	       "netns_mode=%d\" in /etc/modprobe.d; rxelab up does it for rdma_netns: exclusive "
	       "when nothing has loaded ib_core)",
	       other == RX_RDMA_SHARED, other == RX_RDMA_SHARED);
}

/* Endpoints with a namespace each that half the memory holds. */
static unsigned how_many(const struct rx_facts *facts, enum rx_rdma_mode mode, unsigned room)
{
	struct rx_load load = {
		.devices = 1, .own_namespaces = 1, .namespaces = facts->namespaces, .mode = mode};

	while (load.devices <= room && rx_predict_memory(&load) < facts->mem_available / 2)
		load.own_namespaces = ++load.devices;
	return (unsigned)load.devices - 1;
}

static void predict(struct rx_doctor *doctor)
{
	const struct rx_facts *facts = &doctor->facts;
	unsigned room = 1024 > facts->uverbs_used ? 1024 - facts->uverbs_used : 0;
	unsigned shared = how_many(facts, RX_RDMA_SHARED, room),
		 exclusive = how_many(facts, RX_RDMA_EXCLUSIVE, room);
	struct rx_finding *f = rx_finding(doctor, "capacity", 7, RX_FINE, NULL,
					  "counting memory (%llu MiB available), network "
					  "namespaces (%u) and RDMA devices (%u of 1024)",
					  (unsigned long long)facts->mem_available >> 20,
					  facts->namespaces, facts->uverbs_used);

	doctor->counted = true;
	doctor->fit_shared = shared;
	doctor->fit_exclusive = exclusive;
	RX_SAY(f->reply, "half the memory holds %u endpoints in shared mode, %u in exclusive mode",
	       shared, exclusive);
	RX_SAY(f->cause, "in shared mode every device appears in every namespace of the host");
}

void rx_check_mode(struct rx_doctor *doctor)
{
	struct rx_nl route = RX_NL_CLOSED, rdma = RX_NL_CLOSED;
	struct rx_finding *f;
	struct rx_err err = {0};

	if (!doctor->have_rxe)
		return;
	if (rx_nl_open(&rdma, NETLINK_RDMA, "", &err) ||
	    rx_nl_open(&route, NETLINK_ROUTE, "", &err) ||
	    rx_facts_gather(&route, &rdma, &doctor->facts, &err)) {
		rx_finding(doctor, "rdma-netlink", 0, RX_BLOCKS, err.text,
			   "asking the kernel for its RDMA devices and netdevs");
		doctor->have_rxe = false;
	} else if (doctor->facts.uverbs_used) {
		f = rx_finding(doctor, "rdma-mode", 7, RX_UNTRIED, NULL,
			       "changing the RDMA namespace mode (%s now)",
			       rx_rdma_mode_name(doctor->facts.rdma_mode));
		RX_SAY(f->reply, "%u RDMA devices are in use", doctor->facts.uverbs_used);
	} else {
		try_mode(doctor, &rdma, doctor->facts.rdma_mode);
	}
	if (doctor->have_rxe)
		predict(doctor);
	rx_nl_close(&rdma);
	rx_nl_close(&route);
}

/* ---- RXE in a scratch namespace ---- */

static void second_rxe(struct rx_scratch *scratch)
{
	struct rx_err err = {0};
	int rc = rx_rdma_link_add(&scratch->rdma, RXE_B, "rxld0", &err);
	struct rx_finding *f = rx_finding(scratch->doctor, "second-rxe", 2, rc ? RX_LIMIT : RX_FINE,
					  rx_outcome(rc), "a second RXE on a netdev that has one");

	if (!rc) {
		rx_scratch_delete(scratch, RXE_B);
		return;
	}
	RX_SAY(f->cause, "%s", rc == -EEXIST ? "a netdev carries one RXE" : err.text);
	RX_SAY(f->cure, "one netdev for each endpoint: rxelab up makes a macvlan or veth for each "
			"on the one NIC");
}

static void rxe_on_vlan(struct rx_scratch *scratch, unsigned lower)
{
	struct rx_link_spec spec = {
		.kind = "vlan", .name = "rxld0.20", .lower = lower, .vlan = 20, .netns = -1};
	struct rx_err err = {0};
	struct rx_finding *f;
	int rc;

	if (rx_scratch_link(&scratch->route, &spec, NULL, &err)) {
		rx_finding(scratch->doctor, "rxe-on-vlan", 3, RX_UNTRIED, err.text,
			   "an RXE on a VLAN netdev");
		return;
	}
	rc = rx_rdma_link_add(&scratch->rdma, RXE_B, "rxld0.20", &err);
	f = rx_finding(scratch->doctor, "rxe-on-vlan", 3, rc ? RX_LIMIT : RX_FINE, rx_outcome(rc),
		       "an RXE on a VLAN netdev");
	if (!rc) {
		rx_scratch_delete(scratch, RXE_B);
		return;
	}
	RX_SAY(f->cause, "%s",
	       rc == -EPERM ? "no matter of privilege: RXE refuses VLAN netdevs" : err.text);
	RX_SAY(f->cure,
	       "\"vlan: 20\" in the lab file: VLAN netdev, bridge, and macvlans or veths above it");
}

/* The device's first GID, wherever the kernel put the device. */
static bool first_gid(struct rx_scratch *scratch, const char *rdma_dev, char *text, size_t size)
{
	uint32_t index;
	struct rx_nl *where = rx_scratch_find(scratch, rdma_dev, &index);
	rx_autofree struct rx_gid *list = NULL;
	struct rx_err ignored;
	rx_autoclose int sysfs =
		rx_ns_sysfs(where == &scratch->host_rdma ? "/proc/self/ns/net" : "", &ignored);
	bool found;
	size_t n = 0;

	found = where && sysfs >= 0 && !rx_gid_list(sysfs, rdma_dev, RX_GID_GAP, &list, &n) && n;
	if (found)
		snprintf(text, size, "%s", list[0].text);
	return found;
}

/* What the whole is about: two identities on one adapter. */
static void two_identities(struct rx_scratch *scratch, unsigned lower)
{
	struct rx_link_spec a = {.kind = "macvlan", .name = "rxldm0", .lower = lower, .netns = -1},
			    b = a;
	char gid_a[40] = "", gid_b[40] = "";
	struct rx_err err = {0};
	struct rx_finding *f;
	bool made;

	b.name = "rxldm1";
	made = !rx_scratch_link(&scratch->route, &a, NULL, &err) &&
	       !rx_scratch_link(&scratch->route, &b, NULL, &err) &&
	       !rx_rdma_link_add(&scratch->rdma, RXE_A, "rxldm0", &err) &&
	       !rx_rdma_link_add(&scratch->rdma, RXE_B, "rxldm1", &err);
	f = rx_finding(scratch->doctor, "own-gid", 1, RX_PROBLEM,
		       made ? "the devices show no GID" : err.text,
		       "two macvlans on one netdev and an RXE on each");
	if (made && first_gid(scratch, RXE_A, gid_a, sizeof(gid_a)) &&
	    first_gid(scratch, RXE_B, gid_b, sizeof(gid_b))) {
		RX_SAY(f->reply, "GIDs %s and %s", gid_a, gid_b);
		f->verdict = strcmp(gid_a, gid_b) ? RX_FINE : RX_PROBLEM;
		RX_SAY(f->cause, "%s",
		       strcmp(gid_a, gid_b) ? "each endpoint has an identity of its own"
					    : "both devices have the same identity");
	}
	rx_scratch_delete(scratch, RXE_A);
	rx_scratch_delete(scratch, RXE_B);
}

static int try_open(const void *path)
{
	rx_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static void node_access(struct rx_scratch *scratch)
{
	struct rx_finding *f =
		rx_finding(scratch->doctor, "device-node", 10, RX_PROBLEM, NULL,
			   "a user without privileges opens the device node of an RXE");
	char name[32], path[64];
	struct rx_err err = {0};
	uint32_t index;
	dev_t devt;
	struct rx_nl *nl = rx_scratch_find(scratch, RXE_A, &index);
	int rc;

	if (!nl || rx_rdma_uverbs(nl, index, name, sizeof(name), &devt, &err)) {
		RX_SAY(f->reply, "%s", nl ? err.text : "the device is gone");
		return;
	}
	snprintf(path, sizeof(path), "/dev/infiniband/%s", name);
	rc = rx_as_nobody(try_open, path);
	RX_SAY(f->reply, "%s: %s", path, rc ? strerror(rc) : "opened");
	f->verdict = rc ? RX_LIMIT : RX_FINE;
	if (rc == ENOENT)
		RX_SAY(f->cause, "/dev is not the kernel's devtmpfs, so nobody made the node");
	else if (rc)
		RX_SAY(f->cause, "a udev rule or its mode keeps users out");
	if (rc)
		RX_SAY(f->cure, "rxelab exec makes a node of its own for the endpoint; elsewhere "
				"the rules of rxelab env NAME/ENDPOINT --format udev");
}

static void try_rxe(struct rx_scratch *scratch)
{
	struct rx_link_spec spec = {.kind = "veth", .name = "rxld0", .peer = "rxld1", .netns = -1};
	struct rx_err err = {0};
	unsigned lower;

	if (rx_scratch_link(&scratch->route, &spec, &lower, &err) ||
	    rx_rdma_link_add(&scratch->rdma, RXE_A, "rxld0", &err)) {
		rx_finding(scratch->doctor, "rxe", 2, RX_BLOCKS, err.text,
			   "an RXE on a veth in a scratch namespace");
		return;
	}
	second_rxe(scratch);
	node_access(scratch);
	rxe_on_vlan(scratch, lower);
	rx_scratch_delete(scratch, RXE_A);
	two_identities(scratch, lower);
}

static void data_path(struct rx_doctor *doctor)
{
	struct rx_finding *f;
	struct rx_err err = {0};
	int rc = rx_probe(&doctor->facts, &err);

	f = rx_finding(doctor, "data-path", 1,
		       rc                          ? RX_BLOCKS
		       : doctor->facts.netns_plane ? RX_FINE
						   : RX_LIMIT,
		       rc ? err.text : doctor->facts.netns_plane_reason,
		       "an RXE in a scratch namespace, and a look for its UDP port there");
	if (rc)
		return;
	doctor->plane = doctor->facts.netns_plane ? "netns" : "hosted";
	RX_SAY(f->cause, "labs use the plane %s", doctor->plane);
}

/* What the hosted plane needs at tc. */
static void steering(struct rx_doctor *doctor)
{
	struct rx_facts *facts = &doctor->facts;
	const char *const *module;
	struct rx_finding *f;

	rx_steering_choose(facts);
	f = rx_finding(doctor, "steering", 0, facts->steer == RX_STEER_EBPF ? RX_FINE : RX_LIMIT,
		       facts->steer == RX_STEER_EBPF ? "done" : facts->steer_reason,
		       "loading the eBPF programs that pass frames to endpoints at tc");
	if (facts->steer != RX_STEER_EBPF)
		RX_SAY(f->cause, "labs use filters of cls_flower in their place, which are slower");
	for (module = rx_steering_modules(facts->steer); *module; module++) {
		struct rx_err err = {0};

		if (!rx_module_load(*module, NULL, &doctor->loaded, &err))
			continue;
		f = rx_finding(doctor, "steering", 0, RX_PROBLEM, err.text, "loading %s", *module);
		RX_SAY(f->cause, "endpoints of the hosted plane need it");
		RX_SAY(f->cure,
		       "install the kernel's own package of modules, or use control: none");
	}
}

void rx_check_rxe(struct rx_doctor *doctor)
{
	struct rx_scratch scratch = {.doctor = doctor};

	if (!doctor->have_rxe)
		return;
	data_path(doctor);
	if (!doctor->facts.netns_plane)
		steering(doctor);
	if (rx_scratch_run(&scratch, try_rxe))
		rx_finding(doctor, "rxe", 2, RX_BLOCKS, scratch.problem, "a scratch namespace");
}
