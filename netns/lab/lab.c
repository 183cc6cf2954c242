/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab's memory, and what follows from its size. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

void rx_lab_free(struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		free(lab->nodes[i].ifaces);
	for (size_t i = 0; i < lab->n_remote; i++)
		free(lab->remote[i].ifaces);
	free(lab->remote);
	free(lab->nodes);
	free(lab->networks);
	memset(lab, 0, sizeof(*lab));
}

bool rx_node_impaired(const struct rx_lab *lab, const struct rx_node *node)
{
	bool any = rx_impair_any(&node->impair);

	for (size_t i = 0; i < node->n_ifaces; i++)
		any = any || rx_impair_any(&node->ifaces[i].impair) ||
		      rx_impair_any(&lab->networks[node->ifaces[i].network].impair);
	return any;
}

bool rx_lab_has_bridge(const struct rx_lab *lab)
{
	const struct rx_network *first = &lab->networks[0];

	return !lab->parent[0] || lab->n_networks != 1 || first->link != RX_LINK_MACVLAN ||
	       first->vlan;
}

size_t rx_lab_network(const struct rx_lab *lab, const char *name)
{
	size_t i = 0;

	while (i < lab->n_networks && strcmp(lab->networks[i].name, name))
		i++;
	return i;
}

size_t *rx_lab_load(const struct rx_lab *lab)
{
	size_t *load = rx_alloc(lab->n_networks + 1, sizeof(*load));

	if (!lab->n_nodes)
		load[0] = lab->count;
	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++)
			load[lab->nodes[i].ifaces[j].network]++;
	return load;
}

static unsigned default_prefix(size_t hosts)
{
	unsigned prefix = rx_prefix_for(AF_INET, hosts);

	return prefix < 24 ? prefix : 24;
}

static bool overlaps_any(const struct rx_cidr *candidate, const struct rx_cidr *subnets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rx_cidr_overlap(candidate, &subnets[i]))
			return true;
	return false;
}

/* The first part of 10.77.0.0/16 that is free; family 0: there is none. */
static struct rx_cidr free_part(const struct rx_cidr *subnets, size_t n, unsigned prefix)
{
	struct rx_cidr base = RX_DEFAULT_BASE, part;

	for (uint64_t i = 0; prefix > base.prefix && i < UINT64_C(1) << (prefix - base.prefix);
	     i++) {
		part = rx_cidr_part(&base, prefix, i);
		if (!overlaps_any(&part, subnets, n))
			return part;
	}
	return (struct rx_cidr){0};
}

struct rx_cidr *rx_lab_subnets(const struct rx_lab *lab)
{
	struct rx_cidr *subnets = rx_alloc(lab->n_networks, sizeof(*subnets));
	rx_autofree size_t *load = rx_lab_load(lab);

	for (size_t i = 0; i < lab->n_networks; i++)
		subnets[i] = lab->networks[i].subnet;
	for (size_t i = 0; i < lab->n_networks; i++) {
		if (subnets[i].family || subnets[i].prefix)
			continue;
		subnets[i] = free_part(subnets, lab->n_networks, default_prefix(load[i]));
		/* the whole of it, which the check of overlaps then reports */
		if (!subnets[i].family)
			subnets[i] = (struct rx_cidr)RX_DEFAULT_BASE;
		subnets[i].pos = lab->networks[i].pos;
	}
	return subnets;
}

struct rx_cidr rx_lab_free_subnet(const struct rx_lab *lab, size_t i, const struct rx_cidr *taken,
				  size_t n)
{
	rx_autofree struct rx_cidr *all = rx_alloc(lab->n_networks + n, sizeof(*all));
	size_t at = 0;

	for (size_t k = 0; k < lab->n_networks; k++)
		if (k != i)
			all[at++] = lab->networks[k].subnet;
	for (size_t k = 0; k < n; k++)
		all[at++] = taken[k];
	return free_part(all, at, lab->networks[i].subnet.prefix);
}

void rx_lab_move_subnet(struct rx_lab *lab, size_t i, const struct rx_cidr *subnet)
{
	struct rx_cidr old = lab->networks[i].subnet;

	lab->networks[i].subnet = *subnet;
	lab->networks[i].subnet.pos = old.pos;
	for (size_t k = 0; k < lab->n_nodes; k++)
		for (size_t j = 0; j < lab->nodes[k].n_ifaces; j++) {
			struct rx_iface *iface = &lab->nodes[k].ifaces[j];
			struct rx_cidr was = iface->ipv4;

			if (iface->network != i || !was.family)
				continue;
			iface->ipv4 = rx_cidr_host(subnet, rx_cidr_number(&old, &was));
			iface->ipv4.prefix = was.prefix;
			iface->ipv4.pos = was.pos;
		}
}
