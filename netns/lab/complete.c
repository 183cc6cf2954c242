/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decide everything that the user left open. The same lab gives the same addresses, MACs and names
 * on every run: peers that remember an endpoint's MAC must find it again after a recreate. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

/* ---- names ---- */

/* FNV-1a, 64 bit: offset basis and prime from the authors' specification (RFC 9923 has both). */
static uint64_t fnv1a(const char *text, uint64_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash;
}

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

unsigned rx_lab_hash(const char *name)
{
	uint64_t hash = fnv1a(name, FNV_BASIS);

	return (unsigned)((hash ^ hash >> 16 ^ hash >> 32 ^ hash >> 48) & 0xffff);
}

static void name_iface(const struct rx_lab *lab, const struct rx_node *node, size_t at,
		       size_t ordinal)
{
	struct rx_iface *iface = &node->ifaces[at];

	snprintf(iface->netdev, sizeof(iface->netdev), "rxl%04x-%u", rx_lab_hash(lab->name),
		 (unsigned)ordinal & 0xffff);
	iface->ordinal = (unsigned)ordinal;
	iface->rdma_dev[0] = iface->rxe_netdev[0] = iface->wire_netdev[0] = '\0';
	if (node->router)
		return;
	snprintf(iface->rxe_netdev, IFNAMSIZ, "%.14sa", iface->netdev);
	snprintf(iface->wire_netdev, IFNAMSIZ, "%.14sw", iface->netdev);
	snprintf(iface->rdma_dev, sizeof(iface->rdma_dev), "rxl.%s.%s%s%s", lab->name, node->name,
		 at ? "." : "", at ? lab->networks[iface->network].name : "");
}

void rx_lab_set_container(struct rx_node *node, const struct rx_container *container)
{
	if (container != &node->container)
		node->container = *container;
	for (size_t i = 0; i < node->n_ifaces; i++) {
		char *inside = node->ifaces[i].inside;

		if (!container->kind)
			inside[0] = '\0';
		else if (*container->netdev)
			snprintf(inside, IFNAMSIZ, "%s", container->netdev);
		else
			snprintf(inside, IFNAMSIZ, RX_CONTAINER_NETDEV "%u", (unsigned)i);
	}
}

const char *rx_iface_netdev(const struct rx_iface *iface, const char *netns)
{
	return *netns && *iface->inside ? iface->inside : iface->netdev;
}

static void name_all(struct rx_lab *lab)
{
	size_t ordinal = 0;

	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct rx_node *node = &lab->nodes[i];

		snprintf(node->netns, sizeof(node->netns), "rxl.%s.%s", lab->name, node->name);
		for (size_t j = 0; j < node->n_ifaces; j++)
			name_iface(lab, node, j, ++ordinal);
		rx_lab_set_container(node, &node->container);
	}
}

/* ---- MAC addresses ---- */

static bool mac_taken(const struct rx_lab *lab, const struct rx_iface *mine, bool given)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++) {
			const struct rx_iface *other = &lab->nodes[i].ifaces[j];

			/* of the derived ones only those before mine are decided yet */
			if (other == mine && !given)
				return false;
			if (other != mine && other->mac_given == given &&
			    !memcmp(other->mac, mine->mac, 6))
				return true;
		}
	}
	return false;
}

/* 02 (locally administered, unicast) and 40 bits of the hash of the machine and LAB/NODE/NETWORK;
 * hashed on until it is free. */
static void derive_mac(const struct rx_lab *lab, const struct rx_node *node, struct rx_iface *iface)
{
	uint64_t hash = fnv1a(lab->name, fnv1a(lab->machine, FNV_BASIS));

	hash = fnv1a(node->name, fnv1a("/", hash));
	hash = fnv1a(lab->networks[iface->network].name, fnv1a("/", hash));
	do {
		iface->mac[0] = 0x02;
		for (unsigned i = 1; i < 6; i++)
			iface->mac[i] = (uint8_t)(hash >> (40 - 8 * i));
		hash = fnv1a("+", hash);
	} while (mac_taken(lab, iface, true) || mac_taken(lab, iface, false));
}

static void derive_macs(struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++)
			if (!lab->nodes[i].ifaces[j].mac_given)
				derive_mac(lab, &lab->nodes[i], &lab->nodes[i].ifaces[j]);
}

void rx_lab_machine(const char *id, char machine[RX_MACHINE_SIZE])
{
	snprintf(machine, RX_MACHINE_SIZE, "%016" PRIx64, fnv1a(id, fnv1a("rxelab/", FNV_BASIS)));
}

void rx_lab_set_machine(struct rx_lab *lab, const char *machine)
{
	if (lab->hosts || !strcmp(lab->machine, machine))
		return;
	snprintf(lab->machine, sizeof(lab->machine), "%s", machine);
	derive_macs(lab);
}

/* ---- addresses ---- */

/* Which of the first and last addresses of a subnet are taken, by their distance from its first and
 * last address. */
struct pool {
	struct rx_cidr subnet;
	uint64_t limit;
	bool *low, *high; /* owned; limit elements each */
};

static void pool_take(struct pool *pool, const struct rx_cidr *address)
{
	uint64_t low = rx_cidr_number(&pool->subnet, address),
		 high = rx_cidr_number_from_top(&pool->subnet, address);

	if (low < pool->limit)
		pool->low[low] = true;
	if (high < pool->limit)
		pool->high[high] = true;
}

/* The first free number from start on, else from 1. The check has made sure that there is one. */
static uint64_t first_free(const bool *taken, uint64_t limit, uint64_t room, uint64_t start)
{
	uint64_t at;

	for (at = start; at < limit && at <= room; at++)
		if (!taken[at])
			return at;
	for (at = 1; at < start && taken[at]; at++)
		;
	return at;
}

static void assign(struct pool *pool, struct rx_iface *iface, bool router, uint64_t *number)
{
	struct rx_cidr *address = (void *)rx_iface_address(iface, pool->subnet.family);
	uint64_t room = rx_cidr_room(&pool->subnet), at;

	++*number;
	if (!address->family) {
		at = first_free(router ? pool->high : pool->low, pool->limit, room,
				router ? 1 : *number);
		*address = router ? rx_cidr_host_from_top(&pool->subnet, at)
				  : rx_cidr_host(&pool->subnet, at);
		address->pos = iface->pos;
		pool_take(pool, address);
	}
	address->prefix = pool->subnet.prefix;
}

/* Addresses given by hand first, then endpoint i gets number i, then routers count down from the
 * top. */
static void assign_network(struct rx_lab *lab, size_t network, struct pool *pool)
{
	uint64_t number = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < lab->n_nodes; i++) {
			struct rx_node *node = &lab->nodes[i];

			for (size_t j = 0; j < node->n_ifaces; j++) {
				struct rx_iface *iface = &node->ifaces[j];

				if (iface->network != network)
					continue;
				if (pass)
					assign(pool, iface, node->router, &number);
				else if (rx_iface_address(iface, pool->subnet.family)->family)
					pool_take(pool,
						  rx_iface_address(iface, pool->subnet.family));
			}
		}
	}
}

static void assign_subnet(struct rx_lab *lab, size_t network, const struct rx_cidr *subnet,
			  size_t load)
{
	struct pool pool = {.subnet = *subnet, .limit = 2 * load + 2};
	rx_autofree bool *taken = rx_alloc(pool.limit, 2 * sizeof(*taken));

	pool.low = taken;
	pool.high = taken + pool.limit;
	if (subnet->family)
		assign_network(lab, network, &pool);
}

static bool is_open(const struct rx_lab *lab, size_t network)
{
	const struct rx_cidr *subnet = &lab->networks[network].subnet;

	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++)
			if (lab->nodes[i].ifaces[j].network == network &&
			    lab->nodes[i].ifaces[j].ipv4.family)
				return false;
	/* the hosts of a lab do not know what the others have */
	return !subnet->family && !subnet->prefix && !lab->hosts;
}

static void assign_all(struct rx_lab *lab)
{
	rx_autofree struct rx_cidr *subnets = rx_lab_subnets(lab);
	rx_autofree size_t *load = rx_lab_load(lab);

	for (size_t i = 0; i < lab->n_networks; i++) {
		lab->networks[i].subnet_open = is_open(lab, i);
		lab->networks[i].subnet = subnets[i];
		assign_subnet(lab, i, &subnets[i], load[i]);
		assign_subnet(lab, i, &lab->networks[i].subnet6, load[i]);
	}
}

/* ---- nodes ---- */

/* ep1..epN on the only network of a flat lab. */
static void expand_count(struct rx_lab *lab)
{
	for (size_t i = 0; i < lab->count; i++) {
		struct rx_node *node = rx_array_add(&lab->nodes, &lab->n_nodes, sizeof(*node));

		lab->n_endpoints++;
		snprintf(node->name, sizeof(node->name), "ep%u", (unsigned)i + 1);
		node->pos = lab->name_pos;
		rx_array_add(&node->ifaces, &node->n_ifaces, sizeof(*node->ifaces));
	}
}

static int check(const struct rx_lab *lab, struct rx_err *err)
{
	struct rx_mistakes m = {.source = lab->source};

	rx_lab_check(&m, lab);
	return rx_mistakes_report(&m, err);
}

int rx_lab_complete(struct rx_lab *lab, struct rx_err *err)
{
	int rc = check(lab, err);

	if (rc)
		return rc;
	if (lab->topology != RX_TOPOLOGY_FLAT)
		rx_topology_expand(lab);
	else if (!lab->n_nodes)
		expand_count(lab);
	assign_all(lab);
	derive_macs(lab);
	name_all(lab);
	/* what was decided is judged like what was given */
	rc = check(lab, err);
	return rc ? rc : rx_lab_share(lab, err);
}
