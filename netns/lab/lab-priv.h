/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share and nobody else needs. */
#ifndef RXELAB_NETNS_LAB_LAB_PRIV_H
#define RXELAB_NETNS_LAB_LAB_PRIV_H

#include <sys/socket.h>

#include "netns/lab/lab.h"

struct rx_yaml;

/* ---- mistake.c: all mistakes of a lab, in the order of the file ---- */

struct rx_mistake;
struct rx_key;
struct rx_mistakes {
	const char *source;      /* file name; "" when the lab came from options */
	char subject[96];        /* "" or what is being judged: endpoint "b" */
	struct rx_mistake *list; /* owned */
	size_t n, hidden;        /* hidden: too many to keep */
	/* the keys of the lab itself, which in another map are not unknown but misplaced */
	const struct rx_key *lab_keys;
};

/* Note one mistake of the kind id (struct rx_err). The line reads FILE:LINE:COLUMN: SUBJECT: KEY
 * SENTENCE, or for an option --KEY: SENTENCE. key may be NULL. Returns false, for use as "return
 * rx_mistake(...)". */
bool rx_mistake(struct rx_mistakes *m, struct rx_pos pos, const char *key, const char *id,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Of the value of a key, struct rx_word. */
#define rx_bad_word(m, word, ...) rx_mistake(m, (word)->pos, (word)->key, __VA_ARGS__)
/* What the next mistakes are about; NULL: the lab itself. */
void rx_mistake_subject(struct rx_mistakes *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* 0, or every mistake in err->text, a line each (RX_SEVERAL). Frees what m holds. */
int rx_mistakes_report(struct rx_mistakes *m, struct rx_err *err);

/* ---- words.c: one word of the file or of an option -> one member ---- */

struct rx_word {
	const char *text;
	const char *key; /* as the lab file spells it */
	struct rx_pos pos;
	const struct rx_key *row; /* of the key, where a table's walk made the word */
};

struct rx_given { /* whether and where a key stood */
	struct rx_pos pos;
	bool is;
};

bool rx_word_uint(struct rx_mistakes *m, const struct rx_word *word, unsigned min, unsigned max,
		  unsigned *to);
bool rx_word_bool(struct rx_mistakes *m, const struct rx_word *word, bool *to);
/* names ends with NULL; *to gets the index. */
bool rx_word_choice(struct rx_mistakes *m, const struct rx_word *word, const char *const names[],
		    int *to);
/* A name of ours: letters, digits, "_" and "-", the first a letter or digit; to has room for max +
 * 1. */
bool rx_word_name(struct rx_mistakes *m, const struct rx_word *word, size_t max, char *to);
/* A name that the kernel takes for a netdev (dev_valid_name, net/core/dev.c); to has room for
 * IFNAMSIZ. */
bool rx_word_netdev(struct rx_mistakes *m, const struct rx_word *word, char *to);
bool rx_word_subnet(struct rx_mistakes *m, const struct rx_word *word, int family,
		    struct rx_cidr *to);
/* An address, prefix optional (to->prefix 0 without). */
bool rx_word_address(struct rx_mistakes *m, const struct rx_word *word, int family,
		     struct rx_cidr *to);
bool rx_word_mac(struct rx_mistakes *m, const struct rx_word *word, uint8_t to[6]);
/* "flat", "ring", "dumbbell", "leaf-spine:L,S" */
bool rx_word_topology(struct rx_mistakes *m, const struct rx_word *word, struct rx_lab *lab);

/* "I/N": host and hosts of the lab */
bool rx_word_host(struct rx_mistakes *m, const struct rx_word *word, struct rx_lab *lab);

/* `subnet: none`: the network has no IPv4 (family 0 alone means: choose for me). */
#define RX_SUBNET_NONE 255U
/* A subnet was given but is a mistake: do not complain about what follows from it. */
#define RX_SUBNET_BROKEN 254U
static inline bool rx_subnet_is_none(const struct rx_cidr *cidr)
{
	return !cidr->family && cidr->prefix == RX_SUBNET_NONE;
}

const char *rx_topology_name(enum rx_topology topology);

/* A word of the file with the quotes that it needs (names.c). Returns buf. */
const char *rx_quoted(const char *text, char *buf, size_t size);

/* Subnet and address as text, for the arguments of a sentence. */
#define rx_subnet_text(cidr) rx_cidr_text((cidr), true, (char[64]){""}, 64)
#define rx_address_text(cidr) rx_cidr_text((cidr), false, (char[64]){""}, 64)

/* ---- keys.c: the keys that file and options have in common ---- */

struct rx_network_draft {
	struct rx_network network;
	struct rx_given link, vlan, bridge, subnet, subnet6, impair;
};

struct rx_draft {
	/* the keys of the lab's only network, or of all that a topology makes */
	struct rx_network_draft flat;
	struct rx_lab *lab;
	struct rx_given name, parent, topology, mtu, count, raise;
	const struct rx_yaml *root, *networks, *endpoints, *routers;
	struct rx_pos pos; /* of the lab itself */
};

enum rx_member_type { RX_MEMBER_UINT, RX_MEMBER_BOOL, RX_MEMBER_CHOICE };

/* A key and what takes its value, a word or anything; obj + offset is handed to it. With neither of
 * the two the value is kept there as it is, for later. */
struct rx_key {
	const char *name;
	size_t offset;
	bool (*word)(struct rx_mistakes *m, const struct rx_word *word, void *obj);
	bool (*node)(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
		     void *obj);
	size_t given; /* obj + given: struct rx_given, filled when the key is there; 0: none */
	/* for the man page and the schema (describe.c): how the value is named; what the key means,
	 * as help has it; what they say besides, as sentences; the definition of the schema, where
	 * neither min and max nor type and names tell it (NULL: called like the key) */
	const char *value, *help, *more, *form;
	unsigned min, max;        /* of a whole number */
	const char *const *names; /* of a choice, ends with NULL */
	/* the rest is for the keys of a lab and a network alone */
	bool option_only; /* no key of the file, not at that place */
	/* of a member of struct rx_lab or rx_network that is set as is, and written unless it is 0,
	 * false or the first choice */
	enum rx_member_type type;
	bool of_network;
	size_t member;
	/* The value as the lab file has it; buf stays empty if nothing is to be written. */
	void (*text)(const struct rx_lab *lab, char *buf, size_t size);
	void (*network_text)(const struct rx_network *network, char *buf, size_t size);
};

#define RX_NAME_RULE "Up to 20 letters, digits, \"-\" and \"_\", a letter or digit first. Required."
/* A row of a table; the rest are members of struct rx_key. */
#define RX_KEY(key, value_, help_, ...) \
	{.name = #key, .value = value_, .help = help_, __VA_ARGS__}

extern const struct rx_key rx_draft_keys[];   /* obj: struct rx_draft; both end with a NULL name */
extern const struct rx_key rx_network_keys[]; /* obj: struct rx_network_draft */
/* the other maps of the file, for describe.c */
extern const struct rx_key rx_impair_keys[], rx_count_keys[], rx_endpoint_keys[], rx_port_keys[],
	rx_router_keys[], rx_container_keys[];
/* The value of a lab's key, or of its network's (network NULL: leave these out); "" if it is not to
 * be written. Returns buf. */
const char *rx_key_text(const struct rx_key *key, const struct rx_lab *lab,
			const struct rx_network *network, char *buf, size_t size);
/* Whether a key is not there at all; one that is there with a bad value has been complained
 * about. */
bool rx_draft_lacks(const struct rx_draft *draft, const struct rx_given *given, const char *key);
bool rx_draft_count(struct rx_mistakes *m, const struct rx_word *word, void *draft);
/* The map of an impairment; impair: struct rx_impair. */
bool rx_impair_node(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
		    void *impair);

/* ---- judge.c: what of a lab as given excludes what ---- */
void rx_network_judge(struct rx_mistakes *m, struct rx_network_draft *network,
		      const struct rx_draft *draft);
/* Once all keys and networks are read. Makes the only network of a lab without `networks`. */
void rx_draft_judge(struct rx_mistakes *m, struct rx_draft *draft);

/* ---- yaml.c: a YAML text as a tree with the place of each token; walk.c: its maps against
 * tables of keys ---- */

enum rx_yaml_type { RX_YAML_WORD, RX_YAML_LIST, RX_YAML_MAP };

struct rx_yaml {
	enum rx_yaml_type type;
	char *text;            /* of a word; owned by the tree */
	bool null;             /* a word that is empty, ~ or null, without quotes */
	struct rx_yaml *child; /* list: items; map: key, value, key, value... */
	struct rx_yaml *next;  /* beside it */
	struct rx_yaml *made;  /* made before it, for freeing */
	struct rx_pos pos;
};

/* Returns the root, or NULL with a mistake noted. *all is for rx_yaml_free. */
struct rx_yaml *rx_yaml_read(struct rx_mistakes *m, const char *text, size_t length,
			     struct rx_yaml **all);
void rx_yaml_free(struct rx_yaml *all);
/* Walk a map by a table of keys: unknown, doubled and empty keys are mistakes. */
bool rx_yaml_walk(struct rx_mistakes *m, const struct rx_yaml *map, const char *what,
		  const struct rx_key *keys, void *obj);
/* Hand a word to its key. */
bool rx_key_set(struct rx_mistakes *m, const struct rx_key *key, const char *text,
		struct rx_pos pos, void *obj);
/* The value of a key, NULL if absent. */
const struct rx_yaml *rx_yaml_find(const struct rx_yaml *map, const char *key);
size_t rx_yaml_count(const struct rx_yaml *list);
/* Note that it is something else than wanted, "must be a list". Returns false. */
bool rx_bad_type(struct rx_mistakes *m, const struct rx_yaml *yaml, const char *key,
		 const char *wanted);

/* ---- nodes.c: the sections of the file that make nodes; networks must be there ---- */
void rx_parse_endpoints(struct rx_mistakes *m, struct rx_draft *draft);
void rx_parse_routers(struct rx_mistakes *m, struct rx_draft *draft);
/* The index of a network by name, or lab->n_networks. */
size_t rx_lab_network(const struct rx_lab *lab, const char *name);

/* ---- check.c: what is wrong between the parts of a lab, completed or not ---- */
void rx_lab_check(struct rx_mistakes *m, const struct rx_lab *lab);

/* ---- topology.c ---- */
/* Whether count endpoints fit the topology, and its networks into the subnets and VLANs given; of
 * a lab with a count and one network. */
void rx_topology_check(struct rx_mistakes *m, const struct rx_lab *lab);
/* Replace the only network by those of the topology and make the nodes. */
void rx_topology_expand(struct rx_lab *lab);

/* ---- host.c ---- */
/* Number the nodes; of a completed lab on several hosts keep this host's, the others become
 * remote. */
int rx_lab_share(struct rx_lab *lab, struct rx_err *err);

/* ---- lab.c ---- */
#define RX_MAX_NETWORKS 2048 /* a leaf-spine of 128 leaves needs that many; VLANs end at 4094 */
#define RX_MAX_ROUTER_PORTS 4096

/* The interfaces on each network; a lab by `count` that is not yet expanded has them on its first.
 * Caller frees. */
size_t *rx_lab_load(const struct rx_lab *lab);
/* The IPv4 subnet that each network has, or gets when completed; family 0: none. Caller frees. */
struct rx_cidr *rx_lab_subnets(const struct rx_lab *lab);
static inline const struct rx_cidr *rx_iface_address(const struct rx_iface *iface, int family)
{
	return family == AF_INET6 ? &iface->ipv6 : &iface->ipv4;
}
/* No `networks`: the only one has no name. */
static inline bool rx_lab_is_flat(const struct rx_lab *lab)
{
	return lab->n_networks == 1 && !*lab->networks->name;
}
/* The part of the private addresses that subnets are taken from which nobody gave. */
#define RX_DEFAULT_BASE rx_cidr_ipv4((10U << 24) | (77U << 16), 16)

#endif
