/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ready shapes, expanded into ordinary networks, routers and endpoints. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

/* ---- how large ---- */

static size_t leaf_size(const struct rx_lab *lab, size_t leaf)
{
	return lab->count / lab->leaves + (leaf < lab->count % lab->leaves);
}

struct shape {
	size_t networks, ifaces_per_endpoint;
	size_t largest; /* interfaces on the fullest network */
	size_t least;   /* endpoints it takes */
};

static struct shape shape_of(const struct rx_lab *lab)
{
	size_t n = lab->count;

	switch (lab->topology) {
	case RX_TOPOLOGY_RING:
		return (struct shape){
			.networks = n, .ifaces_per_endpoint = 2, .largest = 2, .least = 3};
	case RX_TOPOLOGY_DUMBBELL:
		return (struct shape){.networks = 3,
				      .ifaces_per_endpoint = 1,
				      .largest = (n + 1) / 2 + 1,
				      .least = 2};
	case RX_TOPOLOGY_LEAF_SPINE:
		return (struct shape){.networks = lab->leaves + (size_t)lab->leaves * lab->spines,
				      .ifaces_per_endpoint = 1,
				      .largest = leaf_size(lab, 0) + 1,
				      .least = lab->leaves};
	case RX_TOPOLOGY_FLAT:
		break;
	}
	return (struct shape){.networks = 1, .ifaces_per_endpoint = 1, .largest = n, .least = 1};
}

/* The smallest number of bits that count n things. */
static unsigned bits_for(size_t n)
{
	unsigned bits = 0;

	while ((UINT64_C(1) << bits) < n)
		bits++;
	return bits;
}

/* The prefix of each network's part of base: usual unless the parts must be smaller or larger. 0:
 * no room. */
static unsigned part_prefix(const struct rx_cidr *base, const struct shape *shape, unsigned usual)
{
	unsigned shortest = base->prefix + bits_for(shape->networks);
	unsigned longest = rx_prefix_for(base->family, shape->largest);

	if (shortest > longest)
		return 0;
	return usual < shortest ? shortest : usual > longest ? longest : usual;
}

static struct rx_cidr ipv4_base(const struct rx_lab *lab)
{
	struct rx_cidr subnet = lab->networks[0].subnet;

	/* none and broken have a prefix */
	return subnet.family || subnet.prefix ? subnet : RX_DEFAULT_BASE;
}

static void check_base(struct rx_mistakes *m, const struct rx_lab *lab, const struct shape *shape,
		       const struct rx_cidr *base, const char *key)
{
	if (base->family && !part_prefix(base, shape, 24))
		rx_mistake(m, base->pos, key, "subnet-too-small",
			   "%s cannot be cut into %zu subnets with room for %zu addresses each, "
			   "which topology %s needs",
			   rx_subnet_text(base), shape->networks, shape->largest,
			   rx_topology_name(lab->topology));
}

void rx_topology_check(struct rx_mistakes *m, const struct rx_lab *lab)
{
	struct shape shape = shape_of(lab);
	const struct rx_network *base = &lab->networks[0];
	const char *name = rx_topology_name(lab->topology);
	struct rx_cidr subnet = ipv4_base(lab);

	if (lab->count < shape.least)
		rx_mistake(m, lab->topology_pos, "topology", "endpoints-too-few",
			   "%s needs at least %zu endpoints, and there are %zu", name, shape.least,
			   lab->count);
	if (lab->count * shape.ifaces_per_endpoint > RX_MAX_ENDPOINTS)
		rx_mistake(m, lab->topology_pos, "topology", "too-many-devices",
			   "%s of %zu endpoints needs %zu RXE devices, and the kernel has uverbs "
			   "numbers for %d",
			   name, lab->count, lab->count * shape.ifaces_per_endpoint,
			   RX_MAX_ENDPOINTS);
	if (shape.networks > 1024)
		rx_mistake(m, lab->topology_pos, "topology", "too-many-networks",
			   "%s needs %zu networks, at most 1024 are allowed", name, shape.networks);
	if (base->vlan && base->vlan + shape.networks - 1 > 4094)
		rx_mistake(m, lab->topology_pos, "topology", "too-many-networks",
			   "%s needs %zu VLANs, and from %u on there are %u only", name,
			   shape.networks, base->vlan, 4094 - base->vlan + 1);
	check_base(m, lab, &shape, &subnet, "subnet");
	check_base(m, lab, &shape, &base->subnet6, "subnet6");
}

/* ---- expanding ---- */

struct expansion {
	struct rx_lab *lab;
	struct rx_network base;
	struct shape shape;
	struct rx_cidr subnet;
};

/* Appends a network like the base, with its own part of the subnets and the next VLAN. */
static void __attribute__((format(printf, 2, 3)))
add_network(struct expansion *e, const char *fmt, ...)
{
	size_t index = e->lab->n_networks;
	struct rx_network *network = rx_array_add(&e->lab->networks, &e->lab->n_networks,
						  sizeof(*network));
	va_list ap;

	*network = e->base;
	va_start(ap, fmt);
	vsnprintf(network->name, sizeof(network->name), fmt, ap);
	va_end(ap);
	if (e->base.vlan)
		network->vlan = e->base.vlan + (unsigned)index;
	if (e->subnet.family)
		network->subnet = rx_cidr_part(&e->subnet, part_prefix(&e->subnet, &e->shape, 24),
					       index);
	if (e->base.subnet6.family)
		network->subnet6 = rx_cidr_part(&e->base.subnet6,
						part_prefix(&e->base.subnet6, &e->shape, 64),
						index);
}

static void __attribute__((format(printf, 3, 4)))
add_node(struct expansion *e, bool router, const char *fmt, ...)
{
	struct rx_node *node = rx_array_add(&e->lab->nodes, &e->lab->n_nodes, sizeof(*node));
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(node->name, sizeof(node->name), fmt, ap);
	va_end(ap);
	node->router = router;
	node->pos = e->lab->topology_pos;
	e->lab->n_endpoints += !router;
}

/* Puts the node made last on a network. */
static void join(struct expansion *e, size_t network)
{
	struct rx_node *node = &e->lab->nodes[e->lab->n_nodes - 1];
	struct rx_iface *iface = rx_array_add(&node->ifaces, &node->n_ifaces, sizeof(*iface));

	iface->network = network;
	iface->pos = node->pos;
}

/* ringI joins epI and its right neighbour, so ringI-1 is what epI shares with its left one. */
static void expand_ring(struct expansion *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_network(e, "ring%zu", i + 1);
	for (size_t i = 0; i < n; i++) {
		add_node(e, false, "ep%zu", i + 1);
		join(e, (i + n - 1) % n);
		join(e, i);
	}
}

static void expand_dumbbell(struct expansion *e, size_t n)
{
	static const char *const names[] = {"left", "right", "bottleneck"};

	for (size_t i = 0; i < RX_ARRAY_SIZE(names); i++)
		add_network(e, "%s", names[i]);
	for (size_t i = 0; i < n; i++) {
		add_node(e, false, "ep%zu", i + 1);
		join(e, i >= (n + 1) / 2);
	}
	for (size_t side = 0; side < 2; side++) {
		add_node(e, true, "r%s", names[side]);
		join(e, side);
		join(e, 2);
	}
}

/* The network between a leaf's and a spine's router. */
static size_t pair_network(const struct rx_lab *lab, size_t leaf, size_t spine)
{
	return lab->leaves + leaf * lab->spines + spine;
}

static void add_leaf_endpoints(struct expansion *e)
{
	size_t number = 0;

	for (size_t leaf = 0; leaf < e->lab->leaves; leaf++) {
		for (size_t i = 0; i < leaf_size(e->lab, leaf); i++) {
			add_node(e, false, "ep%zu", ++number);
			join(e, leaf);
		}
	}
}

static void expand_leaf_spine(struct expansion *e)
{
	size_t leaves = e->lab->leaves, spines = e->lab->spines;

	for (size_t leaf = 0; leaf < leaves; leaf++)
		add_network(e, "leaf%zu", leaf + 1);
	for (size_t i = 0; i < leaves * spines; i++)
		add_network(e, "leaf%zu-spine%zu", i / spines + 1, i % spines + 1);
	add_leaf_endpoints(e);
	for (size_t leaf = 0; leaf < leaves; leaf++) {
		add_node(e, true, "rleaf%zu", leaf + 1);
		join(e, leaf);
		for (size_t spine = 0; spine < spines; spine++)
			join(e, pair_network(e->lab, leaf, spine));
	}
	for (size_t spine = 0; spine < spines; spine++) {
		add_node(e, true, "rspine%zu", spine + 1);
		for (size_t leaf = 0; leaf < leaves; leaf++)
			join(e, pair_network(e->lab, leaf, spine));
	}
}

void rx_topology_expand(struct rx_lab *lab)
{
	struct expansion e = {lab, lab->networks[0], shape_of(lab), ipv4_base(lab)};
	size_t n = lab->count;

	/* the base's place in the array is the first network's now */
	lab->n_networks = 0;
	if (lab->topology == RX_TOPOLOGY_RING)
		expand_ring(&e, n);
	else if (lab->topology == RX_TOPOLOGY_DUMBBELL)
		expand_dumbbell(&e, n);
	else
		expand_leaf_spine(&e);
	/* from here on it is a lab like one that was written out */
	lab->topology = RX_TOPOLOGY_FLAT;
	lab->leaves = lab->spines = 0;
	lab->count = 0;
}
