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

/* "": one of its own. */
static const char *wire_of(const struct rx_lab *lab, size_t network)
{
	const char *bridge = lab->networks[network].bridge;

	return bridge[0] ? bridge : lab->parent;
}

static bool same_wire(const struct rx_lab *a, size_t i, const struct rx_lab *b, size_t k)
{
	return *wire_of(a, i) && !strcmp(wire_of(a, i), wire_of(b, k)) &&
	       a->networks[i].vlan == b->networks[k].vlan;
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

/* ---- what the lab had when it was made ---- */

/* The network of that name in the record, on the same wire and as large; NULL. */
static const struct rx_network *find_recorded(const struct rx_lab *lab, size_t i,
					      const struct rx_lab *record)
{
	const struct rx_network *network = &lab->networks[i];

	for (size_t k = 0; network->subnet_open && k < record->n_networks; k++)
		if (!strcmp(record->networks[k].name, network->name) &&
		    record->networks[k].subnet.family &&
		    record->networks[k].subnet.prefix == network->subnet.prefix &&
		    !strcmp(wire_of(lab, i), wire_of(record, k)) &&
		    record->networks[k].vlan == network->vlan)
			return &record->networks[k];
	return NULL;
}

/* Whether it would overlap a network that has none of the record's. */
static bool is_in_the_way(const struct rx_lab *lab, const struct rx_network *const *recorded,
			  size_t i)
{
	for (size_t k = 0; k < lab->n_networks; k++)
		if (!recorded[k] && rx_cidr_overlap(&recorded[i]->subnet, &lab->networks[k].subnet))
			return true;
	return false;
}

/* The record wins: a network that keeps its subnet is open no more. */
static void keep_recorded(struct rx_lab *lab, const struct rx_lab *record)
{
	rx_autofree const struct rx_network **recorded =
		rx_alloc(lab->n_networks, sizeof(const struct rx_network *));
	bool dropped = true;

	for (size_t i = 0; i < lab->n_networks; i++)
		recorded[i] = find_recorded(lab, i, record);
	while (dropped) {
		dropped = false;
		for (size_t i = 0; i < lab->n_networks; i++)
			if (recorded[i] && is_in_the_way(lab, recorded, i)) {
				recorded[i] = NULL;
				dropped = true;
			}
	}
	for (size_t i = 0; i < lab->n_networks; i++)
		if (recorded[i]) {
			rx_lab_move_subnet(lab, i, &recorded[i]->subnet);
			lab->networks[i].subnet_open = false;
		}
}

static bool has_open(const struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_networks; i++)
		if (lab->networks[i].subnet_open)
			return true;
	return false;
}

void rx_lab_settle_subnets(struct rx_lab *lab)
{
	struct rx_lab record = {.name = ""};
	struct rx_err ignored;

	if (has_open(lab) && !rx_lab_stored(lab->name, &record, &ignored))
		keep_recorded(lab, &record);
	rx_lab_free(&record);
	for (size_t i = 0; i < lab->n_networks; i++)
		if (lab->networks[i].subnet_open)
			avoid_taken(lab, i);
}

/* ---- addresses that somebody asked for ---- */

struct conflict {
	const struct rx_lab *lab;
	struct rx_lab record;   /* as it was made; without networks where it was not */
	struct rx_err *err;     /* an address that it did not have */
	struct rx_err recorded; /* the first that it had already */
};

static bool same_address(const struct rx_iface *a, const struct rx_iface *b)
{
	return (a->ipv4.family && rx_cidr_same_address(&a->ipv4, &b->ipv4)) ||
	       (a->ipv6.family && rx_cidr_same_address(&a->ipv6, &b->ipv6));
}

/* The first of lab that has an address of iface, which is of a, on the same wire; NULL. */
static const struct rx_iface *holder(const struct rx_lab *a, const struct rx_iface *iface,
				     const struct rx_lab *lab, const struct rx_node **node)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t k = 0; k < lab->nodes[i].n_ifaces; k++) {
			const struct rx_iface *there = &lab->nodes[i].ifaces[k];

			*node = &lab->nodes[i];
			if (same_address(iface, there) &&
			    same_wire(a, iface->network, lab, there->network))
				return there;
		}
	return NULL;
}

/* Returns whether to go on: the first that is refused ends it. */
static bool differs(struct conflict *conflict, const struct rx_node *node,
		    const struct rx_iface *iface, const struct rx_lab *other)
{
	const struct rx_node *taken_by, *ignored;
	const struct rx_iface *there = holder(conflict->lab, iface, other, &taken_by);
	bool recorded = there && holder(conflict->lab, iface, &conflict->record, &ignored);
	struct rx_err *err = recorded ? &conflict->recorded : conflict->err;
	char text[64];

	if (!there || err->code)
		return true;
	rx_fail(err, "address-conflict", EADDRINUSE,
		"%s/%s: its address %s is that of %s/%s (MAC %02x:%02x:%02x:%02x:%02x:%02x) on the "
		"same wire; give one of the labs another subnet",
		conflict->lab->name, node->name,
		rx_cidr_text(iface->ipv4.family ? &iface->ipv4 : &iface->ipv6, false, text,
			     sizeof(text)),
		other->name, taken_by->name, there->mac[0], there->mac[1], there->mac[2],
		there->mac[3], there->mac[4], there->mac[5]);
	return recorded;
}

static bool compare(const struct rx_lab *other, void *arg)
{
	struct conflict *conflict = arg;
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
	struct rx_err ignored;

	rx_lab_stored(lab->name, &conflict.record, &ignored);
	*err = (struct rx_err){0};
	each_other(lab, compare, &conflict);
	if (!err->code && conflict.recorded.code)
		rx_warn("%s", conflict.recorded.text);
	rx_lab_free(&conflict.record);
	return -err->code;
}
