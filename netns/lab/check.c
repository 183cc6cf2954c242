/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong between the parts of a lab: names and addresses given twice, subnets that overlap
 * or are too small. Works on a lab as read and on a completed one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

static const char *kind(const struct rx_node *node)
{
	return node->router ? "router" : "endpoint";
}

static void about(struct rx_mistakes *m, const struct rx_node *node)
{
	rx_mistake_subject(m, "%s \"%s\"", kind(node), node->name);
}

static void about_network(struct rx_mistakes *m, const struct rx_network *network)
{
	if (*network->name)
		rx_mistake_subject(m, "network \"%s\"", network->name);
	else
		rx_mistake_subject(m, NULL);
}

static void check_names(struct rx_mistakes *m, const struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		const struct rx_node *node = &lab->nodes[i];
		size_t j = 0;

		if (!*node->name)
			continue;
		about(m, node);
		while (strcmp(lab->nodes[j].name, node->name))
			j++;
		if (j < i)
			rx_mistake(m, node->pos, NULL, "name-taken",
				   "the name is taken by %s %zu%s", kind(&lab->nodes[j]),
				   lab->nodes[j].router ? j - lab->n_endpoints + 1 : j + 1,
				   lab->nodes[j].router == node->router ? " of the list" : "");
		j = rx_lab_network(lab, node->name);
		if (j < lab->n_networks)
			rx_mistake(m, node->pos, NULL, "name-taken",
				   "a network has this name too, and commands such as rxelab "
				   "impair LAB/NAME could not tell them apart");
	}
	rx_mistake_subject(m, NULL);
}

/* 1024 uverbs devices are what the kernel has numbers for. */
static void check_size(struct rx_mistakes *m, const struct rx_lab *lab)
{
	size_t devices = 0;

	for (size_t i = 0; i < lab->n_endpoints && i < lab->n_nodes; i++)
		devices += lab->nodes[i].n_ifaces;
	if (devices > RX_MAX_ENDPOINTS || lab->n_endpoints > RX_MAX_ENDPOINTS)
		rx_mistake(m, lab->nodes[0].pos, "endpoints", "too-many-devices",
			   "need more than %d RXE devices, which is what the kernel has uverbs "
			   "numbers for",
			   RX_MAX_ENDPOINTS);
}

static void check_networks(struct rx_mistakes *m, const struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_networks; i++) {
		const struct rx_network *network = &lab->networks[i];

		about_network(m, network);
		/* IPV6_MIN_MTU: below it the kernel takes IPv6 off the netdev
		 * (net/ipv6/addrconf.c) */
		if (lab->mtu && lab->mtu < 1280 && network->subnet6.family)
			rx_mistake(m, network->subnet6.pos, "subnet6", "key-needs-another",
				   "needs an mtu of at least 1280, and the lab's is %u", lab->mtu);
		for (size_t j = 0; j < i && network->vlan; j++)
			if (lab->networks[j].vlan == network->vlan)
				rx_mistake(m, network->pos, NULL, "vlan-taken",
					   "vlan %u is already that of network \"%s\"",
					   network->vlan, lab->networks[j].name);
	}
	rx_mistake_subject(m, NULL);
}

static void check_overlap(struct rx_mistakes *m, const struct rx_lab *lab, size_t at,
			  const char *key, const struct rx_cidr *subnet,
			  const struct rx_cidr *other, size_t other_at)
{
	if (!rx_cidr_overlap(subnet, other))
		return;
	about_network(m, &lab->networks[at]);
	rx_mistake(m, subnet->pos, key, "subnet-overlap", "%s overlaps %s of network \"%s\"",
		   rx_subnet_text(subnet), rx_subnet_text(other), lab->networks[other_at].name);
}

static void check_room(struct rx_mistakes *m, const struct rx_lab *lab, size_t at, const char *key,
		       const struct rx_cidr *subnet, size_t load)
{
	uint64_t room = subnet->family ? rx_cidr_room(subnet) : UINT64_MAX;

	if (room >= load)
		return;
	about_network(m, &lab->networks[at]);
	rx_mistake(m, subnet->pos, key, "subnet-too-small",
		   "%s has room for %" PRIu64 " addresses, and %zu are needed: a /%u would do",
		   rx_subnet_text(subnet), room, load, rx_prefix_for(subnet->family, load));
}

static void check_subnets(struct rx_mistakes *m, const struct rx_lab *lab,
			  const struct rx_cidr *subnets, const size_t *load)
{
	for (size_t i = 0; i < lab->n_networks; i++) {
		for (size_t j = 0; j < i; j++) {
			check_overlap(m, lab, i, "subnet", &subnets[i], &subnets[j], j);
			check_overlap(m, lab, i, "subnet6", &lab->networks[i].subnet6,
				      &lab->networks[j].subnet6, j);
		}
		check_room(m, lab, i, "subnet", &subnets[i], load[i]);
		check_room(m, lab, i, "subnet6", &lab->networks[i].subnet6, load[i]);
	}
	rx_mistake_subject(m, NULL);
}

/* One address of a node against the subnet it has to be in. */
static void check_address(struct rx_mistakes *m, const struct rx_cidr *address,
			  const struct rx_cidr *subnet, const char *key,
			  const struct rx_network *network)
{
	const char *mine = rx_address_text(address), *theirs = rx_subnet_text(subnet);

	if (!address->family)
		return;
	if (!subnet->family) {
		if (subnet->prefix != RX_SUBNET_BROKEN)
			rx_mistake(m, address->pos, key, "key-needs-another",
				   "%s is given, but %s%s%shas no %s", mine,
				   *network->name ? "network \"" : "the lab ", network->name,
				   *network->name ? "\" " : "",
				   address->family == AF_INET6 ? "subnet6" : "subnet");
	} else if (!rx_cidr_contains(subnet, address)) {
		rx_mistake(m, address->pos, key, "address-outside", "%s is outside the subnet %s",
			   mine, theirs);
	} else if (address->prefix && address->prefix != subnet->prefix) {
		rx_mistake(m, address->pos, key, "address-outside",
			   "%s/%u has another prefix length than the subnet %s", mine,
			   address->prefix, theirs);
	} else if (!rx_cidr_number(subnet, address)) {
		rx_mistake(m, address->pos, key, "address-unusable",
			   "%s is the subnet's own address (%s)", mine, theirs);
	} else if (address->family == AF_INET && !rx_cidr_number_from_top(subnet, address)) {
		rx_mistake(m, address->pos, key, "address-unusable",
			   "%s is the broadcast address of %s", mine, theirs);
	}
}

static void taken(struct rx_mistakes *m, struct rx_pos pos, const char *key, const char *what,
		  const struct rx_node *by)
{
	rx_mistake(m, pos, key, "address-taken", "%s is already that of %s \"%s\"", what, kind(by),
		   by->name);
}

/* Against every interface before it. */
static void check_doubles(struct rx_mistakes *m, const struct rx_lab *lab, size_t node,
			  size_t iface)
{
	const struct rx_iface *mine = &lab->nodes[node].ifaces[iface];
	char mac[18];

	for (size_t i = 0; i <= node; i++) {
		const struct rx_node *other = &lab->nodes[i];

		for (size_t j = 0; j < (i == node ? iface : other->n_ifaces); j++) {
			const struct rx_iface *theirs = &other->ifaces[j];

			if (rx_cidr_same_address(&mine->ipv4, &theirs->ipv4))
				taken(m, mine->ipv4.pos, "ipv4", rx_address_text(&mine->ipv4),
				      other);
			if (rx_cidr_same_address(&mine->ipv6, &theirs->ipv6))
				taken(m, mine->ipv6.pos, "ipv6", rx_address_text(&mine->ipv6),
				      other);
			if (mine->mac_given && theirs->mac_given &&
			    !memcmp(mine->mac, theirs->mac, sizeof(mine->mac)))
				taken(m, mine->pos, "mac", rx_mac_text(mine->mac, mac), other);
		}
	}
}

static void check_node(struct rx_mistakes *m, const struct rx_lab *lab, size_t at,
		       const struct rx_cidr *subnets)
{
	const struct rx_node *node = &lab->nodes[at];

	about(m, node);
	for (size_t i = 0; i < node->n_ifaces; i++) {
		const struct rx_iface *iface = &node->ifaces[i];
		const struct rx_network *network = &lab->networks[iface->network];

		check_address(m, &iface->ipv4, &subnets[iface->network], "ipv4", network);
		check_address(m, &iface->ipv6, &network->subnet6, "ipv6", network);
		check_doubles(m, lab, at, i);
	}
	if (*node->container.netdev && node->n_ifaces > 1)
		rx_mistake(m, node->container.pos, "container", "key-combination",
			   "netdev names one netdev, and the endpoint has %zu; leave it out: they "
			   "are then called " RX_CONTAINER_NETDEV "0, " RX_CONTAINER_NETDEV
			   "1, ...",
			   node->n_ifaces);
	for (size_t i = 0; i < at && node->container.kind; i++)
		if (lab->nodes[i].container.kind == node->container.kind &&
		    !strcmp(lab->nodes[i].container.id, node->container.id))
			rx_mistake(m, node->container.pos, "container", "container-taken",
				   "%s is already that of endpoint \"%s\"", node->container.id,
				   lab->nodes[i].name);
}

void rx_lab_check(struct rx_mistakes *m, const struct rx_lab *lab)
{
	rx_autofree struct rx_cidr *subnets = rx_lab_subnets(lab);
	rx_autofree size_t *load = rx_lab_load(lab);

	check_networks(m, lab);
	if (lab->topology != RX_TOPOLOGY_FLAT) {
		/* without a count or with `networks` it has been complained about already */
		if (lab->count && lab->n_networks == 1)
			rx_topology_check(m, lab);
		return;
	}
	check_size(m, lab);
	check_names(m, lab);
	check_subnets(m, lab, subnets, load);
	for (size_t i = 0; i < lab->n_nodes; i++)
		check_node(m, lab, i, subnets);
	rx_mistake_subject(m, NULL);
}
