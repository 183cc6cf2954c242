/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a lab as given excludes what, and what is missing. */
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

void rx_network_judge(struct rx_mistakes *m, struct rx_network_draft *network,
		      const struct rx_draft *draft)
{
	const char *bridge = network->network.bridge;

	if (network->vlan.is && !network->bridge.is && draft->parent.is && !*draft->lab->parent)
		rx_mistake(m, network->vlan.pos, "vlan", "key-needs-another",
			   "%u needs a parent that can be tagged: with parent none there is no "
			   "wire",
			   network->network.vlan);
	if (network->subnet.is && rx_subnet_is_none(&network->network.subnet) &&
	    !network->subnet6.is)
		rx_mistake(m, network->subnet.pos, "subnet", "key-needs-another",
			   "none leaves the network without addresses: it needs a subnet6 then");
	if (!network->bridge.is)
		return;
	if (network->vlan.is)
		rx_mistake(m, network->vlan.pos, "vlan", "key-combination",
			   "%u does not go with bridge %s: a VLAN gets a bridge of our own, on the "
			   "parent",
			   network->network.vlan, bridge);
	if (network->link.is && network->network.link == RX_LINK_MACVLAN)
		rx_mistake(m, network->link.pos, "link", "key-combination",
			   "macvlan does not go with bridge %s: use link veth, or give %s as "
			   "parent",
			   bridge, bridge);
	network->network.link = RX_LINK_VETH;
}

/* The keys that each network has for itself once there are several. */
static void judge_flat_keys(struct rx_mistakes *m, const struct rx_network_draft *flat)
{
	const struct {
		const char *key;
		const struct rx_given *given;
	} keys[] = {
		{"link", &flat->link}, {"vlan", &flat->vlan},
		{"bridge", &flat->bridge},
		{"subnet", &flat->subnet}, {"subnet6", &flat->subnet6},
		{"impair", &flat->impair},
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(keys); i++)
		if (keys[i].given->is)
			rx_mistake(m, keys[i].given->pos, keys[i].key, "key-misplaced",
				   "stands beside \"networks\": give it to each network instead");
}

static void judge_topology(struct rx_mistakes *m, const struct rx_draft *draft)
{
	const char *name = rx_topology_name(draft->lab->topology);
	const struct {
		const char *key;
		const struct rx_yaml *section;
	} made[] = {{"networks", draft->networks}, {"routers", draft->routers}};

	for (size_t i = 0; i < RX_ARRAY_SIZE(made); i++)
		if (made[i].section)
			rx_mistake(m, made[i].section->pos, made[i].key, "key-combination",
				   "does not go with topology %s, which makes its %s itself", name,
				   made[i].key);
	if (draft->endpoints && draft->endpoints->type == RX_YAML_LIST)
		rx_mistake(m, draft->endpoints->pos, "endpoints", "key-combination",
			   "must be {count: N} with topology %s, which places the endpoints itself",
			   name);
	if (draft->flat.bridge.is)
		rx_mistake(m, draft->flat.bridge.pos, "bridge", "key-combination",
			   "%s does not go with topology %s, which needs several networks",
			   draft->flat.network.bridge, name);
}

bool rx_draft_lacks(const struct rx_draft *draft, const struct rx_given *given, const char *key)
{
	return !given->is && !(draft->root && rx_yaml_find(draft->root, key));
}

static void judge_parent(struct rx_mistakes *m, const struct rx_draft *draft)
{
	const struct rx_lab *lab = draft->lab;
	bool lacks = rx_draft_lacks(draft, &draft->parent, "parent"), needed = !lab->n_networks;

	for (size_t i = 0; i < lab->n_networks; i++)
		needed |= !*lab->networks[i].bridge;
	if (needed && lacks && !draft->networks)
		rx_mistake(m, draft->pos, "parent", "key-missing",
			   "is missing: the network card that the endpoints share, or none for a "
			   "private bridge");
	else if (needed && lacks && lab->n_networks)
		rx_mistake(m, draft->pos, "parent", "key-missing",
			   "is missing: not every network has a bridge of its own");
	if (!needed && *lab->parent)
		rx_mistake(m, lab->parent_pos, "parent", "key-combination",
			   "%s does not go with bridge: the endpoints join the bridge, so leave "
			   "parent out",
			   lab->parent);
	if (draft->raise.is && lab->raise_parent_mtu && draft->parent.is && !*lab->parent)
		rx_mistake(m, draft->raise.pos, "raise_parent_mtu", "key-needs-another",
			   "needs a parent");
}

void rx_draft_judge(struct rx_mistakes *m, struct rx_draft *draft)
{
	struct rx_network *network;

	draft->lab->name_pos = draft->name.pos;
	draft->lab->parent_pos = draft->parent.pos;
	draft->lab->mtu_pos = draft->mtu.pos;
	draft->lab->topology_pos = draft->topology.pos;
	if (rx_draft_lacks(draft, &draft->name, "name"))
		rx_mistake(m, draft->pos, "name", "key-missing",
			   "is missing: the lab needs one, such as quad");
	if (draft->networks) {
		judge_flat_keys(m, &draft->flat);
	} else {
		rx_network_judge(m, &draft->flat, draft);
		network = rx_array_add(&draft->lab->networks, &draft->lab->n_networks,
				       sizeof(*network));
		*network = draft->flat.network;
		network->pos = draft->pos;
		if (draft->routers && draft->lab->topology == RX_TOPOLOGY_FLAT)
			rx_mistake(m, draft->routers->pos, "routers", "key-needs-another",
				   "need \"networks\" to forward between");
	}
	if (draft->lab->topology != RX_TOPOLOGY_FLAT)
		judge_topology(m, draft);
	judge_parent(m, draft);
}
