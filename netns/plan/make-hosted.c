/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An endpoint that is whole where RXE works in init_net alone (before 7.1), of three netdevs:
 *
 *     its own, a macvlan     in its namespace, with its MAC and addresses
 *     RXE's, a dummy         in init_net, below it; RXE sits on it
 *     the wire's             in init_net, with the MAC and the ifindex of its own
 *
 * ib_core puts the addresses of every netdev above RXE's into its GID table, wherever that lives;
 * RXE looks the way out up in init_net by the ifindex of the GID's netdev, and finds the wire's.
 * What comes in by the wire is steered (netns/kernel/steer.c).
 * docs/explanation/planes-and-rdma-modes.md has the picture. */
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/steer.h"
#include "netns/plan/plan-priv.h"

/* Tables of routes and indices of netdevs, numbered by the lab and in it by the interface: far
 * above what people and the kernel use. */
#define NUMBER_FIRST 0x40000000u
#define NUMBERS_OF_A_LAB (RX_INDEX_STRIDE * RX_INDEX_TRIES)
#define WAYS_BACK RX_INDEX_STRIDE /* where the tables begin that hold a way back each */

/* Before main, so that RXE finds its own addresses and ways; lookups that have neither its mark nor
 * its netdev pass. IPv4 by a netdev comes behind main, which has no such route. */
#define PRIORITY_WAY_BACK 9
#define PRIORITY_MARK 10
#define PRIORITY_IPV6 20
#define PRIORITY_IPV4 32766

static unsigned base_of(unsigned table)
{
	return table - (table - NUMBER_FIRST) % NUMBERS_OF_A_LAB;
}

/* A rule of this very lab, which is up: it names one of its netdevs. */
static bool is_own_rule(const struct maker *m, const struct rx_rule *rule)
{
	char prefix[IFNAMSIZ];

	snprintf(prefix, sizeof(prefix), "rxl%04x-", m->hash);
	return rule->table >= NUMBER_FIRST && !strncmp(rule->oif, prefix, strlen(prefix));
}

static bool in_use(const struct maker *m, unsigned base)
{
	for (size_t i = 0; i < m->facts->n_rules; i++)
		if (m->facts->rules[i].table >= NUMBER_FIRST &&
		    base_of(m->facts->rules[i].table) == base)
			return true;
	return false;
}

/* What the lab has already, or what follows from its name and nobody uses. */
static unsigned choose_numbers(const struct maker *m)
{
	unsigned base = NUMBER_FIRST + m->hash * NUMBERS_OF_A_LAB;

	for (size_t i = 0; i < m->facts->n_rules; i++)
		if (is_own_rule(m, &m->facts->rules[i]))
			return base_of(m->facts->rules[i].table);
	for (unsigned tries = 0; in_use(m, base) && tries < 64; tries++)
		base = NUMBER_FIRST + (base - NUMBER_FIRST + NUMBERS_OF_A_LAB) % NUMBER_FIRST;
	return base;
}

/* Behind the marks of other labs, or those that the lab has already. */
static unsigned choose_marks(const struct maker *m)
{
	unsigned next = 1, own = 0;

	for (size_t i = 0; i < m->facts->n_rules; i++) {
		const struct rx_rule *rule = &m->facts->rules[i];
		unsigned number = rule->mark - RX_STEER_MARK;

		if (rule->mask != UINT32_MAX || number >= RX_STEER_NUMBERS)
			continue;
		if (base_of(rule->table) != m->first_number)
			next = number >= next ? number + 1 : next;
		else if (!own || number < own)
			own = number;
	}
	return RX_STEER_MARK + (own ? own : next);
}

/* Of its table and, as far as it is free, of its netdevs. */
static unsigned number_of(const struct maker *m, const struct rx_iface *iface)
{
	return m->first_number + iface->ordinal;
}

static unsigned mark_of(const struct maker *m, const struct rx_iface *iface)
{
	return m->first_mark ? m->first_mark + iface->ordinal - 1 : RX_STEER_MARK;
}

static struct rx_cidr any(int family)
{
	return (struct rx_cidr){.family = family};
}

static struct rx_cidr alone(const struct rx_cidr *addr)
{
	struct rx_cidr one = *addr;

	one.prefix = rx_family_bits(addr->family);
	return one;
}

static void fill_rule(struct rx_op *op, const struct rx_cidr *from, unsigned table,
		      unsigned priority)
{
	op->addr = *from;
	op->table = table;
	op->metric = priority;
}

void rx_maker_hosted_lab(struct maker *m)
{
	static const int families[] = {AF_INET, AF_INET6};

	m->first_number = choose_numbers(m);
	m->first_mark = m->facts->rp_filter ? choose_marks(m) : 0;
	for (size_t i = 0; i < (m->facts->no_ipv6 ? 1 : 2); i++) {
		struct rx_op *op = rx_maker_add(m, RX_OP_RULE, PHASE_SEGMENT, 0, "");
		struct rx_cidr all = any(families[i]);

		op->mark = RX_STEER_MARK;
		op->mask = RX_STEER_MASK;
		fill_rule(op, &all, m->first_number, PRIORITY_MARK);
	}
}

/* The MTU of RXE's netdev, which is that of the wire's. */
static unsigned mtu_of(const struct maker *m, const struct rx_iface *iface)
{
	return m->mtu ? m->mtu : m->segments[iface->network].mtu;
}

/* Neither answers for an address; both take what was sent from one of this host's own. */
static void add_sysctls(struct maker *m, unsigned chain, const char *netdev)
{
	static const char *const settings[][2] = {
		{"net/ipv6/conf/%s/addr_gen_mode", "1"}, {"net/ipv4/conf/%s/accept_local", "1"},
		{"net/ipv4/conf/%s/arp_ignore", "8"},    {"net/ipv4/conf/%s/arp_announce", "2"},
		{"net/ipv4/conf/%s/rp_filter", "0"},     {"net/ipv4/conf/%s/src_valid_mark", "1"},
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(settings); i++)
		rx_maker_sysctl(m, chain, "", settings[i][1], settings[i][0], netdev);
}

static void add_netdevs(struct maker *m, unsigned chain, const struct rx_iface *iface,
			const char *netns, const char *own)
{
	const char *owner = m->lab->nodes[chain].name;
	struct rx_op *op = rx_maker_node(m, RX_OP_LINK, chain);

	TEXT(op->name, "%s", iface->rxe_netdev);
	TEXT(op->link_kind, "dummy");
	memcpy(op->mac, iface->mac, 6);
	op->mac[0] = (uint8_t)((op->mac[0] | 0x02) ^ 0x04); /* its own, locally administered */
	op->mtu = mtu_of(m, iface);
	add_sysctls(m, chain, iface->rxe_netdev);
	TEXT(rx_maker_up(m, PHASE_NODE, chain, owner, "", iface->rxe_netdev)->value, "arp");

	op = rx_maker_node(m, RX_OP_LINK, chain);
	TEXT(op->name, "%s", own);
	TEXT(op->netns, "%s", netns);
	TEXT(op->link_kind, "macvlan");
	TEXT(op->lower, "%s", iface->rxe_netdev);
	TEXT(op->twin, "%s", iface->wire_netdev);
	memcpy(op->mac, iface->mac, 6);
	op->index = number_of(m, iface);

	op = rx_maker_netdev(m, chain, iface, "", iface->wire_netdev);
	TEXT(op->twin, "%s", own);
	TEXT(op->twin_netns, "%s", netns);
	add_sysctls(m, chain, iface->wire_netdev);
	TEXT(rx_maker_up(m, PHASE_NODE, chain, owner, "", iface->wire_netdev)->value,
	     "allmulticast");
}

/* RXE's netdev and the wire's have the address, for the GID table's sake and as the source of
 * routes; init_net must not own it: every netdev of it would answer ARP for it, and IPv6 would
 * never leave. */
static void add_borrowed(struct maker *m, unsigned chain, const char *netdev,
			 const struct rx_cidr *addr)
{
	struct rx_cidr one = alone(addr);
	struct rx_op *op;

	rx_maker_addr(m, chain, "", netdev, &one);
	op = rx_maker_node(m, RX_OP_NOT_LOCAL, chain);
	TEXT(op->name, "%s", netdev);
	op->addr = one;
}

/* Behind the endpoint's own in the GID table. */
static void add_behind(struct maker *m, unsigned chain, const struct rx_iface *iface,
		       const struct rx_cidr *addr)
{
	const struct rx_node *node = &m->lab->nodes[chain];
	size_t at = m->plan->n;

	add_borrowed(m, chain, iface->rxe_netdev, addr);
	TEXT(m->plan->ops[at].value, "%s", iface->rdma_dev);
	TEXT(m->plan->ops[at].twin, "%s", rx_iface_netdev(iface, node->netns));
	TEXT(m->plan->ops[at].twin_netns, "%s", node->netns);
	m->plan->ops[at].via = *addr;
}

static void add_table_route(struct maker *m, unsigned chain, const char *netdev, unsigned table,
			    const struct rx_cidr *to, const char *value)
{
	struct rx_op *op = rx_maker_node(m, RX_OP_ROUTE, chain);

	TEXT(op->name, "%s", netdev);
	TEXT(op->value, "%s", value);
	op->addr = *to;
	op->table = table;
}

/* Where what comes in is asked for its way back (rp_filter of conf/all, fib_validate_source() in
 * net/ipv4/fib_frontend.c), it must be RXE's netdev, by which it came, wherever it is from. */
static void add_way_back(struct maker *m, unsigned chain, const struct rx_iface *iface,
			 const struct rx_cidr *own)
{
	struct rx_cidr everywhere = any(AF_INET);
	unsigned table = number_of(m, iface) + WAYS_BACK;
	struct rx_op *op;

	add_table_route(m, chain, iface->rxe_netdev, table, own, "local");
	add_table_route(m, chain, iface->rxe_netdev, table, &everywhere, "");
	op = rx_maker_node(m, RX_OP_RULE, chain);
	op->mark = mark_of(m, iface);
	op->mask = UINT32_MAX;
	fill_rule(op, &everywhere, table, PRIORITY_WAY_BACK);
}

/* What RXE needs of one address: it is its own to what is marked, and the way out. */
static void add_ways(struct maker *m, unsigned chain, const struct rx_iface *iface,
		     const struct rx_cidr *addr)
{
	struct rx_cidr one = alone(addr), subnet = *addr;
	struct rx_cidr everywhere = any(AF_INET);
	bool ipv6 = addr->family == AF_INET6;
	struct rx_op *op;

	if (!addr->family)
		return;
	rx_cidr_mask(&subnet);
	add_behind(m, chain, iface, addr);
	add_borrowed(m, chain, iface->wire_netdev, addr);
	add_table_route(m, chain, iface->rxe_netdev, m->first_number, &one, "local");
	add_table_route(m, chain, iface->wire_netdev, number_of(m, iface), &subnet, "");
	op = rx_maker_node(m, RX_OP_RULE, chain);
	TEXT(op->name, "%s", iface->wire_netdev);
	fill_rule(op, ipv6 ? &one : &everywhere, number_of(m, iface),
		  ipv6 ? PRIORITY_IPV6 : PRIORITY_IPV4);
	if (m->first_mark && !ipv6)
		add_way_back(m, chain, iface, &one);
}

/* Link-local GIDs: their routes and owners are a netdev's own, so nothing needs steering. */
static void add_link_local(struct maker *m, unsigned chain, const struct rx_iface *iface)
{
	struct rx_cidr addr = rx_cidr_link_local(iface->mac), one = alone(&addr);

	rx_maker_addr(m, chain, "", iface->wire_netdev, &addr);
	rx_maker_addr(m, chain, "", iface->rxe_netdev, &one);
}

void rx_maker_hosted_iface(struct maker *m, unsigned chain, const struct rx_iface *iface)
{
	const struct rx_node *node = &m->lab->nodes[chain];
	const char *own = rx_iface_netdev(iface, node->netns);
	struct rx_op *op;

	add_netdevs(m, chain, iface, node->netns, own);
	op = rx_maker_node(m, RX_OP_STEER, chain);
	TEXT(op->name, "%s", iface->wire_netdev);
	TEXT(op->lower, "%s", iface->rxe_netdev);
	op->mark = mark_of(m, iface);
	TEXT(op->value, "%s", m->facts->steer == RX_STEER_FLOWER ? "flower" : "");
	op = rx_maker_node(m, RX_OP_RXE, chain);
	TEXT(op->name, "%s", iface->rdma_dev);
	TEXT(op->lower, "%s", iface->rxe_netdev);
	TEXT(op->twin, "%s", own);
	TEXT(op->netns, "%s", m->isolated ? node->netns : "");
	if (node->container.kind)
		rx_maker_sysctl(m, chain, node->netns, "0", "net/ipv6/conf/%s/accept_dad", own);
	rx_maker_up(m, PHASE_NODE, chain, node->name, node->netns, own);
	/* Its addresses before those of RXE's netdev: the passive side of rdma_cm takes the first
	 * GID of the table that fits, and its netdev's namespace (cma_validate_port,
	 * drivers/infiniband/core/cma.c). One queue serves all (gid_cache_wq, roce_gid_mgmt.c). */
	rx_maker_addr(m, chain, node->netns, own, &iface->ipv4);
	rx_maker_addr(m, chain, node->netns, own, &iface->ipv6);
	add_ways(m, chain, iface, &iface->ipv4);
	add_ways(m, chain, iface, &iface->ipv6);
	if (!m->facts->no_ipv6)
		add_link_local(m, chain, iface);
	op = rx_maker_node(m, RX_OP_READY, chain);
	TEXT(op->name, "%s", iface->rdma_dev);
	TEXT(op->lower, "%s", own);
	TEXT(op->netns, "%s", m->isolated ? node->netns : "");
	op->addr = iface->ipv4.family ? iface->ipv4 : iface->ipv6;
}

void rx_maker_hosted_route(struct maker *m, unsigned chain, const struct rx_iface *iface,
			   const struct rx_op *route)
{
	struct rx_cidr to = route->addr, via = route->via;
	unsigned metric = route->metric;

	add_table_route(m, chain, iface->wire_netdev, number_of(m, iface), &to, "");
	m->plan->ops[m->plan->n - 1].via = via;
	m->plan->ops[m->plan->n - 1].metric = metric;
}
