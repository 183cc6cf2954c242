/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations that several layers of a plan add. */
#include <string.h>

#include "netns/plan/plan-priv.h"

struct rx_op *rx_maker_add(struct maker *m, enum rx_op_kind kind, unsigned phase, unsigned chain,
			   const char *owner)
{
	struct rx_op *op = rx_plan_add(m->plan, kind, phase, chain);

	TEXT(op->owner, "%s", owner);
	return op;
}

struct rx_op *rx_maker_up(struct maker *m, unsigned phase, unsigned chain, const char *owner,
			  const char *netns, const char *netdev)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_UP, phase, chain, owner);

	TEXT(op->netns, "%s", netns);
	TEXT(op->name, "%s", netdev);
	return op;
}

struct rx_op *rx_maker_node(struct maker *m, enum rx_op_kind kind, unsigned chain)
{
	return rx_maker_add(m, kind, PHASE_NODE, chain, m->lab->nodes[chain].name);
}

void rx_maker_sysctl(struct maker *m, unsigned chain, const char *netns, const char *value,
		     const char *fmt, const char *netdev)
{
	struct rx_op *op = rx_maker_node(m, RX_OP_SYSCTL, chain);

	TEXT(op->netns, "%s", netns);
	snprintf(op->name, sizeof(op->name), fmt, netdev);
	TEXT(op->value, "%s", value);
}

void rx_maker_addr(struct maker *m, unsigned chain, const char *netns, const char *netdev,
		   const struct rx_cidr *addr)
{
	struct rx_op *op;

	if (!addr->family)
		return;
	op = rx_maker_node(m, RX_OP_ADDR, chain);
	TEXT(op->netns, "%s", netns);
	TEXT(op->name, "%s", netdev);
	op->addr = *addr;
}

struct rx_op *rx_maker_netdev(struct maker *m, unsigned chain, const struct rx_iface *iface,
			      const char *netns, const char *name)
{
	const struct segment *segment = &m->segments[iface->network];
	const char *owner = m->lab->nodes[chain].name;
	struct rx_op *op = rx_maker_node(m, RX_OP_LINK, chain);
	size_t at = m->plan->n - 1;
	char peer[IFNAMSIZ] = "";

	TEXT(op->name, "%s", name);
	TEXT(op->netns, "%s", netns);
	TEXT(op->link_kind, "%s", segment->veth ? "veth" : "macvlan");
	memcpy(op->mac, iface->mac, 6);
	op->mtu = m->mtu ? m->mtu : segment->veth ? segment->mtu : 0;
	if (!segment->veth) {
		TEXT(op->lower, "%s", segment->lower);
		return op;
	}
	TEXT(peer, "%.14sp", iface->netdev);
	TEXT(op->peer, "%s", peer);
	TEXT(op->master, "%s", segment->bridge);
	rx_maker_up(m, PHASE_NODE, chain, owner, "", peer);
	return &m->plan->ops[at];
}
