/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a lab and of a network: the file's walk and the options use the same setters. */
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

static void note(struct rx_given *given, struct rx_pos pos)
{
	given->is = true;
	given->pos = pos;
}

/* ---- an impairment, of anything ---- */

static bool set_impairment(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_err err;

	if (!rx_impair_parse(word->key, word->text, obj, &err))
		return true;
	return rx_mistake(m, word->pos, NULL, "%.250s", err.text);
}

bool rx_impair_node(struct rx_mistakes *m, const struct rx_yaml *value, const char *key, void *obj)
{
	static const struct rx_key keys[] = {
		{"delay", 0, set_impairment},   {"jitter", 0, set_impairment},
		{"loss", 0, set_impairment},    {"duplicate", 0, set_impairment},
		{"reorder", 0, set_impairment}, {"corrupt", 0, set_impairment},
		{"rate", 0, set_impairment},    {NULL},
	};
	struct rx_impair *impair = obj;
	bool good = rx_yaml_walk(m, value, key, keys, impair);

	impair->pos = value->pos;
	/* netem draws jitter around the delay, and sends reordered packets ahead of the delayed
	 * ones */
	if (good && impair->jitter_us && !impair->delay_us)
		return rx_mistake(m, value->pos, key, "has jitter without delay");
	if (good && impair->reorder > 0 && !impair->delay_us)
		return rx_mistake(m, value->pos, key,
				  "has reorder without delay: netem reorders by sending some "
				  "packets without the delay of the others");
	return good;
}

/* ---- a network ---- */

/* Links that exist, but over which RXE does not work: say why instead of "unknown". Each was tried
 * on Linux 7.3. */
static const struct {
	const char *word, *why;
} refused_links[] = {
	{"ipvlan", "all ipvlans have their parent's MAC address, so the RXE devices get identical "
		   "node GUIDs and RXE loops every packet back to its sender"},
	{"private",
	 "a macvlan in private mode hears nothing from the other endpoints on its parent"},
	{"vepa", "macvlans in vepa mode need a switch that sends their packets back, else the "
		 "endpoints on one parent do not hear each other"},
	{"passthru", "a macvlan in passthru mode takes the parent for itself: a second endpoint is "
		     "refused (EINVAL)"},
};

static bool set_link(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	static const char *const names[] = {"macvlan", "veth", NULL};
	struct rx_network_draft *draft = obj;
	int kind;

	note(&draft->link, word->pos);
	for (size_t i = 0; i < RX_ARRAY_SIZE(refused_links); i++)
		if (strstr(word->text, refused_links[i].word))
			return rx_mistake(m, word->pos, word->key,
					  "\"%.40s\" cannot carry a lab: %s; use macvlan (bridge "
					  "mode) or veth",
					  word->text, refused_links[i].why);
	if (!rx_word_choice(m, word, names, &kind))
		return false;
	draft->network.link = (enum rx_link_kind)kind;
	return true;
}

static bool set_vlan(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

	note(&draft->vlan, word->pos);
	return rx_word_uint(m, word, 1, 4094, &draft->network.vlan);
}

static bool set_bridge(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

	note(&draft->bridge, word->pos);
	return rx_word_netdev(m, word, draft->network.bridge);
}

static bool set_subnet(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

	note(&draft->subnet, word->pos);
	if (!strcmp(word->text, "none")) {
		draft->network.subnet = (struct rx_cidr){.prefix = RX_SUBNET_NONE,
							 .pos = word->pos};
		return true;
	}
	if (rx_word_subnet(m, word, AF_INET, &draft->network.subnet))
		return true;
	draft->network.subnet = (struct rx_cidr){.prefix = RX_SUBNET_BROKEN};
	return false;
}

static bool set_subnet6(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

	note(&draft->subnet6, word->pos);
	if (rx_word_subnet(m, word, AF_INET6, &draft->network.subnet6))
		return true;
	draft->network.subnet6 = (struct rx_cidr){.prefix = RX_SUBNET_BROKEN};
	return false;
}

static bool set_impair(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
		       void *obj)
{
	struct rx_network_draft *draft = obj;

	note(&draft->impair, value->pos);
	return rx_impair_node(m, value, key, &draft->network.impair);
}

const struct rx_key rx_network_keys[] = {
	{"link", 0, set_link},
	{"vlan", 0, set_vlan},
	{"bridge", 0, set_bridge},
	{"subnet", 0, set_subnet},
	{"subnet6", 0, set_subnet6},
	{"impair", 0, NULL, set_impair},
	{NULL},
};

/* ---- the lab ---- */

static bool set_name(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	note(&draft->name, word->pos);
	draft->lab->name_pos = word->pos;
	return rx_word_name(m, word, RX_LAB_NAME_MAX, draft->lab->name);
}

static bool set_parent(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	note(&draft->parent, word->pos);
	draft->lab->parent_pos = word->pos;
	if (!strcmp(word->text, "none"))
		return true;
	return rx_word_netdev(m, word, draft->lab->parent);
}

static bool set_mtu(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	draft->lab->mtu_pos = word->pos;
	/* ETH_MIN_MTU and ETH_MAX_MTU, include/uapi/linux/if_ether.h */
	return rx_word_uint(m, word, 68, 65535, &draft->lab->mtu);
}

static bool set_raise(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	note(&draft->raise, word->pos);
	return rx_word_bool(m, word, &draft->lab->raise_parent_mtu);
}

static bool set_expedite(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	return rx_word_bool(m, word, &((struct rx_draft *)obj)->lab->expedite);
}

static bool set_plane(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	static const char *const names[] = {"auto", "netns", "hosted", NULL};
	int plane;

	if (!rx_word_choice(m, word, names, &plane))
		return false;
	((struct rx_draft *)obj)->lab->plane = (enum rx_plane)plane;
	return true;
}

static bool set_control(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	static const char *const names[] = {"netns", "none", NULL};
	int control;

	if (!rx_word_choice(m, word, names, &control))
		return false;
	((struct rx_draft *)obj)->lab->control = (enum rx_control)control;
	return true;
}

static bool set_rdma_netns(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	static const char *const names[] = {"auto", "shared", "exclusive", NULL};
	int mode;

	if (!rx_word_choice(m, word, names, &mode))
		return false;
	((struct rx_draft *)obj)->lab->rdma_mode = (enum rx_rdma_mode)mode;
	return true;
}

static bool set_topology(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	note(&draft->topology, word->pos);
	draft->lab->topology_pos = word->pos;
	return rx_word_topology(m, word, draft->lab);
}

static bool set_host(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	return rx_word_host(m, word, ((struct rx_draft *)obj)->lab);
}

bool rx_draft_count(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;
	unsigned count;

	note(&draft->count, word->pos);
	if (!rx_word_uint(m, word, 1, RX_MAX_ENDPOINTS, &count))
		return false;
	draft->lab->count = count;
	return true;
}

/* The sections wait until all keys are read: endpoints may stand before the networks that they
 * name. */
static bool keep_section(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
			 void *obj)
{
	(void)m;
	(void)key;
	*(const struct rx_yaml **)obj = value;
	return true;
}

#define FLAT offsetof(struct rx_draft, flat)

const struct rx_key rx_draft_keys[] = {
	{"name", 0, set_name},
	{"parent", 0, set_parent},
	{"link", FLAT, set_link},
	{"bridge", FLAT, set_bridge},
	{"vlan", FLAT, set_vlan},
	{"subnet", FLAT, set_subnet},
	{"subnet6", FLAT, set_subnet6},
	{"impair", FLAT, NULL, set_impair},
	{"mtu", 0, set_mtu},
	{"raise_parent_mtu", 0, set_raise},
	{"topology", 0, set_topology},
	{"plane", 0, set_plane},
	{"control", 0, set_control},
	{"rdma_netns", 0, set_rdma_netns},
	{"expedite", 0, set_expedite},
	{"host", 0, set_host},
	{"networks", offsetof(struct rx_draft, networks), NULL, keep_section},
	{"routers", offsetof(struct rx_draft, routers), NULL, keep_section},
	{"endpoints", offsetof(struct rx_draft, endpoints), NULL, keep_section},
	{NULL},
};
