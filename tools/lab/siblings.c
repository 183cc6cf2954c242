/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/siblings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"
#include "tools/cli/output.h"
#include "tools/lab/stored.h"

/* Calls look for each other lab until it returns false. */
static void each_other(const struct rx_lab *lab,
		       bool (*look)(const struct rx_lab *other, void *arg), void *arg)
{
	struct rx_err ignored;
	bool more = true;
	char **names;
	size_t n;

	if (rx_ledger_list(&names, &n, &ignored))
		return;
	for (size_t i = 0; i < n && more; i++) {
		struct rx_lab other = {.name = ""};

		if (strcmp(names[i], lab->name) && !rx_lab_stored(names[i], &other, &ignored))
			more = look(&other, arg);
		rx_lab_free(&other);
	}
	rx_names_free(names);
}

static bool same_wire(const struct rx_lab *a, size_t i, const struct rx_lab *b, size_t k)
{
	const struct rx_network *left = &a->networks[i], *right = &b->networks[k];
	const char *one = left->bridge[0] ? left->bridge : a->parent,
		   *other = right->bridge[0] ? right->bridge : b->parent;

	return *one && !strcmp(one, other) && left->vlan == right->vlan;
}

/* ---- subnets that nobody asked for ---- */

struct taken {
	const struct rx_lab *lab;
	size_t network;
	struct rx_cidr *subnets; /* owned */
	size_t n;
	char lab_name[RX_LAB_NAME_MAX + 1]; /* of the first that has what would be ours */
};

/* RXE of the hosted plane has its addresses in init_net, whatever the wire is. */
static bool is_hosted(const char *name)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool hosted;

	if (rx_ledger_open(name, false, &ledger, &ignored))
		return false;
	hosted = ledger.header.plane == RX_PLANE_HOSTED;
	rx_ledger_close(&ledger);
	return hosted;
}

static bool note_taken(const struct rx_lab *other, void *arg)
{
	struct taken *taken = arg;
	bool hosted = is_hosted(other->name);

	for (size_t k = 0; k < other->n_networks; k++) {
		const struct rx_cidr *subnet = &other->networks[k].subnet;

		if (!subnet->family ||
		    (!hosted && !same_wire(taken->lab, taken->network, other, k)))
			continue;
		*(struct rx_cidr *)rx_array_add(&taken->subnets, &taken->n,
						sizeof(*subnet)) = *subnet;
		if (!taken->lab_name[0] &&
		    rx_cidr_overlap(subnet, &taken->lab->networks[taken->network].subnet))
			memcpy(taken->lab_name, other->name, sizeof(taken->lab_name));
	}
	return true;
}

static void avoid_taken(struct rx_lab *lab, size_t i)
{
	struct taken taken = {.lab = lab, .network = i};
	struct rx_cidr was = lab->networks[i].subnet, now;
	char a[64], b[64];

	each_other(lab, note_taken, &taken);
	now = rx_lab_free_subnet(lab, i, taken.subnets, taken.n);
	if (taken.lab_name[0] && now.family) {
		rx_lab_move_subnet(lab, i, &now);
		rx_note("lab %s: its subnet is %s, for lab %s has %s", lab->name,
			rx_cidr_text(&now, true, a, sizeof(a)), taken.lab_name,
			rx_cidr_text(&was, true, b, sizeof(b)));
	}
	free(taken.subnets);
}

/* The record wins. */
static bool as_recorded(struct rx_lab *lab)
{
	struct rx_lab old = {.name = ""};
	struct rx_err ignored;
	bool there = !rx_lab_stored(lab->name, &old, &ignored);

	for (size_t i = 0; there && i < lab->n_networks && i < old.n_networks; i++)
		if (lab->networks[i].subnet_open && old.networks[i].subnet.family &&
		    old.networks[i].subnet.prefix == lab->networks[i].subnet.prefix)
			rx_lab_move_subnet(lab, i, &old.networks[i].subnet);
	rx_lab_free(&old);
	return there;
}

void rx_lab_settle_subnets(struct rx_lab *lab)
{
	bool open = false;

	for (size_t i = 0; i < lab->n_networks; i++)
		open |= lab->networks[i].subnet_open;
	if (!open || as_recorded(lab))
		return;
	for (size_t i = 0; i < lab->n_networks; i++)
		if (lab->networks[i].subnet_open)
			avoid_taken(lab, i);
}

/* ---- addresses that somebody asked for ---- */

struct conflict {
	const struct rx_lab *lab;
	struct rx_err *err;
};

static bool same_address(const struct rx_iface *a, const struct rx_iface *b)
{
	return (a->ipv4.family && rx_cidr_same_address(&a->ipv4, &b->ipv4)) ||
	       (a->ipv6.family && rx_cidr_same_address(&a->ipv6, &b->ipv6));
}

static bool differs(const struct conflict *conflict, const struct rx_node *node,
		    const struct rx_iface *iface, const struct rx_lab *other)
{
	char text[64];

	for (size_t i = 0; i < other->n_nodes; i++)
		for (size_t k = 0; k < other->nodes[i].n_ifaces; k++) {
			const struct rx_iface *there = &other->nodes[i].ifaces[k];
			const uint8_t *mac = there->mac;

			if (!same_address(iface, there) ||
			    !same_wire(conflict->lab, iface->network, other, there->network))
				continue;
			rx_fail(conflict->err, "address-conflict", EADDRINUSE,
				"%s/%s: its address %s is that of %s/%s (MAC "
				"%02x:%02x:%02x:%02x:%02x:%02x) on the same wire; give one of the "
				"labs another subnet",
				conflict->lab->name, node->name,
				rx_cidr_text(iface->ipv4.family ? &iface->ipv4 : &iface->ipv6,
					     false, text, sizeof(text)),
				other->name, other->nodes[i].name, mac[0], mac[1], mac[2], mac[3],
				mac[4], mac[5]);
			return false;
		}
	return true;
}

static bool compare(const struct rx_lab *other, void *arg)
{
	const struct conflict *conflict = arg;
	const struct rx_lab *lab = conflict->lab;

	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t k = 0; k < lab->nodes[i].n_ifaces; k++)
			if (!differs(conflict, &lab->nodes[i], &lab->nodes[i].ifaces[k], other))
				return false;
	return true;
}

int rx_lab_judge_siblings(const struct rx_lab *lab, struct rx_err *err)
{
	struct conflict conflict = {.lab = lab, .err = err};
	rx_autofree char *record = rx_lab_stored_text(lab->name);

	err->code = 0;
	each_other(lab, compare, &conflict);
	if (!err->code || !record)
		return -err->code;
	rx_warn("%s", err->text);
	*err = (struct rx_err){0};
	return 0;
}
