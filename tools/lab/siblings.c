/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labs of this host that have addresses of a new one on the same wire. */
#include "tools/lab/siblings.h"

#include <string.h>

#include "netns/ledger/list.h"
#include "tools/cli/output.h"
#include "tools/lab/steps.h"

static bool same_wire(const struct rx_lab *a, const struct rx_iface *left, const struct rx_lab *b,
		      const struct rx_iface *right)
{
	const struct rx_network *first = &a->networks[left->network],
				*second = &b->networks[right->network];

	if (first->bridge[0] || second->bridge[0])
		return !strcmp(first->bridge, second->bridge);
	return a->parent[0] && !strcmp(a->parent, b->parent) && first->vlan == second->vlan;
}

/* The endpoint of other that has an address of iface; NULL. */
static const struct rx_node *find_same(const struct rx_lab *lab, const struct rx_iface *iface,
				       const struct rx_lab *other)
{
	for (size_t i = 0; i < other->n_nodes; i++)
		for (size_t k = 0; k < other->nodes[i].n_ifaces; k++) {
			const struct rx_iface *there = &other->nodes[i].ifaces[k];
			bool same = (iface->ipv4.family &&
				     rx_cidr_same_address(&iface->ipv4, &there->ipv4)) ||
				    (iface->ipv6.family &&
				     rx_cidr_same_address(&iface->ipv6, &there->ipv6));

			if (same && same_wire(lab, iface, other, there))
				return &other->nodes[i];
		}
	return NULL;
}

/* Said once for each pair of labs: mostly both have the default subnet. */
static void compare(const struct rx_lab *lab, const struct rx_lab *other)
{
	char text[64];

	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t k = 0; k < lab->nodes[i].n_ifaces; k++) {
			const struct rx_iface *iface = &lab->nodes[i].ifaces[k];
			const struct rx_node *same = find_same(lab, iface, other);

			if (!same)
				continue;
			rx_warn("%s/%s has the address %s of %s/%s on the same wire: the two "
				"answer for each other; give one of the labs another subnet",
				lab->name, lab->nodes[i].name,
				rx_cidr_text(iface->ipv4.family ? &iface->ipv4 : &iface->ipv6,
					     false, text, sizeof(text)),
				other->name, same->name);
			return;
		}
}

void rx_lab_warn_siblings(const struct rx_lab *lab)
{
	struct rx_err ignored;
	char **names;
	size_t n;

	if (rx_ledger_list(&names, &n, &ignored))
		return;
	for (size_t i = 0; i < n; i++) {
		struct rx_lab other = {.name = ""};

		if (strcmp(names[i], lab->name) && !rx_lab_stored(names[i], &other, &ignored))
			compare(lab, &other);
		rx_lab_free(&other);
	}
	rx_names_free(names);
}
