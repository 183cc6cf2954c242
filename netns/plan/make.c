/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lab + facts -> plan. Judgement first (judge.c), then the operations, one function for each
 * layer. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/routes.h"
#include "netns/lab/tag.h"
#include "netns/plan/plan-priv.h"

/* ---- segments: what all endpoints of a network share ---- */

static void add_bridge(struct maker *m, struct segment *segment, size_t number)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_LINK, PHASE_SEGMENT, (unsigned)number, "");

	TEXT(segment->bridge, "rxl%04x-b%zu", m->hash, number);
	TEXT(op->name, "%s", segment->bridge);
	TEXT(op->link_kind, "bridge");
	op->mtu = m->mtu;
	rx_maker_up(m, PHASE_SEGMENT, (unsigned)number, "", "", segment->bridge);
}

/* A bridge without a running port has no carrier, and neither have the macvlans on it. */
static void add_carrier(struct maker *m, const struct segment *segment, size_t number)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_LINK, PHASE_SEGMENT, (unsigned)number, "");
	char name[IFNAMSIZ];

	TEXT(name, "rxl%04x-d%zu", m->hash, number);
	TEXT(op->name, "%s", name);
	TEXT(op->link_kind, "dummy");
	TEXT(op->master, "%s", segment->bridge);
	op->mtu = m->mtu;
	rx_maker_up(m, PHASE_SEGMENT, (unsigned)number, "", "", name);
}

/* A foreign netdev becomes a port of a bridge of ours: only one without addresses, else its host
 * would fall off the net. */
static void add_uplink(struct maker *m, const struct segment *segment,
		       const struct rx_link_info *port)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_MASTER, PHASE_HOST, 0, "");

	TEXT(op->name, "%s", port->name);
	TEXT(op->master, "%s", segment->bridge);
	op->ifindex = port->ifindex;
}

/* The netdev of that name is a bridge with another wire as its port, or a VLAN netdev on another
 * wire; or the name belongs to one that was renamed. So it is when parents have changed names. */
static bool is_other_wires(const struct maker *m, const char *name, const struct rx_link_info *wire)
{
	const struct rx_link_info *link = rx_facts_link(m->facts, name);

	for (size_t i = 0; i < m->facts->n_wants; i++) {
		const struct rx_op *want = &m->facts->wants[i];
		const struct rx_link_info *there = rx_facts_link_index(m->facts, want->ifindex);

		if (!there || there == wire)
			continue;
		if (link ? there == link && want->vlan : !strcmp(want->name, name))
			return true;
		if (link && want->master[0] && there->master == link->ifindex)
			return true;
	}
	return false;
}

/* One wire has one bridge, and perhaps a VLAN netdev: they have the name of the wire. */
static void name_shared(const struct maker *m, char letter, unsigned vlan,
			const struct rx_link_info *wire, char name[IFNAMSIZ])
{
	unsigned hash = rx_lab_hash(m->lab->parent);

	do
		snprintf(name, IFNAMSIZ, "rxl%04x-%c%u", hash++ & 0xffff, letter, vlan);
	while (is_other_wires(m, name, wire));
}

/* The bridge of the wire, though somebody has taken the wire out of it. */
static const struct rx_link_info *lost_bridge(const struct maker *m,
					      const struct rx_link_info *wire)
{
	const struct rx_op *wants = m->facts->wants;
	const char *name = "";

	for (size_t i = 0; wire && !wire->master && i < m->facts->n_wants; i++)
		if (wants[i].ifindex == wire->ifindex && wants[i].master[0])
			name = wants[i].master;
	for (size_t i = 0; *name && i < m->facts->n_wants; i++) {
		const struct rx_link_info *link = rx_facts_link_index(m->facts, wants[i].ifindex);

		if (link && !strcmp(wants[i].name, name) && rx_tag_names(link->alias, RX_TAG_HOST))
			return link;
	}
	return NULL;
}

/* A netdev between labs and a wire: the one that is there, or a new one of that name. */
static struct rx_op *add_shared(struct maker *m, const char *kind, const char *name,
				const struct rx_link_info *there)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_LINK, PHASE_HOST, 0, "");
	size_t at = m->plan->n - 1;

	op->ifindex = there ? there->ifindex : 0;
	TEXT(op->name, "%s", name);
	TEXT(op->link_kind, "%s", kind);
	rx_maker_up(m, PHASE_HOST, 0, "", "", name);
	return &m->plan->ops[at];
}

static void add_vlan_port(struct maker *m, const struct segment *segment, unsigned vlan,
			  const struct rx_link_info *there)
{
	struct rx_op *op;
	char name[IFNAMSIZ];

	if (there && !rx_tag_names(there->alias, RX_TAG_HOST)) {
		add_uplink(m, segment, there);
		op = rx_maker_add(m, RX_OP_RAISE, PHASE_HOST, 0, "");
		TEXT(op->name, "%s", there->name);
		op->ifindex = there->ifindex;
		return;
	}
	if (there)
		TEXT(name, "%s", there->name);
	else
		name_shared(m, 'v', vlan, there, name);
	op = add_shared(m, "vlan", name, there);
	TEXT(op->lower, "%s", m->lab->parent);
	TEXT(op->master, "%s", segment->bridge);
	op->vlan = vlan;
}

/* A bridge with the parent (vlan 0) or its VLAN as a port, which all labs on that wire use. */
static void add_shared_segment(struct maker *m, struct segment *segment, unsigned vlan)
{
	const struct rx_link_info *there = vlan ? rx_facts_vlan(m->facts, m->parent->ifindex, vlan)
						: m->parent;
	const struct rx_link_info *bridge = rx_maker_shared_bridge(m, there);

	if (!bridge)
		bridge = lost_bridge(m, there);
	if (bridge)
		TEXT(segment->bridge, "%s", bridge->name);
	else
		name_shared(m, 's', vlan, there, segment->bridge);
	segment->mtu = bridge ? bridge->mtu : m->parent->mtu;
	add_shared(m, "bridge", segment->bridge, bridge);
	if (vlan)
		add_vlan_port(m, segment, vlan, there);
	else
		add_uplink(m, segment, m->parent);
}

/* As rxelab 0.1 made it: the bridge is the lab's own. It stays so in a lab that is up. */
static bool add_own_segment(struct maker *m, struct segment *segment, size_t number, unsigned vlan)
{
	const struct rx_link_info *port = vlan ? rx_facts_vlan(m->facts, m->parent->ifindex, vlan)
					       : m->parent;
	const struct rx_link_info *bridge = port ? rx_facts_link_index(m->facts, port->master)
						 : NULL;
	struct rx_op *op;

	if (!bridge || !rx_maker_owns(m, bridge))
		return false;
	add_bridge(m, segment, number);
	if (!vlan || !rx_maker_owns(m, port))
		return true;
	op = rx_maker_add(m, RX_OP_LINK, PHASE_SEGMENT, (unsigned)number, "");
	TEXT(op->name, "%s", port->name);
	TEXT(op->link_kind, "vlan");
	TEXT(op->lower, "%s", m->lab->parent);
	TEXT(op->master, "%s", segment->bridge);
	op->vlan = vlan;
	return true;
}

static bool is_bridge(const struct rx_link_info *link)
{
	return link && !strcmp(link->kind, "bridge");
}

/* Decide what the netdevs of network i hang on: a netdev for macvlans (lower) or a bridge for veths
 * (bridge). */
static void add_segment(struct maker *m, size_t i)
{
	const struct rx_network *network = &m->lab->networks[i];
	struct segment *segment = &m->segments[i];
	bool veth = network->link == RX_LINK_VETH;
	bool wire = m->parent && !m->parent_taken;
	const struct rx_link_info *below;

	if (network->bridge[0]) {
		TEXT(segment->bridge, "%s", network->bridge);
	} else if (network->vlan) {
		if (!add_own_segment(m, segment, i, network->vlan))
			add_shared_segment(m, segment, network->vlan);
	} else if (wire && !veth && !rx_maker_shared_bridge(m, m->parent)) {
		TEXT(segment->lower, "%s", m->lab->parent);
	} else if (wire && is_bridge(m->parent)) {
		TEXT(segment->bridge, "%s", m->lab->parent);
	} else if (wire && !rx_facts_address(m->facts, m->parent->ifindex)) {
		if (!add_own_segment(m, segment, i, 0))
			add_shared_segment(m, segment, 0);
	} else {
		add_bridge(m, segment, i);
		if (wire)
			rx_maker_warn(m,
				      "%s has addresses of its own, so it is not made a port of "
				      "the lab's bridge: the endpoints reach each other, not the "
				      "wire; use link: macvlan, a vlan, or bridge: BRIDGE",
				      m->lab->parent);
		else if (!veth)
			add_carrier(m, segment, i);
	}
	m->parent_taken |= !network->vlan && !network->bridge[0];
	if (!veth && !segment->lower[0])
		TEXT(segment->lower, "%s", segment->bridge);
	segment->veth = veth;
	below = rx_facts_link(m->facts, segment->lower[0] ? segment->lower : segment->bridge);
	segment->mtu = below ? below->mtu : segment->mtu;
}

/* ---- nodes ---- */

/* The container that node i lives in; NULL: it has a namespace of its own. */
static const struct rx_container_fact *container_of(const struct maker *m, size_t i)
{
	return m->lab->nodes[i].container.kind && m->facts->containers ? &m->facts->containers[i]
								       : NULL;
}

/* Endpoints that stay in init_net answer for their own address only and accept what siblings send:
 * seen on 5.10, 6.1, 6.12, 7.2, 7.3. rp_filter is the larger of conf/all and the netdev's own, 2
 * (loose) is the one that always works. */
static void add_bare_sysctls(struct maker *m, unsigned chain, const struct rx_iface *iface)
{
	rx_maker_sysctl(m, chain, "", "1", "net/ipv4/conf/%s/accept_local", iface->netdev);
	rx_maker_sysctl(m, chain, "", "1", "net/ipv4/conf/%s/arp_ignore", iface->netdev);
	rx_maker_sysctl(m, chain, "", "2", "net/ipv4/conf/%s/arp_announce", iface->netdev);
	rx_maker_sysctl(m, chain, "", "2", "net/ipv4/conf/%s/rp_filter", iface->netdev);
}

static void add_rxe(struct maker *m, unsigned chain, const struct rx_node *node,
		    const struct rx_iface *iface, const char *netns)
{
	struct rx_op *op = rx_maker_add(m, RX_OP_RXE, PHASE_NODE, chain, node->name);

	bool moves = netns[0] && m->plan->rdma_mode == RX_RDMA_EXCLUSIVE &&
		     !m->facts->born_in_netns;

	TEXT(op->name, "%s", iface->rdma_dev);
	TEXT(op->lower, "%s", rx_iface_netdev(iface, netns));
	TEXT(op->netns, "%s", netns);
	/* before the move: its GID table stays as it is (rdma_dev_change_netns,
	 * drivers/infiniband/core/device.c, takes and gives clients only), and to read it in
	 * init_net needs no sysfs of the namespace's own */
	op = rx_maker_add(m, RX_OP_READY, PHASE_NODE, chain, node->name);
	TEXT(op->name, "%s", iface->rdma_dev);
	TEXT(op->netns, "%s", moves ? "" : netns);
	TEXT(op->value, "%s", moves ? netns : "");
	op->addr = iface->ipv4.family ? iface->ipv4 : iface->ipv6;
	if (!moves)
		return;
	op = rx_maker_add(m, RX_OP_MOVE, PHASE_NODE, chain, node->name);
	TEXT(op->name, "%s", iface->rdma_dev);
	TEXT(op->netns, "%s", netns);
}

/* Duplicate address detection keeps a link-local address, and so its GID, deaf for one to two
 * seconds after "up". The addresses follow from MACs that the lab has made distinct, so nothing is
 * lost (net/ipv6/addrconf.c: addrconf_dad_begin()). */
static void add_no_dad(struct maker *m, unsigned chain, const char *netns, const char *netdev)
{
	rx_maker_sysctl(m, chain, netns, "0", "net/ipv6/conf/%s/accept_dad", netdev);
}

static void add_iface(struct maker *m, unsigned chain, const struct rx_node *node,
		      const struct rx_iface *iface, const char *netns)
{
	const char *netdev = rx_iface_netdev(iface, netns);

	rx_maker_netdev(m, chain, iface, netns, netdev);
	if (!netns[0])
		add_bare_sysctls(m, chain, iface);
	/* a namespace of our own has it as its default, a container's defaults are not ours to
	 * change */
	if (!netns[0] || container_of(m, chain))
		add_no_dad(m, chain, netns, netdev);
	rx_maker_addr(m, chain, netns, netdev, &iface->ipv4);
	rx_maker_addr(m, chain, netns, netdev, &iface->ipv6);
	rx_maker_up(m, PHASE_NODE, chain, node->name, netns, netdev);
	if (!node->router)
		add_rxe(m, chain, node, iface, netns);
}

/* An endpoint whose container does not run is left out until it does. */
static bool is_absent(const struct maker *m, size_t i)
{
	const struct rx_container_fact *container = container_of(m, i);

	return m->lab->nodes[i].container.kind && !(container && container->inode);
}

/* A container's namespace gets a name like every other, so that whatever works on one works on the
 * other. The name also keeps the namespace, so that its netdevs are there to be taken away when the
 * container has ended. */
static void add_netns(struct maker *m, unsigned chain, const struct rx_node *node)
{
	const struct rx_container_fact *container = container_of(m, chain);
	struct rx_op *op = rx_maker_add(m, RX_OP_NETNS, PHASE_NODE, chain, node->name);

	TEXT(op->name, "%s", node->netns);
	if (!container) {
		rx_maker_up(m, PHASE_NODE, chain, node->name, node->netns, "lo");
		return;
	}
	TEXT(op->value, "%s", container->netns);
	op->inode = container->inode;
}

static struct rx_op *add_device(struct maker *m, enum rx_op_kind kind, unsigned chain,
				const char *name)
{
	struct rx_op *op = rx_maker_add(m, kind, PHASE_NODE, chain, m->lab->nodes[chain].name);

	TEXT(op->name, "%s", name);
	op->pid = (unsigned)m->facts->containers[chain].pid;
	op->inode = m->facts->containers[chain].inode;
	return op;
}

/* What programs in the container open: its own devices and rdma_cm, and no others. */
static void add_devices(struct maker *m, unsigned chain, const struct rx_node *node,
			const char *netns)
{
	const struct rx_container_fact *container = container_of(m, chain);
	struct rx_op *op;
	size_t k;

	if (!container || !container->pid || !container->own_dev)
		return;
	add_device(m, RX_OP_DEV_DIR, chain, RX_DEVICE_DIR);
	/* first, so that it is undone last: it stays while other devices need it */
	add_device(m, RX_OP_DEVICE, chain, RX_DEVICE_CM);
	for (k = 0; k < node->n_ifaces; k++) {
		op = add_device(m, RX_OP_DEVICE, chain, node->ifaces[k].rdma_dev);
		TEXT(op->netns, "%s", netns);
	}
}

static void add_node(struct maker *m, size_t i)
{
	const struct rx_node *node = &m->lab->nodes[i];
	bool bare = m->plan->plane == RX_PLANE_HOSTED && !m->twins;
	unsigned chain = (unsigned)i;
	size_t k;

	if (is_absent(m, i)) {
		if (m->facts->only && strcmp(m->facts->only, node->name))
			return;
		rx_maker_warn(m,
			      "endpoint \"%s\": its container (%s %s) does not run; it is left out "
			      "until \"rxelab reattach %s\" finds the container running",
			      node->name, rx_container_kind_name(node->container.kind),
			      node->container.id, m->lab->name);
		return;
	}
	if (!bare || container_of(m, i))
		add_netns(m, chain, node);
	if (!bare && !container_of(m, i))
		add_no_dad(m, chain, node->netns, "default");
	if (node->router) {
		rx_maker_sysctl(m, chain, node->netns, "1", "net/ipv4/ip_forward%s", "");
		rx_maker_sysctl(m, chain, node->netns, "1", "net/ipv6/conf/all/forwarding%s", "");
	}
	for (k = 0; k < node->n_ifaces; k++)
		if (m->twins && !node->router)
			rx_maker_hosted_iface(m, chain, &node->ifaces[k]);
		else
			add_iface(m, chain, node, &node->ifaces[k], bare ? "" : node->netns);
	add_devices(m, chain, node, m->plan->plane == RX_PLANE_HOSTED ? "" : node->netns);
}

/* ---- routes, neighbours, impairments ---- */

static void add_routes(struct maker *m, size_t i)
{
	const struct rx_node *node = &m->lab->nodes[i];
	size_t n;
	rx_autofree struct rx_route *routes = rx_routes_of(m->routes, i, &n);

	for (size_t k = 0; k < n; k++) {
		struct rx_op *op = rx_maker_add(m, RX_OP_ROUTE, PHASE_NODE, (unsigned)i,
						node->name);

		TEXT(op->netns, "%s", node->netns);
		TEXT(op->name, "%s", rx_iface_netdev(&node->ifaces[routes[k].iface], node->netns));
		op->addr = routes[k].destination;
		op->via = routes[k].gateway;
		op->metric = routes[k].metric;
		if (m->twins && !node->router)
			rx_maker_hosted_route(m, (unsigned)i, &node->ifaces[routes[k].iface], op);
	}
}

/* All pairs up to 64 endpoints (kernel-notes: cold neighbours cost a second per QP); beyond that
 * those who send prime. */
static void add_neighbours(struct maker *m, size_t i, const char *netns)
{
	struct rx_op *op;

	if (m->lab->n_endpoints + m->lab->n_remote > RX_PRIME_ALL_MAX)
		return;
	op = rx_maker_node(m, RX_OP_NEIGHBOURS, (unsigned)i);
	TEXT(op->name, "%s", m->lab->nodes[i].name);
	TEXT(op->netns, "%s", netns);
}

static void add_qdiscs(struct maker *m, size_t i)
{
	const struct rx_node *node = &m->lab->nodes[i];
	size_t k;

	for (k = 0; k < node->n_ifaces; k++) {
		const struct rx_iface *iface = &node->ifaces[k];
		const struct rx_impair *impair = rx_impair_any(&iface->impair) ? &iface->impair
						 : rx_impair_any(&node->impair)
							 ? &node->impair
							 : &m->lab->networks[iface->network].impair;
		struct rx_op *op;

		if (!rx_impair_any(impair))
			continue;
		op = rx_maker_add(m, RX_OP_QDISC, PHASE_NODE, (unsigned)i, node->name);
		TEXT(op->netns, "%s",
		     m->plan->plane == RX_PLANE_HOSTED && !node->router ? "" : node->netns);
		TEXT(op->name, "%s",
		     m->twins && !node->router ? iface->wire_netdev
					       : rx_iface_netdev(iface, op->netns));
		op->impair = *impair;
	}
}

static void add_host_operations(struct maker *m)
{
	struct rx_op *op;

	if (m->raise_mtu) {
		op = rx_maker_add(m, RX_OP_MTU, PHASE_HOST, 0, "");
		TEXT(op->name, "%s", m->lab->parent);
		op->mtu = m->lab->mtu;
		op->ifindex = m->parent->ifindex;
	}
}

int rx_plan_make(const struct rx_lab *lab, const struct rx_facts *facts, struct rx_plan *plan,
		 struct rx_err *err)
{
	struct maker m = {.lab = lab, .facts = facts, .plan = plan};
	size_t i;
	int rc = rx_plan_judge(&m, err);

	if (rc)
		return rc;
	m.segments = rx_alloc(lab->n_networks, sizeof(*m.segments));
	m.routes = rx_routes_new(lab);
	add_host_operations(&m);
	if (m.twins)
		rx_maker_hosted_lab(&m);
	for (i = 0; i < lab->n_networks; i++)
		add_segment(&m, i);
	for (i = 0; i < lab->n_nodes; i++)
		add_node(&m, i);
	for (i = 0; i < lab->n_nodes; i++) {
		if (is_absent(&m, i))
			continue;
		add_routes(&m, i);
		if (plan->plane == RX_PLANE_NETNS || m.twins)
			add_neighbours(&m, i, lab->nodes[i].netns);
		if (plan->plane == RX_PLANE_HOSTED && !lab->nodes[i].router)
			add_neighbours(&m, i, ""); /* RXE has its own */
		add_qdiscs(&m, i);
	}
	free(m.segments);
	rx_routes_free(m.routes);
	return 0;
}
