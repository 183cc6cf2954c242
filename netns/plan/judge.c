/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab against the machine: everything that is refused is refused here, before anything is
 * made. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "netns/lab/tag.h"
#include "netns/plan/plan-priv.h"

void rx_maker_warn(struct maker *m, const char *fmt, ...)
{
	struct rx_plan *plan = m->plan;
	va_list ap;

	if (plan->n_warnings == sizeof(plan->warnings) / sizeof(plan->warnings[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(plan->warnings[plan->n_warnings++], sizeof(plan->warnings[0]), fmt, ap);
	va_end(ap);
}

bool rx_maker_owns(const struct maker *m, const struct rx_link_info *link)
{
	return rx_tag_names(link->alias, m->lab->name);
}

const struct rx_link_info *rx_maker_shared_bridge(const struct maker *m,
						  const struct rx_link_info *port)
{
	const struct rx_link_info *master = port ? rx_facts_link_index(m->facts, port->master)
						 : NULL;

	return master && rx_tag_names(master->alias, RX_TAG_HOST) ? master : NULL;
}

/* "lab.yaml:7:12: " for what came from a file, "" for what came from an option. */
static const char *where(const struct maker *m, const struct rx_pos *pos, char *buf, size_t size)
{
	buf[0] = 0;
	if (pos->line)
		snprintf(buf, size, "%s:%u:%u: ", m->lab->source, pos->line, pos->column);
	return buf;
}

static int judge_parent(struct maker *m, struct rx_err *err)
{
	const struct rx_link_info *parent, *master;
	char at[300];

	if (!m->lab->parent[0])
		return 0;
	where(m, &m->lab->parent_pos, at, sizeof(at));
	m->parent = parent = rx_facts_link(m->facts, m->lab->parent);
	if (!parent)
		return rx_fail(err, "netdev-unknown", ENODEV,
			       "%sparent %s: there is no such netdev here; look at \"ip link\", or "
			       "use parent: none for a private bridge",
			       at, m->lab->parent);
	if (parent->flags & IFF_LOOPBACK)
		return rx_fail(err, "parent-unusable", EINVAL,
			       "%sparent %s: a loopback netdev carries no macvlan; use parent: "
			       "none",
			       at, m->lab->parent);
	master = rx_facts_link_index(m->facts, parent->master);
	if (master && !rx_maker_owns(m, master) && !rx_maker_shared_bridge(m, parent))
		return rx_fail(err, "parent-unusable", EBUSY,
			       "%sparent %s: it is a port of %s %s, and the kernel refuses a "
			       "macvlan on it (\"Device or resource busy\"); use parent: %s",
			       at, m->lab->parent, master->kind, master->name, master->name);
	if (!(parent->flags & IFF_UP))
		rx_maker_warn(m, "parent %s is down: ports stay DOWN until \"ip link set %s up\"",
			      m->lab->parent, m->lab->parent);
	return 0;
}

static int judge_bridges(const struct maker *m, struct rx_err *err)
{
	size_t i;

	for (i = 0; i < m->lab->n_networks; i++) {
		const struct rx_network *network = &m->lab->networks[i];
		const struct rx_link_info *bridge = rx_facts_link(m->facts, network->bridge);
		char at[300];

		if (!network->bridge[0])
			continue;
		where(m, &network->pos, at, sizeof(at));
		if (!bridge)
			return rx_fail(err, "netdev-unknown", ENODEV,
				       "%sbridge %s: there is no such netdev here", at,
				       network->bridge);
		if (strcmp(bridge->kind, "bridge"))
			return rx_fail(err, "bridge-kind", EINVAL,
				       "%sbridge %s: this netdev is not a bridge but %s", at,
				       network->bridge,
				       bridge->kind[0] ? bridge->kind : "a plain one");
	}
	return 0;
}

/* A VLAN netdev that is there becomes a port of the lab's bridge: then it carries no address and
 * has no other master. */
static int judge_vlan(const struct maker *m, const struct rx_network *network, struct rx_err *err)
{
	const struct rx_link_info *vlan = network->vlan && m->parent
						  ? rx_facts_vlan(m->facts, m->parent->ifindex,
								  network->vlan)
						  : NULL;
	const struct rx_link_info *master = vlan ? rx_facts_link_index(m->facts, vlan->master)
						 : NULL;
	const struct rx_addr_info *addr = vlan ? rx_facts_address(m->facts, vlan->ifindex) : NULL;
	char at[300], text[64];

	if (!vlan || rx_maker_owns(m, vlan) || rx_maker_shared_bridge(m, vlan))
		return 0;
	where(m, &network->pos, at, sizeof(at));
	if (master && !rx_maker_owns(m, master))
		return rx_fail(err, "vlan-in-use", EBUSY,
			       "%svlan %u of %s: its netdev %s is a port of %s %s, which would "
			       "lose it; use bridge: %s, or another VLAN",
			       at, network->vlan, m->lab->parent, vlan->name, master->kind,
			       master->name, master->name);
	if (addr)
		return rx_fail(err, "vlan-in-use", EBUSY,
			       "%svlan %u of %s: its netdev %s has the host's address %s, which "
			       "would not be reached any more; use parent: %s without a vlan "
			       "(verbs "
			       "alone: rdma_cm fails there), or another VLAN",
			       at, network->vlan, m->lab->parent, vlan->name,
			       rx_cidr_text(&addr->addr, true, text, sizeof(text)), vlan->name);
	return 0;
}

static int judge_vlans(const struct maker *m, struct rx_err *err)
{
	for (size_t i = 0; i < m->lab->n_networks; i++)
		if (judge_vlan(m, &m->lab->networks[i], err))
			return -err->code;
	return 0;
}

/* The MTU of the parent before a lab raised it. */
static unsigned mtu_as_found(const struct maker *m)
{
	for (size_t i = 0; i < m->facts->n_wants; i++)
		if (m->facts->wants[i].kind == RX_OP_MTU &&
		    m->facts->wants[i].ifindex == m->parent->ifindex)
			return (unsigned)strtoul(m->facts->wants[i].before, NULL, 10);
	return m->parent->mtu;
}

static bool others_use(const struct maker *m, const char *bridge)
{
	for (size_t i = 0; i < m->facts->n_wants; i++)
		if (m->facts->wants[i].kind == RX_OP_LINK &&
		    !strcmp(m->facts->wants[i].name, bridge) &&
		    strcmp(m->facts->wants[i].owner, m->lab->name))
			return true;
	return false;
}

/* A bridge that labs share has the MTU that its port had when it was made. */
static int judge_shared_mtu(const struct maker *m, struct rx_err *err)
{
	for (size_t i = 0; i < m->lab->n_networks && m->parent; i++) {
		const struct rx_network *network = &m->lab->networks[i];
		const struct rx_link_info *bridge = rx_maker_shared_bridge(
			m, network->vlan
				   ? rx_facts_vlan(m->facts, m->parent->ifindex, network->vlan)
				   : m->parent);

		if (bridge && !network->bridge[0] && m->mtu > bridge->mtu &&
		    others_use(m, bridge->name))
			return rx_fail(err, "mtu-too-large", EINVAL,
				       "mtu %u is above that of bridge %s, %u, which other labs on "
				       "this wire use, too; use mtu %u, or take those down first",
				       m->mtu, bridge->name, bridge->mtu, bridge->mtu);
	}
	return 0;
}

/* A lab without an MTU of its own has the one that the parent will have without the other labs. */
static int judge_mtu(struct maker *m, struct rx_err *err)
{
	unsigned limit = m->parent ? m->parent->mtu : 0, found = m->parent ? mtu_as_found(m) : 0;
	char at[300];

	m->mtu = m->lab->mtu ? m->lab->mtu : found < limit ? found : 0;
	m->raise_mtu = limit && m->mtu > found;
	if (!limit || m->mtu <= limit)
		return 0;
	where(m, &m->lab->mtu_pos, at, sizeof(at));
	if (!m->lab->raise_parent_mtu)
		return rx_fail(err, "mtu-too-large", EINVAL,
			       "%smtu %u is above the MTU of parent %s, %u, which the kernel "
			       "refuses (\"Invalid argument\"); use mtu %u, or --raise-parent-mtu",
			       at, m->lab->mtu, m->lab->parent, limit, limit);
	return 0;
}

/* In namespaces a lab may share the wire's subnet; only an equal address is a conflict. In init_net
 * (control: none) two netdevs with one subnet would fight over its route. */
static int judge_address(const struct maker *m, const struct rx_node *node,
			 const struct rx_iface *iface, const struct rx_cidr *want,
			 struct rx_err *err)
{
	const struct rx_network *network = &m->lab->networks[iface->network];
	char at[300], a[64], b[64];
	size_t i;

	for (i = 0; i < m->facts->n_addrs && want->family; i++) {
		const struct rx_addr_info *have = &m->facts->addrs[i];
		const struct rx_link_info *link = rx_facts_link_index(m->facts, have->ifindex);
		const char *netdev = link ? link->name : "?";

		if (link && rx_maker_owns(m, link))
			continue;
		rx_cidr_text(want, false, a, sizeof(a));
		rx_cidr_text(&have->addr, true, b, sizeof(b));
		if (rx_cidr_same_address(want, &have->addr))
			return rx_fail(err, "address-conflict", EADDRINUSE,
				       "%sendpoint \"%s\": its address %s belongs to this host "
				       "already (%s on %s); choose another subnet or address",
				       where(m, want->pos.line ? &want->pos : &network->subnet.pos,
					     at, sizeof(at)),
				       node->name, a, b, netdev);
		if (m->plan->plane == RX_PLANE_HOSTED && !m->twins &&
		    rx_cidr_overlap(want, &have->addr))
			return rx_fail(err, "address-conflict", EADDRINUSE,
				       "%ssubnet of endpoint \"%s\" (%s) overlaps with %s on %s of "
				       "this host; with control: none the endpoints live beside "
				       "it, so choose another subnet",
				       where(m, &network->subnet.pos, at, sizeof(at)), node->name,
				       a, b, netdev);
	}
	return 0;
}

static int judge_ipv6(const struct maker *m, struct rx_err *err)
{
	char at[300], text[64];
	size_t i;

	for (i = 0; i < m->lab->n_networks && m->facts->no_ipv6; i++) {
		const struct rx_cidr *subnet = &m->lab->networks[i].subnet6;

		if (subnet->family)
			return rx_cannot(err, "ipv6-missing", EAFNOSUPPORT,
					 "%ssubnet6 %s: this kernel has no IPv6 (is it booted with "
					 "ipv6.disable=1?); leave subnet6 out",
					 where(m, &subnet->pos, at, sizeof(at)),
					 rx_cidr_text(subnet, true, text, sizeof(text)));
	}
	return 0;
}

static int judge_addresses(const struct maker *m, struct rx_err *err)
{
	size_t i, k;

	for (i = 0; i < m->lab->n_nodes; i++) {
		const struct rx_node *node = &m->lab->nodes[i];

		for (k = 0; k < node->n_ifaces; k++)
			if (judge_address(m, node, &node->ifaces[k], &node->ifaces[k].ipv4, err) ||
			    judge_address(m, node, &node->ifaces[k], &node->ifaces[k].ipv6, err))
				return -err->code;
	}
	return 0;
}

static int judge_plane(struct maker *m, struct rx_err *err)
{
	const struct rx_lab *lab = m->lab;
	struct rx_plan *plan = m->plan;

	plan->plane = lab->plane;
	if (lab->plane == RX_PLANE_AUTO)
		plan->plane = m->facts->netns_plane ? RX_PLANE_NETNS : RX_PLANE_HOSTED;
	snprintf(plan->plane_reason, sizeof(plan->plane_reason), "%s%s",
		 lab->plane == RX_PLANE_AUTO ? "" : "asked for; ", m->facts->netns_plane_reason);
	if (plan->plane == RX_PLANE_NETNS && !m->facts->netns_plane)
		rx_maker_warn(m,
			      "plane netns is forced although %s: the endpoints will look right "
			      "and carry nothing",
			      m->facts->netns_plane_reason);
	m->twins = plan->plane == RX_PLANE_HOSTED && lab->control == RX_CONTROL_NETNS;
	if (plan->plane == RX_PLANE_HOSTED && !m->twins && lab->n_nodes > lab->n_endpoints)
		return rx_cannot(err, "routers-need-netns", EOPNOTSUPP,
				 "lab %s: it has routers, and with control: none its netdevs stay "
				 "in init_net, where nothing is routed; leave that out",
				 lab->name);
	return 0;
}

static size_t count_devices(const struct rx_lab *lab)
{
	size_t devices = 0, i;

	for (i = 0; i < lab->n_endpoints; i++)
		devices += lab->nodes[i].n_ifaces;
	return devices;
}

#define LEAN_GIDS 32 /* what rx_host_prepare() asks the helper for, at most */

static uint64_t predict(const struct maker *m, enum rx_rdma_mode mode, unsigned gids)
{
	struct rx_load load = {.devices = count_devices(m->lab),
			       .own_namespaces = m->lab->n_nodes,
			       .namespaces = m->facts->namespaces,
			       .mode = mode,
			       .gids = gids};

	load.without_gsi = mode == RX_RDMA_EXCLUSIVE && m->plan->plane == RX_PLANE_NETNS &&
			   m->facts->move_loses_gsi;
	if (m->plan->plane == RX_PLANE_HOSTED && m->lab->control == RX_CONTROL_NONE)
		load.own_namespaces = 0;
	return rx_predict_memory(&load);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

/* Why auto took shared mode, where exclusive mode would serve. */
static const char *why_shared(const struct rx_facts *facts, uint64_t shared, char *buf, size_t size)
{
	if (facts->rdma_foreign[0])
		snprintf(buf, size,
			 "the mode is the whole host's, and RDMA device %s is not rxelab's",
			 facts->rdma_foreign);
	else
		snprintf(buf, size, "%s",
			 facts->rdma_mode_fixed && shared > facts->mem_available / 4
				 ? "the mode cannot be changed while other namespaces exist"
				 : "it fits");
	return buf;
}

/* auto: what rx_host_prepare() found to serve, or exclusive when shared would take more than a
 * quarter of what is free and the kernel can do it. */
static void choose_mode(struct maker *m)
{
	struct rx_plan *plan = m->plan;
	const struct rx_facts *facts = m->facts;
	uint64_t shared = predict(m, RX_RDMA_SHARED, facts->gid_table);
	bool dear = shared > facts->mem_available / 4;
	bool possible = plan->plane == RX_PLANE_HOSTED || facts->can_move || facts->born_in_netns;

	plan->rdma_mode = RX_RDMA_EXCLUSIVE;
	if (m->lab->rdma_mode != RX_RDMA_AUTO) {
		plan->rdma_mode = m->lab->rdma_mode;
		snprintf(plan->rdma_reason, sizeof(plan->rdma_reason), "asked for");
	} else if ((facts->rdma_mode == RX_RDMA_EXCLUSIVE && facts->rdma_mode_chosen && dear) ||
		   (dear && possible && plan->plane == RX_PLANE_NETNS && !facts->rdma_mode_fixed &&
		    !facts->rdma_foreign[0] && facts->rdma_mode == RX_RDMA_SHARED)) {
		snprintf(plan->rdma_reason, sizeof(plan->rdma_reason),
			 "shared mode would take %.0f MiB, more than a quarter of the %.0f MiB "
			 "available",
			 mib(shared), mib(facts->mem_available));
	} else if (facts->rdma_mode == RX_RDMA_EXCLUSIVE && facts->rdma_mode_chosen) {
		snprintf(plan->rdma_reason, sizeof(plan->rdma_reason),
			 "each endpoint sees its own device alone, and costs less");
	} else if (facts->rdma_mode == RX_RDMA_EXCLUSIVE && possible) {
		snprintf(plan->rdma_reason, sizeof(plan->rdma_reason), "the host is in this mode");
	} else {
		plan->rdma_mode = RX_RDMA_SHARED;
		why_shared(facts, shared, plan->rdma_reason, sizeof(plan->rdma_reason));
	}
	plan->memory = predict(m, plan->rdma_mode, facts->gid_table);
	plan->lean = facts->gid_table ? 0 : predict(m, plan->rdma_mode, LEAN_GIDS);
	m->isolated = m->twins && plan->rdma_mode == RX_RDMA_EXCLUSIVE && facts->born_with_task;
}

static int judge_mode(struct maker *m, struct rx_err *err)
{
	struct rx_plan *plan = m->plan;
	const struct rx_facts *facts = m->facts;
	size_t devices = count_devices(m->lab),
	       missing = devices - (facts->present < devices ? facts->present : devices);

	choose_mode(m);
	if (plan->rdma_mode != facts->rdma_mode && facts->rdma_mode_fixed)
		return rx_fail(err, "rdma-mode-held", EBUSY,
			       "RDMA namespace mode: the kernel changes it to %s only while no "
			       "other network namespace exists, and %s has one; end that, or load "
			       "ib_core with the mode at boot (\"options ib_core netns_mode=%d\" "
			       "in /etc/modprobe.d), or use --rdma-netns %s",
			       rx_rdma_mode_name(plan->rdma_mode), facts->rdma_mode_holder,
			       plan->rdma_mode == RX_RDMA_SHARED,
			       rx_rdma_mode_name(facts->rdma_mode));
	if (plan->memory / devices * missing > facts->mem_available)
		return rx_fail(err, "memory-short", ENOMEM,
			       "lab %s: %zu endpoints would take about %.0f MiB in %s RDMA "
			       "namespace mode (%u namespaces exist already) and only %.0f MiB are "
			       "available; use fewer endpoints%s",
			       m->lab->name, m->lab->n_endpoints, mib(plan->memory),
			       rx_rdma_mode_name(plan->rdma_mode), facts->namespaces,
			       mib(facts->mem_available),
			       plan->rdma_mode == RX_RDMA_SHARED
				       ? ", --rdma-netns exclusive, or in the hosted plane "
					 "--control none"
				       : "");
	if (facts->uverbs_used + missing > RX_MAX_ENDPOINTS)
		return rx_fail(err, "too-many-devices", ENOSPC,
			       "lab %s: its %zu RDMA devices and the %u that exist are more than "
			       "the %d uverbs devices that the kernel can have; use fewer "
			       "endpoints, or take another lab down",
			       m->lab->name, devices, facts->uverbs_used, RX_MAX_ENDPOINTS);
	return 0;
}

/* Which networks of a lab on several hosts would end at this one: what add_segment (make.c)
 * gives no uplink. */
static int judge_hosts(const struct maker *m, struct rx_err *err)
{
	bool taken = false;
	size_t i;

	for (i = 0; i < m->lab->n_networks && m->lab->hosts > 1; i++) {
		const struct rx_network *network = &m->lab->networks[i];
		bool shut_out = network->link == RX_LINK_VETH &&
				strcmp(m->parent ? m->parent->kind : "", "bridge") && m->parent &&
				rx_facts_address(m->facts, m->parent->ifindex);
		char at[300];

		if (network->bridge[0] || network->vlan)
			continue;
		where(m, &m->lab->host_pos, at, sizeof(at));
		if (taken || shut_out)
			return rx_fail(err, "host-share", EINVAL,
				       "%shost %u/%u: network \"%s\" would be a private bridge of "
				       "each host: %s",
				       at, m->lab->host, m->lab->hosts, network->name,
				       taken ? "another one has the parent already; give each a "
					       "vlan"
					     : "its parent has addresses of its own, so it cannot "
					       "be a port of the lab's bridge; use link: macvlan");
		taken = true;
	}
	return 0;
}

int rx_plan_judge(struct maker *m, struct rx_err *err)
{
	m->hash = rx_lab_hash(m->lab->name);
	if (judge_plane(m, err) || judge_parent(m, err) || judge_hosts(m, err) ||
	    judge_bridges(m, err) || judge_vlans(m, err) || judge_mtu(m, err) ||
	    judge_shared_mtu(m, err) || judge_ipv6(m, err) || judge_addresses(m, err) ||
	    judge_mode(m, err))
		return -err->code;
	return 0;
}
