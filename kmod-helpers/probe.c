/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kmod-helpers/known.h"
#include "kmod-helpers/rxe/owner.h"
#include "netns/base/cleanup.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma-qp.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/sockdiag.h"

#define NETDEV "rxlp0"
#define PEER "rxlp1"

struct probe {
	struct rx_facts *facts;
	struct rx_err *err;
	struct rx_nl init_rdma; /* opened before the thread left init_net */
	char name[RX_DEV_NAME_SIZE];
	int rc;
};

/* The device as the scratch namespace sees it, or as init_net does: where the kernel put it. */
static struct rx_nl *find_device(struct probe *probe, struct rx_nl *inside, uint32_t *index)
{
	struct rx_err ignored;

	if (!rx_rdma_find(inside, probe->name, index, &ignored))
		return inside;
	return rx_rdma_find(&probe->init_rdma, probe->name, index, &ignored) ? NULL
									     : &probe->init_rdma;
}

/* Exclusive mode: is the device born where its netdev lives, or can it be moved there, and has it
 * its QP1 then? */
static void probe_move(struct probe *probe, struct rx_nl *inside)
{
	rx_autoclose int here = -1;
	struct rx_err ignored;
	struct rx_nl *where;
	uint32_t index;
	int scratch;

	if (probe->facts->rdma_mode != RX_RDMA_EXCLUSIVE)
		return;
	probe->facts->move_tried = true;
	where = find_device(probe, inside, &index);
	probe->facts->born_in_netns = where == inside;
	probe->facts->born_with_task = where == inside && rx_helper_gids();
	here = rx_ns_open("", &ignored);
	if (where != &probe->init_rdma || here < 0)
		return;
	/* the kernel compares the device's namespace with that of the asking thread, not of its
	 * socket (rdma_dev_change_netns, drivers/infiniband/core/device.c): from inside it answers
	 * ENODEV. /proc/self: main thread */
	if (rx_ns_enter("/proc/self/ns/net", &scratch, &ignored))
		return;
	probe->facts->can_move = !rx_rdma_move(where, index, probe->name, here, &ignored);
	rx_ns_leave(&scratch);
	if (probe->facts->can_move && !rx_rdma_find(inside, probe->name, &index, &ignored))
		probe->facts->move_loses_gsi = rx_rdma_has_gsi(inside, index, &ignored) == 0;
}

static void judge_socket(struct probe *probe)
{
	struct rx_facts *facts = probe->facts;
	int open4 = rx_udp_socket_open("", AF_INET, RX_ROCE_PORT, probe->err);

	if (open4 < 0) {
		probe->rc = open4;
		return;
	}
	facts->netns_plane = open4;
}

static void say_reason(struct rx_facts *facts)
{
	snprintf(facts->netns_plane_reason, sizeof(facts->netns_plane_reason), "%s",
		 facts->netns_plane
			 ? "an RXE made in a namespace listens on UDP 4791 there"
			 : "an RXE made in a namespace does not listen on UDP 4791 there: this "
			   "rdma_rxe carries traffic in init_net only");
}

static int make_netdev(struct rx_nl *route, struct rx_err *err)
{
	struct rx_link_spec spec = {.kind = "veth", .name = NETDEV, .peer = PEER, .netns = -1};
	struct rx_link_change up = {.up = true};
	struct rx_link_info info;

	if (rx_link_add(route, &spec, err) || rx_link_get(route, PEER, &info, err) ||
	    rx_link_change(route, info.ifindex, PEER, &up, err) ||
	    rx_link_get(route, NETDEV, &info, err))
		return -err->code;
	return rx_link_change(route, info.ifindex, NETDEV, &up, err);
}

static int look(struct probe *probe, struct rx_nl *route, struct rx_nl *rdma)
{
	struct rx_nl *where;
	struct rx_err ignored;
	uint32_t index;

	if (make_netdev(route, probe->err) ||
	    rx_rdma_link_add(rdma, probe->name, NETDEV, probe->err))
		return -probe->err->code;
	judge_socket(probe);
	probe_move(probe, rdma);
	where = find_device(probe, rdma, &index);
	if (where)
		rx_rdma_link_delete(where, index, probe->name, &ignored);
	return probe->rc;
}

/* The thread alone goes into the scratch namespace, so nothing has to find its way back. */
static void *probe_thread(void *arg)
{
	struct probe *probe = arg;
	struct rx_nl route = RX_NL_CLOSED, rdma = RX_NL_CLOSED;

	if (unshare(CLONE_NEWNET))
		probe->rc = rx_cannot(probe->err, "namespace-make", errno,
				      "the kernel makes no new network namespace: %s",
				      strerror(errno));
	else if (rx_nl_open(&route, NETLINK_ROUTE, "", probe->err) ||
		 rx_nl_open(&rdma, NETLINK_RDMA, "", probe->err))
		probe->rc = -probe->err->code;
	else
		probe->rc = look(probe, &route, &rdma);
	rx_nl_close(&route);
	rx_nl_close(&rdma);
	return NULL;
}

int rx_probe(struct rx_facts *facts, struct rx_err *err)
{
	struct probe probe = {.facts = facts, .err = err};
	pthread_t thread;
	int rc;

	snprintf(probe.name, sizeof(probe.name), "rxlprobe%d", (int)getpid());
	if (rx_nl_open(&probe.init_rdma, NETLINK_RDMA, "", err))
		return -err->code;
	rc = pthread_create(&thread, NULL, probe_thread, &probe);
	if (rc) {
		rx_nl_close(&probe.init_rdma);
		return rx_fail(err, "process-start", rc, "probe: cannot start a thread: %s",
			       strerror(rc));
	}
	pthread_join(thread, NULL);
	rx_nl_close(&probe.init_rdma);
	say_reason(facts);
	if (probe.rc)
		rx_wrap(err, "probing what this kernel's RXE can do in a namespace");
	rx_trace("probe: %s", probe.rc ? err->text : facts->netns_plane_reason);
	return probe.rc;
}

/* That a device went nowhere may have had a reason of the moment. */
static bool worth_keeping(const struct rx_facts *facts)
{
	return facts->rdma_mode != RX_RDMA_EXCLUSIVE || facts->born_in_netns || facts->can_move;
}

int rx_probe_once(struct rx_facts *facts, struct rx_err *err)
{
	char key[RX_KNOWN_KEY];
	bool tells = rx_known_key("/sys/module", facts, key, sizeof(key));
	int rc;

	if (tells && rx_known_read(RX_KNOWN_FILE, key, facts)) {
		say_reason(facts);
		rx_trace("probe: known since an earlier one: %s", facts->netns_plane_reason);
		return 0;
	}
	rc = rx_probe(facts, err);
	if (!rc && tells && worth_keeping(facts))
		rx_known_write(RX_KNOWN_FILE, key, facts);
	return rc;
}
