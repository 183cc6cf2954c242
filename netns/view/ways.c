/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways of an endpoint that is whole though RXE stays in init_net: what the ledger says was put
 * on its netdevs, beside what the kernel has. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/kernel/steer.h"
#include "netns/view/view-priv.h"

static bool has_route(struct rx_snapshot *shot, const struct rx_op *op, unsigned ifindex)
{
	struct rx_route_spec want = rx_op_route_spec(op, ifindex);
	struct rx_err ignored;

	if (!shot->routes && rx_route_list(&shot->route, &shot->routes, &shot->n_routes, &ignored))
		return op->kind == RX_OP_ROUTE;
	for (size_t i = 0; i < shot->n_routes; i++)
		if (rx_route_is(&shot->routes[i], &want))
			return true;
	return false;
}

static void look_at_route(struct rx_snapshot *shot, struct rx_iface_view *view,
			  const struct rx_op *op, unsigned ifindex)
{
	bool there = has_route(shot, op, ifindex);
	char to[64];

	rx_cidr_text(&op->addr, op->kind == RX_OP_ROUTE, to, sizeof(to));
	if (op->kind == RX_OP_ROUTE && !there)
		DRIFT(view, "the route to %s on %s in table %u is gone", to, op->name,
		      op->table ? op->table : RX_TABLE_MAIN);
	if (op->kind == RX_OP_NOT_LOCAL && there)
		DRIFT(view, "the host has taken address %s of %s for its own", to, op->name);
}

/* Made again by another command, what is gone has a second entry. */
static bool is_repeated(const struct rx_op *const *ops, size_t i)
{
	char key[400], other[400];

	rx_op_key(ops[i], key, sizeof(key));
	for (size_t k = 0; k < i; k++)
		if (!strcmp(rx_op_key(ops[k], other, sizeof(other)), key))
			return true;
	return false;
}

/* All of that kind on a netdev, where it lives. */
static void look_at_kind(struct rx_snapshot *shot, const char *netns,
			 const struct rx_ledger_index *index, struct rx_iface_view *view,
			 const char *netdev, enum rx_op_kind kind)
{
	const struct rx_link_info *link = rx_snapshot_link(shot, netdev);
	const struct rx_op **ops;
	char text[64];
	size_t n, i;

	if (!link)
		return; /* that is told */
	ops = rx_ledger_index_all(index, kind, netdev, &n);
	for (i = 0; i < n; i++) {
		if (strcmp(ops[i]->netns, netns) || is_repeated(ops, i))
			continue;
		if (kind != RX_OP_ADDR)
			look_at_route(shot, view, ops[i], link->ifindex);
		else if (!rx_snapshot_has_addr(shot, link->ifindex, &ops[i]->addr))
			DRIFT(view, "address %s is gone from %s",
			      rx_cidr_text(&ops[i]->addr, true, text, sizeof(text)), netdev);
	}
}

static bool has_rule(const struct rx_shots *shots, const struct rx_op *op)
{
	struct rx_rule want = rx_op_rule_spec(op);

	for (size_t i = 0; i < shots->n_rules; i++)
		if (rx_rule_is(&shots->rules[i], &want))
			return true;
	return false;
}

/* RXE's way out is a rule on the wire's netdev; what leads what comes in to its addresses has the
 * mark, and is the lab's, or (a way back) the endpoint's. */
static void look_at_rules(struct rx_shots *shots, const struct rx_ledger_index *index,
			  const char *owner, const char *netdev, struct rx_iface_view *view)
{
	const struct rx_op **ops;
	struct rx_err ignored;
	size_t n, i;

	if (!shots->rules &&
	    rx_rule_list(&shots->host.route, &shots->rules, &shots->n_rules, &ignored))
		return;
	ops = rx_ledger_index_all(index, RX_OP_RULE, netdev, &n);
	for (i = 0; i < n; i++) {
		const char *version = ops[i]->addr.family == AF_INET ? "IPv4" : "IPv6";

		if ((ops[i]->owner[0] && strcmp(ops[i]->owner, owner)) || has_rule(shots, ops[i]) ||
		    is_repeated(ops, i))
			continue;
		if (*netdev)
			DRIFT(view, "the %s rule of %s is gone: RXE finds no way out", version,
			      netdev);
		else
			DRIFT(view, "the %s rule of mark 0x%x is gone: RXE receives nothing",
			      version, ops[i]->mark);
	}
}

void rx_view_look_at_ways(struct rx_shots *shots, const struct rx_ledger_index *index,
			  const struct rx_node_view *node, struct rx_iface_view *view)
{
	static const enum rx_op_kind kinds[] = {RX_OP_NOT_LOCAL, RX_OP_ADDR, RX_OP_ROUTE};
	struct rx_snapshot *host = &shots->host;
	const struct rx_link_info *rxe = rx_snapshot_link(host, view->rxe_netdev),
				  *wire = rx_snapshot_link(host, view->wire_netdev);
	const char *owner = node->want->name;
	struct rx_err ignored;
	int kind = rxe && wire ? rx_steer_is_there(&host->route, wire, rxe, &ignored) : -ENODEV;

	view->steer = kind > 0 ? (enum rx_steer_kind)kind : RX_STEER_NONE;
	if (!kind)
		DRIFT(view, "a filter of %s or %s is gone: nothing comes in or goes out",
		      view->wire_netdev, view->rxe_netdev);
	look_at_rules(shots, index, owner, view->wire_netdev, view);
	look_at_rules(shots, index, owner, "", view);
	for (size_t i = 0; i < RX_ARRAY_SIZE(kinds); i++) {
		look_at_kind(host, "", index, view, view->rxe_netdev, kinds[i]);
		look_at_kind(host, "", index, view, view->wire_netdev, kinds[i]);
	}
	look_at_kind(&shots->own, node->want->netns, index, view, view->want->netdev, RX_OP_ROUTE);
}
