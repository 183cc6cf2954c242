/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on netdevs that are not ours: their MTU, their bridge, up. They are put back only
 * while they still have what we gave them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/apply/shared.h"
#include "netns/base/cleanup.h"
#include "netns/kernel/rtnl.h"

/* The foreign netdev, by its index: it may have been renamed. 1 it is there, 0 it is gone, or
 * -errno. */
static int find_foreign(struct rx_worker *worker, const struct rx_op *op, struct rx_link_info *info,
			struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	int rc = route ? rx_link_get_index(route, op->ifindex, op->name, info, err) : -err->code;

	return !rc ? 1 : rx_op_is_gone(err) ? 0 : rc;
}

/* The same, said where it is gone. */
static int find_to_put_back(struct rx_worker *worker, const struct rx_op *op,
			    struct rx_link_info *info, struct rx_err *err)
{
	int there = find_foreign(worker, op, info, err);

	if (!there)
		rx_apply_warn(worker->apply,
			      "netdev %s is gone: what was changed of it cannot be put back",
			      op->name);
	return there;
}

static int look_at(struct rx_worker *worker, struct rx_op *op, struct rx_link_info *info,
		   struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);

	if (!route || rx_link_get(route, op->name, info, err))
		return -err->code;
	op->ifindex = info->ifindex;
	return 0;
}

/* ---- MTU ---- */

static int mtu_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_link_info info;
	struct rx_err ignored;

	return find_foreign(worker, op, &info, &ignored) > 0 && info.mtu >= op->mtu;
}

static int mtu_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_link_info info;

	if (look_at(worker, op, &info, err))
		return -err->code;
	snprintf(op->before, sizeof(op->before), "%u", info.mtu);
	return 0;
}

static int mtu_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	unsigned wanted = rx_shared_mtu(worker->apply->ledger, op, NULL);
	struct rx_link_change change = {.mtu = wanted > op->mtu ? wanted : op->mtu};

	return route ? rx_link_change(route, op->ifindex, op->name, &change, err) : -err->code;
}

static int mtu_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		    struct rx_err *err)
{
	unsigned before = (unsigned)strtoul(op->before, NULL, 10);
	unsigned rest = rx_shared_mtu(worker->apply->ledger, op, op);
	struct rx_link_change change = {.mtu = rest > before ? rest : before};
	struct rx_link_info info;
	int there = find_to_put_back(worker, op, &info, err);

	(void)certain;
	/* also upwards: an undo that was killed may have lowered it to what this lab wants */
	if (there <= 0 || !before || info.mtu != op->mtu || change.mtu == op->mtu)
		return there < 0 ? there : 0;
	return rx_link_change(&worker->route, info.ifindex, info.name, &change, err);
}

/* ---- a port of a bridge ---- */

static int master_of(struct rx_worker *worker, const struct rx_op *op, struct rx_link_info *port,
		     struct rx_link_info *bridge, struct rx_err *err)
{
	int there = find_foreign(worker, op, port, err);

	if (there > 0 && rx_link_get(&worker->route, op->master, bridge, err))
		return rx_op_is_gone(err) ? 0 : -err->code;
	return there;
}

static int master_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_link_info port, bridge;
	struct rx_err ignored;

	return master_of(worker, op, &port, &bridge, &ignored) > 0 && port.master == bridge.ifindex;
}

static int master_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_change change = {.set_master = true};
	struct rx_link_info port, bridge;

	if (!route || look_at(worker, op, &port, err) ||
	    rx_link_get(route, op->master, &bridge, err))
		return -err->code;
	change.master = bridge.ifindex;
	if (!rx_link_change(route, port.ifindex, op->name, &change, err))
		return 0;
	if (err->code != EBUSY || err->unanswered)
		return -err->code;
	return rx_fail(err, "parent-unusable", EBUSY,
		       "netdev %s: the kernel does not make it a port of a bridge (\"Device or "
		       "resource busy\"): there are macvlans on it, of another lab or a container; "
		       "use link: macvlan",
		       op->name);
}

static int master_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		       struct rx_err *err)
{
	struct rx_link_change change = {.set_master = true};
	struct rx_link_info port, bridge;
	int there = find_to_put_back(worker, op, &port, err);

	(void)certain;
	if (there > 0)
		there = master_of(worker, op, &port, &bridge, err);
	if (there <= 0 || port.master != bridge.ifindex)
		return there < 0 ? there : 0;
	return rx_link_change(&worker->route, port.ifindex, port.name, &change, err);
}

/* ---- up ---- */

static int raise_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_link_info info;
	struct rx_err ignored;

	return find_foreign(worker, op, &info, &ignored) > 0 && (info.flags & IFF_UP);
}

static int raise_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_link_info info;

	if (look_at(worker, op, &info, err))
		return -err->code;
	snprintf(op->before, sizeof(op->before), "%s", info.flags & IFF_UP ? "up" : "down");
	return 0;
}

static int raise_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_change change = {.up = true};

	return route ? rx_link_change(route, op->ifindex, op->name, &change, err) : -err->code;
}

static int raise_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		      struct rx_err *err)
{
	struct rx_link_change change = {.down = true};
	struct rx_link_info info;
	int there;

	(void)certain;
	if (strcmp(op->before, "down"))
		return 0;
	there = find_to_put_back(worker, op, &info, err);
	if (there <= 0 || !(info.flags & IFF_UP))
		return there < 0 ? there : 0;
	return rx_link_change(&worker->route, info.ifindex, info.name, &change, err);
}

const struct rx_op_type rx_op_mtu = {.apply = mtu_apply,
				     .undo = mtu_undo,
				     .exists = mtu_exists,
				     .look = mtu_look};
const struct rx_op_type rx_op_master = {.apply = master_apply,
					.undo = master_undo,
					.exists = master_exists};
const struct rx_op_type rx_op_raise = {.apply = raise_apply,
				       .undo = raise_undo,
				       .exists = raise_exists,
				       .look = raise_look};
