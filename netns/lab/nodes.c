/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections `endpoints` and `routers` of the lab file. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/nearest.h"
#include "netns/lab/lab-priv.h"

/* One netdev as given: of the keys of a port, or those of an endpoint with one network. */
struct port {
	struct rx_iface iface;
	struct rx_given address; /* where its first ipv4, ipv6 or mac stood */
	const char *address_key;
};

struct node_draft {
	struct rx_node node;
	struct port port;
	const struct rx_yaml *network, *networks;
	struct rx_given name;
};

static void note_address(struct port *port, const struct rx_word *word)
{
	if (port->address.is)
		return;
	port->address = (struct rx_given){word->pos, true};
	port->address_key = word->key;
}

static bool set_address(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct port *port = obj;
	bool six = !strcmp(word->key, "ipv6");
	struct rx_cidr *to = six ? &port->iface.ipv6 : &port->iface.ipv4;

	note_address(port, word);
	if (rx_word_address(m, word, six ? AF_INET6 : AF_INET, to))
		return true;
	*to = (struct rx_cidr){0};
	return false;
}

static bool set_mac(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct port *port = obj;

	note_address(port, word);
	port->iface.pos = word->pos;
	port->iface.mac_given = rx_word_mac(m, word, port->iface.mac);
	return port->iface.mac_given;
}

#define PORT_KEYS(base) \
	RX_KEY(ipv4, "ADDRESS", "IPv4 address; the prefix length, if given, is the subnet's", \
	       .offset = base, .word = set_address), \
	RX_KEY(ipv6, "ADDRESS", "IPv6 address; the prefix length, if given, is the subnet's", \
	       .offset = base, .word = set_address), \
	RX_KEY(mac, "MAC", "a unicast address (default from the names of lab, node and network)", \
	       .offset = base, .word = set_mac)
#define NODE(type, member, call) .offset = offsetof(type, member), .node = (call)
#define IMPAIR(type, member, help) RX_KEY(impair, "{...}", help, NODE(type, member, rx_impair_node))

const struct rx_key rx_port_keys[] = {
	PORT_KEYS(0),
	IMPAIR(struct port, iface.impair, "impairment of this port alone"),
	{NULL},
};

static bool set_node_name(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	struct node_draft *draft = obj;

	draft->name = (struct rx_given){word->pos, true};
	draft->node.pos = word->pos;
	return rx_word_name(m, word, RX_NODE_NAME_MAX, draft->node.name);
}

static bool set_container_id(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	enum rx_container_kind kind = RX_CONTAINER_LXC;
	struct rx_container *container = obj;
	size_t length = strlen(word->text);
	unsigned pid;

	while (strcmp(rx_container_kind_name(kind), word->key))
		kind++;
	if (container->kind)
		return rx_bad_word(m, word, "given-twice",
				   "does not go with %s: a container is named once",
				   rx_container_kind_name(container->kind));
	container->kind = kind;
	if (container->kind == RX_CONTAINER_PID &&
	    !rx_word_uint(m, word, word->row->min, word->row->max, &pid))
		return false;
	if (container->kind == RX_CONTAINER_NETNS && *word->text != '/')
		return rx_bad_word(m, word, "container-name",
				   "\"%.60s\" is not an absolute path such as /run/netns/NAME",
				   word->text);
	if (!length || length >= sizeof(container->id))
		return rx_bad_word(m, word, "container-name",
				   "has %zu characters, 1..%zu are allowed", length,
				   sizeof(container->id) - 1);
	if (container->kind != RX_CONTAINER_NETNS && strpbrk(word->text, "/ \t\n"))
		return rx_bad_word(m, word, "container-name",
				   "\"%.60s\" is not a valid container name", word->text);
	memcpy(container->id, word->text, length + 1);
	return true;
}

static bool set_container_netdev(struct rx_mistakes *m, const struct rx_word *word, void *obj)
{
	return rx_word_netdev(m, word, ((struct rx_container *)obj)->netdev);
}

#define CONTAINER(kind, value, help, ...) \
	RX_KEY(kind, value, help, .word = set_container_id, __VA_ARGS__)
const struct rx_key rx_container_keys[] = {
	CONTAINER(lxc, "NAME", "an LXC container, by name or number", .form = "container_id"),
	CONTAINER(podman, "ID", "a Podman container, by name or id", .form = "container_id"),
	CONTAINER(docker, "ID", "a Docker container, by name or id", .form = "container_id"),
	/* PID_MAX_LIMIT, include/linux/threads.h; PID 1 is the host's own */
	CONTAINER(pid, "P", "the container of this process", .min = 2, .max = 4194304),
	CONTAINER(netns, "PATH", "a network namespace, by its file", .form = "path"),
	RX_KEY(netdev, "NAME", "what the netdev is called in there (default rdma0)",
	       .word = set_container_netdev),
	{NULL},
};

static bool set_container(struct rx_mistakes *m, const struct rx_yaml *value, const char *key,
			  void *obj)
{
	struct rx_container *container = obj;
	bool good = rx_yaml_walk(m, value, key, rx_container_keys, container);

	container->pos = value->pos;
	if (good && !container->kind)
		return rx_mistake(m, value->pos, key, "value-missing",
				  "is empty: name one, such as {lxc: 101}");
	return good;
}

#define NAME(of) \
	RX_KEY(name, "NAME", \
	       "name of the " of ", unlike any other of the lab's nodes and networks", \
	       .more = RX_NAME_RULE, .form = "node_name", .word = set_node_name)
#define NETWORKS(help) \
	RX_KEY(networks, "[NAME, ...], or {NAME: {...}, ...}", help, .form = "ports", \
	       .more = "A list of names, or a map of names and the keys of each port.", \
	       NODE(struct node_draft, networks, NULL))
#define NODE_IMPAIR(help) IMPAIR(struct node_draft, node.impair, help)

const struct rx_key rx_endpoint_keys[] = {
	NAME("endpoint"),
	RX_KEY(network, "NAME", "the network it is on (default the only one)",
	       .form = "network_name", NODE(struct node_draft, network, NULL)),
	NETWORKS("the networks it is on, with a netdev, an RXE device and a GID on each"),
	PORT_KEYS(offsetof(struct node_draft, port)),
	RX_KEY(container, "{...}", "the existing container whose network namespace it lives in",
	       NODE(struct node_draft, node.container, set_container)),
	NODE_IMPAIR("impairment of all its netdevs"),
	{NULL},
};

const struct rx_key rx_router_keys[] = {
	NAME("router"),
	NETWORKS("the networks between which it forwards, at least two"),
	NODE_IMPAIR("impairment of all its ports"),
	{NULL},
};

static void add_iface(struct rx_mistakes *m, struct rx_node *node, const struct rx_iface *iface)
{
	for (size_t i = 0; i < node->n_ifaces; i++) {
		if (node->ifaces[i].network == iface->network) {
			rx_mistake(m, iface->pos, NULL, "given-twice",
				   "the same network is named twice");
			return;
		}
	}
	*(struct rx_iface *)rx_array_add(&node->ifaces, &node->n_ifaces, sizeof(*iface)) = *iface;
}

/* word names a network of the lab; value, if any, is a map of the port's keys. */
static void join(struct rx_mistakes *m, const struct rx_lab *lab, struct rx_node *node,
		 const struct rx_yaml *word, const struct rx_yaml *value,
		 const struct rx_iface *template)
{
	struct port port = {.iface = *template};

	if (word->type != RX_YAML_WORD) {
		rx_bad_type(m, word, NULL, "the name of a network must be one word");
		return;
	}
	if (!template->mac_given)
		port.iface.pos = word->pos;
	port.iface.network = rx_lab_network(lab, word->text);
	if (port.iface.network == lab->n_networks || !*word->text) {
		rx_autofree const char **names = rx_alloc(lab->n_networks + 1, sizeof(*names));
		char near[64];

		for (size_t i = 0; i < lab->n_networks; i++)
			names[i] = lab->networks[i].name;
		rx_mistake(m, word->pos, NULL, "network-unknown", "there is no network \"%.40s\"%s",
			   word->text, rx_did_you_mean(word->text, names, near, sizeof(near)));
		return;
	}
	if (value && !value->null)
		rx_yaml_walk(m, value, word->text, rx_port_keys, &port);
	add_iface(m, node, &port.iface);
}

/* A list of names, or a map of names and the keys of each port. */
static void join_several(struct rx_mistakes *m, const struct rx_lab *lab, struct node_draft *draft)
{
	static const struct rx_iface plain;
	const struct rx_yaml *networks = draft->networks, *at;

	if (draft->port.address.is)
		rx_mistake(m, draft->port.address.pos, draft->port.address_key, "network-unsaid",
			   "does not say on which network: write networks: {NAME: {%s: ...}}",
			   draft->port.address_key);
	if (networks->type == RX_YAML_WORD)
		rx_mistake(m, networks->pos, "networks", "value-type",
			   "must be a list of names or a map, not a word");
	else if (!networks->child)
		rx_mistake(m, networks->pos, "networks", "value-missing", "is empty");
	for (at = networks->child; at;
	     at = networks->type == RX_YAML_MAP ? at->next->next : at->next)
		join(m, lab, &draft->node, at, networks->type == RX_YAML_MAP ? at->next : NULL,
		     &plain);
}

static void join_networks(struct rx_mistakes *m, const struct rx_lab *lab, struct node_draft *draft)
{
	const struct rx_yaml *named = draft->networks ? draft->networks : draft->network;

	if (rx_lab_is_flat(lab) && named) {
		rx_mistake(m, named->pos, NULL, "network-unknown",
			   "names a network, but the lab has no \"networks\"");
	} else if (draft->network && draft->networks) {
		rx_mistake(m, draft->network->pos, "network", "key-combination",
			   "does not go with networks: give one of the two");
	} else if (draft->node.router &&
		   (!draft->networks || rx_yaml_count(draft->networks) == 1)) {
		rx_mistake(m, draft->networks ? draft->networks->pos : draft->node.pos, "networks",
			   "router-networks",
			   draft->networks ? "holds one network: a router joins at least two"
					   : "is missing: a router joins at least two");
	} else if (draft->networks) {
		join_several(m, lab, draft);
	} else if (draft->network) {
		join(m, lab, &draft->node, draft->network, NULL, &draft->port.iface);
	} else if (lab->n_networks == 1) {
		if (!draft->port.iface.mac_given)
			draft->port.iface.pos = draft->node.pos;
		add_iface(m, &draft->node, &draft->port.iface);
	} else if (lab->n_networks) {
		rx_mistake(m, draft->node.pos, "network", "network-unsaid",
			   "is missing: the lab has %zu networks", lab->n_networks);
	}
}

static void parse_node(struct rx_mistakes *m, const struct rx_yaml *item, size_t number,
		       bool router, struct rx_draft *lab_draft)
{
	const struct rx_yaml *name = item->type == RX_YAML_MAP ? rx_yaml_find(item, "name") : item;
	const char *kind = router ? "router" : "endpoint";
	struct node_draft draft = {.node = {.router = router, .pos = item->pos}};
	struct rx_word word = {item->text, "name", item->pos};
	struct rx_lab *lab = lab_draft->lab;

	if (item->type == RX_YAML_MAP && name && name->type == RX_YAML_WORD && *name->text)
		rx_mistake_subject(m, "%s \"%.40s\"", kind, name->text);
	else
		rx_mistake_subject(m, "%s %zu", kind, number);
	if (item->type == RX_YAML_WORD && !item->null && !router)
		set_node_name(m, &word, &draft);
	else
		rx_yaml_walk(m, item, NULL, router ? rx_router_keys : rx_endpoint_keys, &draft);
	if (item->type == RX_YAML_MAP && !name)
		rx_mistake(m, item->pos, "name", "key-missing", "is missing");
	if (item->type == RX_YAML_MAP || draft.name.is)
		join_networks(m, lab, &draft);
	*(struct rx_node *)rx_array_add(&lab->nodes, &lab->n_nodes,
					sizeof(draft.node)) = draft.node;
	lab->n_endpoints += !router;
}

/* Reads on only while the lab is of a size that RXE can have: the rest would only cost time. */
static void parse_nodes(struct rx_mistakes *m, const struct rx_yaml *list, bool router, size_t max,
			struct rx_draft *draft)
{
	size_t number = 0, ports = 0;

	for (const struct rx_yaml *at = list->child; at && ports <= max && number <= max;
	     at = at->next) {
		parse_node(m, at, ++number, router, draft);
		ports += draft->lab->nodes[draft->lab->n_nodes - 1].n_ifaces;
	}
	rx_mistake_subject(m, NULL);
	if (router && (ports > max || number > max))
		rx_mistake(m, list->pos, "routers", "too-many-ports", "have more than %zu ports",
			   max);
}

const struct rx_key rx_count_keys[] = {
	RX_KEY(count, "N", "number of endpoints, ep1 to epN", .min = 1, .max = RX_MAX_ENDPOINTS,
	       .word = rx_draft_count, .given = offsetof(struct rx_draft, count)),
	{NULL},
};

static void parse_count(struct rx_mistakes *m, struct rx_draft *draft)
{
	const struct rx_lab *lab = draft->lab;

	rx_yaml_walk(m, draft->endpoints, "endpoints", rx_count_keys, draft);
	if (!draft->endpoints->child)
		rx_mistake(m, draft->endpoints->pos, "endpoints", "value-missing",
			   "is empty: write {count: N} or a list");
	if (draft->count.is && lab->n_networks > 1)
		rx_mistake(m, draft->count.pos, "count", "network-unsaid",
			   "does not say on which of the %zu networks: list the endpoints, each "
			   "with its network",
			   lab->n_networks);
}

void rx_parse_endpoints(struct rx_mistakes *m, struct rx_draft *draft)
{
	const struct rx_yaml *endpoints = draft->endpoints;

	if (!endpoints && rx_draft_lacks(draft, &draft->count, "endpoints"))
		rx_mistake(m, draft->pos, "endpoints", "key-missing",
			   "is missing: write {count: N} or a list");
	else if (!endpoints)
		return;
	else if (endpoints->type == RX_YAML_MAP)
		parse_count(m, draft);
	else if (endpoints->type == RX_YAML_WORD)
		rx_mistake(m, endpoints->pos, "endpoints", "value-type",
			   "must be {count: N} or a list, not \"%.40s\"", endpoints->text);
	else if (!endpoints->child)
		rx_mistake(m, endpoints->pos, "endpoints", "value-missing",
			   "is empty: a lab needs at least one");
	else
		parse_nodes(m, endpoints, false, RX_MAX_ENDPOINTS, draft);
}

void rx_parse_routers(struct rx_mistakes *m, struct rx_draft *draft)
{
	if (!draft->routers || !draft->networks)
		return;
	if (draft->routers->type == RX_YAML_LIST)
		parse_nodes(m, draft->routers, true, RX_MAX_ROUTER_PORTS, draft);
	else
		rx_bad_type(m, draft->routers, "routers", "must be a list");
}
