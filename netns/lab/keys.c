/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a lab and of a network, from text and to text: file, options and rx_lab_write use the
 * rows of lab-keys.h. */
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

/* ---- an impairment, of anything ---- */

static bool set_impairment(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_err err;

	if (!rx_impair_parse(word->key, word->text, obj, &err))
		return true;
	return rx_mistake(m, word->pos, NULL, err.id, "%.250s", err.text);
}

#define IMPAIR(key, value, help, form_) \
	RX_KEY(key, value, help, .word = set_impairment, .form = form_)
const struct rx_key rx_impair_keys[] = {
	IMPAIR(delay, "TIME", "how late packets leave: a unit us, ms or s, up to 60s", "time"),
	IMPAIR(jitter, "TIME", "how much the delay varies; needs delay", "time"),
	IMPAIR(loss, "PERCENT", "packets that are lost", "percent"),
	IMPAIR(duplicate, "PERCENT", "packets that leave twice", "percent"),
	IMPAIR(reorder, "PERCENT", "packets that leave before others; needs delay", "percent"),
	IMPAIR(corrupt, "PERCENT", "packets with a wrong bit", "percent"),
	IMPAIR(rate, "RATE", "units as in tc(8), 100mbit; without a unit bits a second", NULL),
	{NULL},
};

bool rx_impair_node(struct rx_mistakes *m, const struct rx_yaml *value, const char *key, void *obj)
{
	struct rx_impair *impair = obj;
	bool good = rx_yaml_walk(m, value, key, rx_impair_keys, impair);

	impair->pos = value->pos;
	/* netem draws jitter around the delay, and sends reordered packets ahead of the delayed
	 * ones */
	if (good && impair->jitter_us && !impair->delay_us)
		return rx_mistake(m, value->pos, key, "impair-needs-delay",
				  "has jitter without delay");
	if (good && impair->reorder > 0 && !impair->delay_us)
		return rx_mistake(m, value->pos, key, "impair-needs-delay",
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
	struct rx_network_draft *draft = obj;
	int kind;

	for (size_t i = 0; i < RX_ARRAY_SIZE(refused_links); i++)
		if (strstr(word->text, refused_links[i].word))
			return rx_bad_word(m, word, "link-unusable",
					   "\"%.40s\" cannot carry a lab: %s; use macvlan (bridge "
					   "mode) or veth",
					   word->text, refused_links[i].why);
	if (!rx_word_choice(m, word, word->row->names, &kind))
		return false;
	draft->network.link = (enum rx_link_kind)kind;
	return true;
}

static bool set_bridge(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

	return rx_word_netdev(m, word, draft->network.bridge);
}

static bool set_subnet(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_network_draft *draft = obj;

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

	if (rx_word_subnet(m, word, AF_INET6, &draft->network.subnet6))
		return true;
	draft->network.subnet6 = (struct rx_cidr){.prefix = RX_SUBNET_BROKEN};
	return false;
}

static bool set_impair(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
		       void *obj)
{
	struct rx_network_draft *draft = obj;

	return rx_impair_node(m, value, key, &draft->network.impair);
}

/* ---- the lab ---- */

static bool set_name(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	return rx_word_name(m, word, RX_LAB_NAME_MAX, draft->lab->name);
}

static bool set_parent(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;

	if (!strcmp(word->text, "none"))
		return true;
	return rx_word_netdev(m, word, draft->lab->parent);
}

static void *member_of(const struct rx_key *key, const void *lab, const void *network)
{
	return (char *)(key->of_network ? network : lab) + key->member;
}

/* A key whose value is a member of the lab or network and means nothing to the keys beside it. */
static bool set_member(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	const struct rx_key *key = word->row;
	struct rx_network_draft *network = obj;
	void *at = key->of_network ? member_of(key, NULL, &network->network)
				   : member_of(key, ((struct rx_draft *)obj)->lab, NULL);

	switch (key->type) {
	case RX_MEMBER_UINT:
		return rx_word_uint(m, word, key->min, key->max, at);
	case RX_MEMBER_BOOL:
		return rx_word_bool(m, word, at);
	case RX_MEMBER_CHOICE:
		return rx_word_choice(m, word, key->names, at);
	}
	return false;
}

static bool set_topology(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	return rx_word_topology(m, word, ((struct rx_draft *)obj)->lab);
}

static bool set_host(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	return rx_word_host(m, word, ((struct rx_draft *)obj)->lab);
}

bool rx_draft_count(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct rx_draft *draft = obj;
	unsigned count;

	if (!rx_word_uint(m, word, word->row->min, word->row->max, &count))
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

/* ---- as text, as the file has it ---- */

static void link_text(const struct rx_network *network, char *buf, size_t size)
{
	snprintf(buf, size, "%s", rx_link_kind_name(network->link));
}

static void bridge_text(const struct rx_network *network, char *buf, size_t size)
{
	if (*network->bridge)
		rx_quoted(network->bridge, buf, size);
}

static void subnet_text(const struct rx_network *network, char *buf, size_t size)
{
	if (rx_subnet_is_none(&network->subnet))
		snprintf(buf, size, "none");
	else
		rx_cidr_text(&network->subnet, true, buf, size);
}

/* "::" means something to YAML in a flow map */
static void subnet6_text(const struct rx_network *network, char *buf, size_t size)
{
	char text[64];

	if (network->subnet6.family)
		rx_quoted(rx_cidr_text(&network->subnet6, true, text, sizeof(text)), buf, size);
}

static void impair_text(const struct rx_network *network, char *buf, size_t size)
{
	char text[256];

	if (rx_impair_any(&network->impair))
		snprintf(buf, size, "{%s}",
			 rx_impair_join(&network->impair, ": ", ", ", text, sizeof(text)));
}

static void name_text(const struct rx_lab *lab, char *buf, size_t size)
{
	rx_quoted(lab->name, buf, size);
}

static void parent_text(const struct rx_lab *lab, char *buf, size_t size)
{
	bool needed = false;

	for (size_t i = 0; i < lab->n_networks; i++)
		needed |= !*lab->networks[i].bridge;
	if (needed)
		rx_quoted(*lab->parent ? lab->parent : "none", buf, size);
}

static void topology_text(const struct rx_lab *lab, char *buf, size_t size)
{
	static const char *const names[] = {"", "ring", "dumbbell"};

	if (lab->topology == RX_TOPOLOGY_LEAF_SPINE)
		snprintf(buf, size, "leaf-spine:%u,%u", lab->leaves, lab->spines);
	else
		snprintf(buf, size, "%s", names[lab->topology]);
}

static void host_text(const struct rx_lab *lab, char *buf, size_t size)
{
	if (lab->hosts)
		snprintf(buf, size, "%u/%u", lab->host, lab->hosts);
}

static void member_text(const struct rx_key *key, const void *at, char *buf, size_t size)
{
	switch (key->type) {
	case RX_MEMBER_UINT:
		if (*(const unsigned *)at)
			snprintf(buf, size, "%u", *(const unsigned *)at);
		break;
	case RX_MEMBER_BOOL:
		if (*(const bool *)at)
			snprintf(buf, size, "true");
		break;
	case RX_MEMBER_CHOICE:
		if (*(const int *)at)
			snprintf(buf, size, "%s", key->names[*(const int *)at]);
		break;
	}
}

const char *rx_key_text(const struct rx_key *key, const struct rx_lab *lab,
			const struct rx_network *network, char *buf, size_t size)
{
	buf[0] = '\0';
	if (key->network_text && network)
		key->network_text(network, buf, size);
	else if (key->text)
		key->text(lab, buf, size);
	else if (key->word == set_member && (network || !key->of_network))
		member_text(key, member_of(key, lab, network), buf, size);
	return buf;
}

/* ---- the tables ---- */

/* A setter of a network's key gets a struct rx_network_draft, or the lab's draft in its place. */
_Static_assert(!offsetof(struct rx_draft, flat), "the draft of a lab begins with its network");

#define GIVEN(what) offsetof(struct rx_draft, what)
#define MEMBER(type_, what) \
	.word = set_member, .type = (type_), .member = offsetof(struct rx_lab, what)
#define UINT(what, min_, max_) MEMBER(RX_MEMBER_UINT, what), .min = (min_), .max = (max_)
#define NETWORK_UINT(what, min_, max_) \
	.word = set_member, .type = RX_MEMBER_UINT, .of_network = true, \
	.member = offsetof(struct rx_network, what), .min = (min_), .max = (max_)
#define BOOL(what) MEMBER(RX_MEMBER_BOOL, what)
#define CHOICE(what, ...) MEMBER(RX_MEMBER_CHOICE, what), NAMES(__VA_ARGS__)
#define NAMES(...) \
	.names = (const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define KEY(key, option, ...) RX_KEY(key, __VA_ARGS__),
#define FLAG(key, option, ...) RX_KEY(key, "true|false", __VA_ARGS__),
#define SECTION(...) RX_KEY(__VA_ARGS__),

const struct rx_key rx_network_keys[] = {
#include "netns/lab/network-keys.h"
	{NULL},
};

const struct rx_key rx_draft_keys[] = {
#include "netns/lab/lab-keys.h"
	{NULL},
};
