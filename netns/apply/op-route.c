/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on the ways that frames take: routes, rules, and what is steered between the netdevs
 * of an endpoint of the hosted plane. */
#include <errno.h>
#include <string.h>

#include "netns/apply/apply.h"
#include "netns/base/clock.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/steer.h"

/* Seconds for which an IPv6 address that was just added may take to be in table local: a work item
 * does it (addrconf_dad_work(), net/ipv6/addrconf.c). Seen: a few milliseconds. */
#define LOCAL_WAIT_NEW 5.0
#define LOCAL_WAIT_OLD 0.2

/* What is there already is as wanted where missing things are made: routes and rules have no more
 * to them than what they are found by. */
static bool is_there(const struct rx_worker *worker, const struct rx_err *err)
{
	return err->code == EEXIST && !err->unanswered && worker->apply->mode == RX_APPLY_MISSING;
}

struct rx_route_spec rx_op_route_spec(const struct rx_op *op, unsigned ifindex)
{
	struct rx_route_spec spec = {.to = op->addr,
				     .gateway = op->via,
				     .ifindex = ifindex,
				     .metric = op->metric,
				     .table = op->table,
				     .local = !strcmp(op->value, "local")};

	if (op->kind == RX_OP_NOT_LOCAL) {
		spec.to.prefix = rx_family_bits(spec.to.family);
		spec.table = RX_TABLE_LOCAL;
		spec.local = true;
	}
	return spec;
}

static int route_of(struct rx_worker *worker, const struct rx_op *op, struct rx_route_spec *spec,
		    struct rx_nl **route, struct rx_err *err)
{
	struct rx_link_info link;

	*route = rx_worker_route(worker, op->netns, err);
	if (!*route || rx_link_get(*route, op->name, &link, err))
		return -err->code;
	*spec = rx_op_route_spec(op, link.ifindex);
	return 0;
}

static int route_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_route_spec spec;
	struct rx_nl *route;

	if (route_of(worker, op, &spec, &route, err))
		return -err->code;
	return rx_route_add(route, &spec, err) && !is_there(worker, err) ? -err->code : 0;
}

static int not_local_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	bool sure = !strcmp(worker->added.netdev, op->name) &&
		    rx_cidr_same_address(&worker->added.addr, &op->addr);
	double until = rx_now() + (op->addr.family == AF_INET ? 0
				   : sure                     ? LOCAL_WAIT_NEW
							      : LOCAL_WAIT_OLD);
	struct rx_route_spec spec;
	struct rx_nl *route;

	if (route_of(worker, op, &spec, &route, err))
		return -err->code;
	while (rx_route_delete(route, &spec, err)) {
		if (err->code != ESRCH || err->unanswered)
			return -err->code;
		if (rx_now() >= until)
			return 0;
		if (rx_apply_check(worker->apply, err))
			return -err->code;
		rx_wait_ms(1);
	}
	return 0;
}

struct rx_rule rx_op_rule_spec(const struct rx_op *op)
{
	struct rx_rule rule = {.from = op->addr,
			       .mark = op->mark,
			       .mask = op->mask,
			       .table = op->table,
			       .priority = op->metric};

	snprintf(rule.oif, sizeof(rule.oif), "%.*s", IFNAMSIZ - 1, op->name);
	return rule;
}

static int rule_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	struct rx_rule rule = rx_op_rule_spec(op);

	return !route || (rx_rule_add(route, &rule, err) && !is_there(worker, err)) ? -err->code
										    : 0;
}

/* The table is the lab's own, so this is no one else's rule. */
static int rule_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		     struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	struct rx_rule rule = rx_op_rule_spec(op);

	(void)certain;
	if (!route ||
	    (rx_rule_delete(route, &rule, err) && (err->code != ENOENT || err->unanswered)))
		return -err->code;
	return 0;
}

static int steer_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, "", err);
	struct rx_link_info wire, rxe;

	if (!route || rx_link_get(route, op->name, &wire, err) ||
	    rx_link_get(route, op->lower, &rxe, err))
		return -err->code;
	return rx_steer(route, strcmp(op->value, "flower") ? RX_STEER_EBPF : RX_STEER_FLOWER, &wire,
			&rxe, op->mark, err);
}

const struct rx_op_type rx_op_route = {.apply = route_apply, .looked_for = true};
const struct rx_op_type rx_op_not_local = {.apply = not_local_apply, .looked_for = true};
const struct rx_op_type rx_op_rule = {.apply = rule_apply, .undo = rule_undo};
const struct rx_op_type rx_op_steer = {.apply = steer_apply};
