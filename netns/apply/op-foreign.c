/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on netdevs that are not ours: their MTU, their bridge. */
#include <stdlib.h>

#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/kernel/rtnl.h"

static int mtu_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_info info;

	if (!route || rx_link_get(route, op->name, &info, err))
		return -err->code;
	snprintf(op->before, sizeof(op->before), "%u", info.mtu);
	op->ifindex = info.ifindex;
	return 0;
}

static int mtu_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_change change = {.mtu = op->mtu};

	return route ? rx_link_change(route, op->ifindex, op->name, &change, err) : -err->code;
}

/* The foreign netdev that we changed, by its index: it may have been renamed since. 1 it is there,
 * 0 it is gone, or -errno. */
static int find_foreign(struct rx_worker *worker, const struct rx_op *op, struct rx_link_info *info,
			struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	rx_autofree struct rx_link_info *list = NULL;
	size_t n = 0, i;

	if (!route || rx_link_list(route, &list, &n, err))
		return -err->code;
	for (i = 0; i < n; i++) {
		if (list[i].ifindex == op->ifindex) {
			*info = list[i];
			return 1;
		}
	}
	rx_apply_warn(worker->apply, "netdev %s is gone: what was changed of it cannot be put back",
		      op->name);
	return 0;
}

/* Put back only while it still has what we gave it. */
static int mtu_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		    struct rx_err *err)
{
	struct rx_link_change change = {.mtu = (unsigned)strtoul(op->before, NULL, 10)};
	struct rx_link_info info;
	int there = find_foreign(worker, op, &info, err);

	(void)certain;
	if (there <= 0 || !change.mtu || info.mtu != op->mtu)
		return there < 0 ? there : 0;
	return rx_link_change(&worker->route, info.ifindex, info.name, &change, err);
}

static int master_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_info port, bridge;
	struct rx_link_change change = {.set_master = true};

	if (!route || rx_link_get(route, op->name, &port, err) ||
	    rx_link_get(route, op->master, &bridge, err))
		return -err->code;
	change.master = bridge.ifindex;
	op->ifindex = port.ifindex;
	return rx_link_change(route, port.ifindex, op->name, &change, err);
}

static int master_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		       struct rx_err *err)
{
	struct rx_link_change change = {.set_master = true};
	struct rx_link_info port, bridge;
	int there = find_foreign(worker, op, &port, err);

	(void)certain;
	if (there <= 0 || !port.master)
		return there < 0 ? there : 0;
	if (rx_link_get(&worker->route, op->master, &bridge, err))
		return rx_op_is_gone(err) ? 0 : -err->code;
	return port.master == bridge.ifindex
		       ? rx_link_change(&worker->route, port.ifindex, port.name, &change, err)
		       : 0;
}

const struct rx_op_type rx_op_mtu = {.apply = mtu_apply, .undo = mtu_undo, .look = mtu_look};

const struct rx_op_type rx_op_master = {.apply = master_apply, .undo = master_undo};
