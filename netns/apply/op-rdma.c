/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on RXE devices. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "netns/apply/own.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"

#define READY_TIMEOUT 20.0 /* seconds; seen: under one, also with 1,000 endpoints under emulation */
#define NAME_TIMEOUT 10.0  /* seconds; seen: under 0.2, emulated */
#define IB_PORT_ACTIVE 4   /* enum ib_port_state, include/rdma/ib_verbs.h */

/* Its netdev is in init_net and its device in netns (hosted, exclusive mode): the netdev is looked
 * for where the socket is, and the helper registers the device where the asking thread is. */
static bool is_apart(const struct rx_op *op)
{
	return op->twin[0] && op->netns[0];
}

/* EPERM, but no VLAN netdev: RXE could not open its sockets (7.3.4; nothing of it is in the
 * reply). */
static int explain_sockets(struct rx_worker *worker, const struct rx_op *op, struct rx_err *err)
{
	struct rx_err ignored;
	struct rx_nl *route = rx_worker_route(worker, is_apart(op) ? "" : op->netns, &ignored);
	struct rx_link_info info;

	if (!route || rx_link_get(route, op->lower, &info, &ignored) || !strcmp(info.kind, "vlan"))
		return -err->code;
	return rx_fail(err, "rxe-sockets", EPERM,
		       "RXE device %s: add on netdev %s: the kernel says \"Operation not "
		       "permitted\" and means that RXE could not open its sockets there: UDP port "
		       "4791 is in use (see: ss -aunp sport = 4791), or another RXE was being made "
		       "at that moment",
		       op->name, op->lower);
}

/* A device that is made again reads the addresses of init_net before those of other namespaces: its
 * netdev's must come later. */
static void flush_lower(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err ignored;
	struct rx_nl *route = rx_worker_route(worker, "", &ignored);
	rx_autofree struct rx_addr_info *list = NULL;
	struct rx_link_info lower;
	size_t n = 0, i;

	if (!route || rx_link_get(route, op->lower, &lower, &ignored) ||
	    rx_addr_list(route, &list, &n, &ignored))
		return;
	for (i = 0; i < n; i++)
		if (list[i].ifindex == lower.ifindex)
			rx_addr_delete(route, lower.ifindex, op->lower, &list[i].addr, &ignored);
}

/* The first RXE of a namespace opens the UDP sockets of all, and 7.3.4 does not lock that: of two
 * made at once in init_net one failed. Elsewhere each namespace has one endpoint, whose devices are
 * made in turn. */
static int add(struct rx_worker *worker, const struct rx_op *op, struct rx_nl *rdma,
	       struct rx_err *err)
{
	static pthread_mutex_t init_net = PTHREAD_MUTEX_INITIALIZER;
	bool alone = !op->netns[0] || is_apart(op);
	int rc;

	if (is_apart(op) && rx_worker_go(worker, op->netns, err))
		return -err->code;
	if (alone)
		pthread_mutex_lock(&init_net);
	rc = rx_rdma_link_add(rdma, op->name, op->lower, err);
	if (alone)
		pthread_mutex_unlock(&init_net);
	return rc;
}

/* The device of a namespace that died comes home to init_net, its netdev being there: it goes, so
 * that a new one can be made. */
static bool came_home(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err ignored;
	struct rx_nl *rdma = rx_worker_rdma(worker, "", &ignored);
	struct rx_rdma_port port;
	uint32_t index;

	return rdma && !rx_rdma_find(rdma, op->name, &index, &ignored) &&
	       !rx_rdma_port(rdma, index, &port, &ignored) && !strcmp(port.netdev, op->lower) &&
	       !rx_rdma_link_delete(rdma, index, op->name, &ignored);
}

static int rxe_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, is_apart(op) ? "" : op->netns, err);
	bool renew = op->twin[0] && worker->apply->mode == RX_APPLY_MISSING;
	double deadline = rx_now() + NAME_TIMEOUT;
	int rc;

	if (!rdma)
		return -err->code;
	if (renew)
		flush_lower(worker, op);
	rc = add(worker, op, rdma, err);
	while (renew && is_apart(op) && (rc == -EEXIST || rc == -ENFILE) && rx_now() < deadline) {
		if (!came_home(worker, op))
			rx_wait_ms(20);
		rc = add(worker, op, rdma, err);
	}
	return rc == -EPERM ? explain_sockets(worker, op, err) : rc;
}

/* Where the device is now: inside, or (exclusive mode, before the move) still in init_net. NULL
 * with err filled: nowhere (rx_op_is_gone), or it could not be looked for. */
static struct rx_nl *find_device(struct rx_worker *worker, const struct rx_op *op, uint32_t *index,
				 struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, op->netns, err);

	if (rdma && !rx_rdma_find(rdma, op->name, index, err))
		return rdma;
	if (!op->netns[0] || !rx_op_is_gone(err))
		return NULL;
	rdma = rx_worker_rdma(worker, "", err);
	return rdma && !rx_rdma_find(rdma, op->name, index, err) ? rdma : NULL;
}

/* The RXE on the netdev is ours. A new endpoint of a big lab need not be looked for: its netdev was
 * just made. */
static int rxe_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err ignored;
	uint32_t index;

	if (worker->apply->mode != RX_APPLY_MISSING)
		return 0;
	if (is_apart(op) && came_home(worker, op))
		return 0;
	return find_device(worker, op, &index, &ignored) != NULL;
}

/* What is made again may find its name taken by the device that was there before: one whose
 * namespace died goes home to init_net (exclusive mode) and is unregistered there behind
 * everybody's back. To ask for it meanwhile would fail, and a failed add leaks
 * (docs/dev/upstream/socket-reference.md). Its netdev is made before, which the kernel refuses as
 * long as the old one is there; so what is to come home is home by now. */
static int rxe_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	double deadline = rx_now() + NAME_TIMEOUT;
	int sysfs = worker->apply->mode == RX_APPLY_MISSING ? rx_worker_sysfs(worker, "", err) : -1;

	while (sysfs >= 0 && rx_rdma_sysfs_has(sysfs, op->name) && rx_now() < deadline) {
		if (rx_apply_check(worker->apply, err))
			return -err->code;
		if (!is_apart(op) || !came_home(worker, op))
			rx_wait_ms(5);
	}
	return 0; /* if it is there all the same, the kernel says so */
}

/* The netdev under a device. Only the namespace that has the netdev is told its name
 * (fill_port_info, drivers/infiniband/core/nldev.c), and in shared mode every namespace sees every
 * device: one that shows none here may be a stranger's on a netdev of init_net. */
static int read_port(struct rx_worker *worker, const struct rx_op *op, struct rx_nl *rdma,
		     uint32_t index, struct rx_rdma_port *port, struct rx_err *err)
{
	struct rx_nl *outside;

	if (rx_rdma_port(rdma, index, port, err))
		return -err->code;
	if (port->netdev[0] || !op->netns[0] || is_apart(op))
		return 0;
	outside = rx_worker_rdma(worker, "", err);
	return outside ? rx_rdma_port(outside, index, port, err) : -err->code;
}

/* The netdev under it is ours, under another name. */
static bool is_renamed(struct rx_worker *worker, const struct rx_op *op,
		       const struct rx_rdma_port *port)
{
	struct rx_err ignored;
	struct rx_nl *route = rx_worker_route(worker, op->netns, &ignored);
	char tag[RX_TAG_SIZE];
	struct rx_link_info info;

	return route && !rx_link_get(route, port->netdev, &info, &ignored) &&
	       !strcmp(info.alias, rx_own_tag(worker, tag));
}

static int rxe_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		    struct rx_err *err)
{
	struct rx_rdma_port port;
	struct rx_nl *rdma;
	uint32_t index;

	(void)certain;
	rdma = find_device(worker, op, &index, err);
	if (!rdma || read_port(worker, op, rdma, index, &port, err))
		return rx_op_is_gone(err) ? 0 : -err->code;
	if (port.netdev[0] && strcmp(port.netdev, op->lower) && !is_renamed(worker, op, &port)) {
		rx_apply_warn(worker->apply,
			      "RXE device %s is on netdev %s and not on %s (somebody replaced it); "
			      "it is left alone",
			      op->name, port.netdev, op->lower);
		return 0;
	}
	if (rx_rdma_link_delete(rdma, index, op->name, err) &&
	    (err->code != ENODEV || err->unanswered))
		return -err->code;
	return 0;
}

/* ---- moving ---- */

static bool is_inside(struct rx_worker *worker, const char *netns, const char *name)
{
	struct rx_err err;
	struct rx_nl *rdma = rx_worker_rdma(worker, netns, &err);
	uint32_t index;

	return rdma && !rx_rdma_find(rdma, name, &index, &err);
}

static int move_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, "", err);
	uint32_t index = worker->ready.index;

	if (!rdma || rx_worker_enter(worker, op->netns, err))
		return -err->code;
	if (worker->apply->mode == RX_APPLY_MISSING && is_inside(worker, op->netns, op->name))
		return 0;
	if (strcmp(worker->ready.name, op->name) && rx_rdma_find(rdma, op->name, &index, err))
		return -err->code;
	/* the kernel wants to be asked by a thread of the namespace that the device is in
	 * (docs/dev/kernel-notes.md) */
	if (rx_worker_go(worker, "", err))
		return -err->code;
	return rx_rdma_move(rdma, index, op->name, worker->netns_fd, err);
}

/* ---- ready ---- */

static bool port_ready(struct rx_nl *rdma, uint32_t index, struct rx_rdma_port *port)
{
	struct rx_err ignored;

	return !rx_rdma_port(rdma, index, port, &ignored) && port->state == IB_PORT_ACTIVE;
}

/* A netdev whose lower one is down cannot be running, and its port stays DOWN for that reason. */
static bool lower_is_down(struct rx_worker *worker, const struct rx_op *op, const char *netdev)
{
	struct rx_err ignored;
	struct rx_nl *route = rx_worker_route(worker, op->netns, &ignored);
	struct rx_link_info info;

	return route && !rx_link_get(route, netdev, &info, &ignored) && !(info.flags & IFF_RUNNING);
}

static int not_ready(const struct rx_op *op, const struct rx_rdma_port *port, struct rx_err *err)
{
	char text[64];

	if (port->state != IB_PORT_ACTIVE)
		return rx_fail(err, "rxe-not-ready", ETIMEDOUT,
			       "RXE device %s: its port did not become ACTIVE within %.0f s",
			       op->name, READY_TIMEOUT);
	return rx_fail(err, "rxe-not-ready", ETIMEDOUT,
		       "RXE device %s: the GID of %s%s%s did not appear within %.0f s", op->name,
		       rx_cidr_text(&op->addr, false, text, sizeof(text)),
		       op->lower[0] ? " on netdev " : "", op->lower, READY_TIMEOUT);
}

/* With op->lower it is to be the GID of that netdev: RXE's own may have the address, too. */
static bool has_gid(struct rx_worker *worker, int sysfs, const struct rx_op *op)
{
	struct rx_known_device *ready = &worker->ready;
	const struct rx_gid *gid;

	free(ready->gids);
	ready->gids = NULL;
	ready->n_gids = 0;
	if (rx_gid_list(sysfs, op->name,
			worker->apply->mode == RX_APPLY_MISSING ? RX_GID_GAP : RX_GID_GAP_NEW,
			&ready->gids, &ready->n_gids))
		return false;
	gid = rx_gid_among(ready->gids, ready->n_gids, &op->addr);
	return gid && (!op->lower[0] || !strcmp(gid->netdev, op->lower));
}

static int wait_ready(struct rx_worker *worker, const struct rx_op *op, struct rx_nl *rdma,
		      int sysfs, struct rx_err *err)
{
	double started = rx_now(), now;
	struct rx_rdma_port port = {0};
	const char *netdev;
	uint32_t index = 0;

	worker->ready.name[0] = 0;
	if (rx_rdma_find(rdma, op->name, &index, err))
		return -err->code;
	while (!port_ready(rdma, index, &port) || !has_gid(worker, sysfs, op)) {
		now = rx_now();
		netdev = port.netdev[0] ? port.netdev : op->lower; /* apart: not told */
		if (now > started + 2 && lower_is_down(worker, op, netdev)) {
			rx_apply_warn(worker->apply,
				      "RXE device %s: its port stays DOWN because netdev %s has no "
				      "carrier (is the parent up?)",
				      op->name, netdev);
			return 0;
		}
		if (now > started + READY_TIMEOUT)
			return not_ready(op, &port, err);
		if (rx_apply_check(worker->apply, err))
			return -err->code;
		rx_wait_ms(5);
	}
	worker->ready.index = index;
	snprintf(worker->ready.name, sizeof(worker->ready.name), "%s", op->name);
	return 0;
}

static int ready_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, op->netns, err);
	int sysfs;

	if (op->value[0] && worker->apply->mode == RX_APPLY_MISSING &&
	    is_inside(worker, op->value, op->name))
		return 0; /* it was ready before it went there */
	sysfs = rdma ? rx_worker_sysfs(worker, op->netns, err) : -1;
	return sysfs < 0 ? -err->code : wait_ready(worker, op, rdma, sysfs, err);
}

const struct rx_op_type rx_op_rxe = {.apply = rxe_apply,
				     .undo = rxe_undo,
				     .exists = rxe_exists,
				     .look = rxe_look};

const struct rx_op_type rx_op_move = {.apply = move_apply};

const struct rx_op_type rx_op_ready = {.apply = ready_apply};
