/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of netdevs, and their order in the GID table of a device that several of them share. */
#include <errno.h>
#include <string.h>

#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/rtnl.h"

#define GID_TIMEOUT 10.0 /* seconds; seen: milliseconds */
#define ORDER_TRIES 5    /* seen: two, while queue pairs hold places of what was there before */

static int renew_twin(struct rx_worker *worker, const struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *there = rx_worker_route(worker, op->twin_netns, err);
	struct rx_err ignored;
	unsigned ifindex;

	if (!there || rx_link_index(there, op->twin, &ifindex, err))
		return -err->code;
	rx_addr_delete(there, ifindex, op->twin, &op->via, &ignored);
	return rx_addr_add(there, ifindex, op->twin, &op->via, err);
}

/* ib_core enters what a netdev has when it comes to it, late on a busy host: of two that are there
 * by then the order is its own (gid_cache_wq, roce_gid_mgmt.c). So each GID is waited for. */
static int await_gid(struct rx_worker *worker, const struct rx_op *op, const char *netdev,
		     struct rx_err *err)
{
	double deadline = rx_now() + GID_TIMEOUT;
	int sysfs = rx_worker_sysfs(worker, "", err);

	while (sysfs >= 0 && rx_now() < deadline) {
		rx_autofree struct rx_gid *gids = NULL;
		size_t n = 0, i;

		rx_gid_list(sysfs, op->value, RX_GID_GAP, &gids, &n);
		for (i = 0; i < n && (strcmp(gids[i].netdev, netdev) ||
				      !rx_gid_among(&gids[i], 1, &op->addr));
		     i++)
			;
		if (i < n)
			return 0;
		if (rx_apply_check(worker->apply, err))
			return -err->code;
		rx_wait_ms(2);
	}
	return sysfs < 0 ? sysfs : 0; /* what is not right then, READY says */
}

static bool is_behind_twin(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err ignored;
	int sysfs = rx_worker_sysfs(worker, "", &ignored);
	rx_autofree struct rx_gid *gids = NULL;
	const struct rx_gid *gid;
	size_t n = 0;

	if (sysfs < 0 || rx_gid_list(sysfs, op->value, RX_GID_GAP, &gids, &n))
		return true;
	gid = rx_gid_among(gids, n, &op->addr);
	return gid && !strcmp(gid->netdev, op->twin);
}

static int add(struct rx_worker *worker, const struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	unsigned ifindex;

	if (!route || rx_worker_index(worker, route, op->netns, op->name, &ifindex, err))
		return -err->code;
	return rx_addr_add(route, ifindex, op->name, &op->addr, err);
}

/* An address on two netdevs of one device: the twin's GID must come first, since a lookup takes the
 * first that fits. What is new takes the first free place, and a place gets free late, when the
 * last queue pair with it goes: the order is looked at, and where it is wrong both go and come. */
static int add_behind_twin(struct rx_worker *worker, const struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	struct rx_err ignored;
	unsigned ifindex;
	int tries, r;

	if (!route || rx_worker_index(worker, route, op->netns, op->name, &ifindex, err))
		return -err->code;
	for (tries = 0; tries < ORDER_TRIES; tries++) {
		bool again = tries || worker->apply->mode == RX_APPLY_MISSING;

		route = rx_worker_route(worker, op->netns, err);
		if (again && route &&
		    !rx_addr_delete(route, ifindex, op->name, &op->addr, &ignored) &&
		    renew_twin(worker, op, err))
			return -err->code;
		if (await_gid(worker, op, op->twin, err))
			return -err->code;
		r = add(worker, op, err);
		if (r || (r = await_gid(worker, op, op->name, err)))
			return r;
		if (is_behind_twin(worker, op))
			break;
	}
	return 0; /* what is not right then, READY says */
}

static int addr_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	int r = op->twin[0] ? add_behind_twin(worker, op, err) : add(worker, op, err);

	if (r)
		return err->code == EEXIST && worker->apply->mode == RX_APPLY_MISSING ? 0 : r;
	worker->added.addr = op->addr;
	snprintf(worker->added.netdev, sizeof(worker->added.netdev), "%s", op->name);
	return 0;
}

static int addr_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err err;
	struct rx_nl *route = rx_worker_route(worker, op->netns, &err);
	rx_autofree struct rx_addr_info *list = NULL;
	unsigned ifindex;
	size_t n = 0, i;

	if (worker->apply->mode == RX_APPLY_NEW)
		return 0; /* a new netdev has no address, and the list of a big lab is long */
	if (!route || rx_link_index(route, op->name, &ifindex, &err) ||
	    rx_addr_list(route, &list, &n, &err))
		return 0;
	for (i = 0; i < n; i++)
		if (list[i].ifindex == ifindex && rx_cidr_same_address(&list[i].addr, &op->addr))
			return !op->twin[0] || is_behind_twin(worker, op);
	return 0;
}

const struct rx_op_type rx_op_addr = {.apply = addr_apply,
				      .exists = addr_exists,
				      .looked_for = true};
