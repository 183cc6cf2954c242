/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a lab file. What has its default value is left out, what is derived from the names too
 * (MACs), and every address that is decided is written: the file then gives the same lab wherever
 * it is read. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

/* Words that some YAML reader would take for something else, or that need quotes, get them. */
static bool is_plain(const char *text)
{
	static const char *const special[] = {"null", "true", "false", "yes", "no",
					      "on",   "off",  "y",     "n"};

	if (!isalpha((unsigned char)*text) && *text != '/')
		return false;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._/-+@%", *at))
			return false;
	for (size_t i = 0; i < RX_ARRAY_SIZE(special); i++)
		if (!strcasecmp(text, special[i]))
			return false;
	return true;
}

static void write_word(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

/* Keys and values of one flow map, with the commas between. */
struct flow {
	FILE *out;
	bool begun;
};

static void flow_key(struct flow *flow, const char *key)
{
	fprintf(flow->out, "%s%s: ", flow->begun ? ", " : "{", key);
	flow->begun = true;
}

static void flow_end(struct flow *flow)
{
	fputs(flow->begun ? "}" : "{}", flow->out);
}

static void flow_word(struct flow *flow, const char *key, const char *value)
{
	if (!*value)
		return;
	flow_key(flow, key);
	write_word(flow->out, value);
}

/* An address is quoted: "::" means something to YAML in a flow map. */
static void flow_address(struct flow *flow, const char *key, const struct rx_cidr *cidr,
			 bool subnet)
{
	char text[64];

	if (subnet && rx_subnet_is_none(cidr)) {
		flow_word(flow, key, "none");
	} else if (cidr->family) {
		flow_key(flow, key);
		rx_cidr_text(cidr, subnet, text, sizeof(text));
		fprintf(flow->out, strchr(text, ':') ? "\"%s\"" : "%s", text);
	}
}

static void flow_impair(struct flow *flow, const struct rx_impair *impair)
{
	char text[256];

	if (!rx_impair_any(impair))
		return;
	flow_key(flow, "impair");
	fprintf(flow->out, "{%s}", rx_impair_join(impair, ": ", ", ", text, sizeof(text)));
}

static void flow_port(struct flow *flow, const struct rx_iface *iface)
{
	char text[18];

	flow_address(flow, "ipv4", &iface->ipv4, false);
	flow_address(flow, "ipv6", &iface->ipv6, false);
	if (iface->mac_given) {
		flow_key(flow, "mac");
		fprintf(flow->out, "\"%s\"", rx_mac_text(iface->mac, text));
	}
}

static void write_networks(const struct rx_lab *lab, FILE *out)
{
	fputs("networks:\n", out);
	for (size_t i = 0; i < lab->n_networks; i++) {
		const struct rx_network *network = &lab->networks[i];
		struct flow flow = {out, false};

		fputs("  ", out);
		write_word(out, network->name);
		fputs(": ", out);
		flow_word(&flow, "link", rx_link_kind_name(network->link));
		flow_word(&flow, "bridge", network->bridge);
		if (network->vlan) {
			flow_key(&flow, "vlan");
			fprintf(out, "%u", network->vlan);
		}
		flow_address(&flow, "subnet", &network->subnet, true);
		flow_address(&flow, "subnet6", &network->subnet6, true);
		flow_impair(&flow, &network->impair);
		flow_end(&flow);
		fputc('\n', out);
	}
}

static void write_flat_network(const struct rx_network *network, FILE *out)
{
	char text[256];

	fprintf(out, "link: %s\n", rx_link_kind_name(network->link));
	if (*network->bridge) {
		fputs("bridge: ", out);
		write_word(out, network->bridge);
		fputc('\n', out);
	}
	if (network->vlan)
		fprintf(out, "vlan: %u\n", network->vlan);
	if (rx_subnet_is_none(&network->subnet))
		fputs("subnet: none\n", out);
	else if (network->subnet.family)
		fprintf(out, "subnet: %s\n",
			rx_cidr_text(&network->subnet, true, text, sizeof(text)));
	if (network->subnet6.family)
		fprintf(out, "subnet6: \"%s\"\n",
			rx_cidr_text(&network->subnet6, true, text, sizeof(text)));
	if (rx_impair_any(&network->impair))
		fprintf(out, "impair: {%s}\n",
			rx_impair_join(&network->impair, ": ", ", ", text, sizeof(text)));
}

static void flow_ports(const struct rx_lab *lab, struct flow *flow, const struct rx_node *node)
{
	flow_key(flow, "networks");
	for (size_t i = 0; i < node->n_ifaces; i++) {
		struct flow port = {flow->out, false};

		fputs(i ? ", " : "{", flow->out);
		write_word(flow->out, lab->networks[node->ifaces[i].network].name);
		fputs(": ", flow->out);
		flow_port(&port, &node->ifaces[i]);
		flow_impair(&port, &node->ifaces[i].impair);
		flow_end(&port);
	}
	fputc('}', flow->out);
}

static void write_container(struct flow *flow, const struct rx_container *container)
{
	if (!container->kind)
		return;
	flow_key(flow, "container");
	fprintf(flow->out, "{%s: ", rx_container_kind_name(container->kind));
	if (container->kind == RX_CONTAINER_PID)
		fputs(container->id, flow->out);
	else
		write_word(flow->out, container->id);
	if (*container->netdev) {
		fputs(", netdev: ", flow->out);
		write_word(flow->out, container->netdev);
	}
	fputc('}', flow->out);
}

static void write_node(const struct rx_lab *lab, const struct rx_node *node, FILE *out)
{
	bool flat = lab->n_networks == 1 && !lab->networks[0].name[0];
	/* a port that has an impairment of its own needs the long form to hold it */
	bool several = !flat && (node->router || node->n_ifaces != 1 ||
				 rx_impair_any(&node->ifaces[0].impair));
	struct flow flow = {out, false};

	fputs("  - ", out);
	flow_word(&flow, "name", node->name);
	if (several) {
		flow_ports(lab, &flow, node);
	} else if (node->n_ifaces) {
		flow_word(&flow, "network", lab->networks[node->ifaces[0].network].name);
		flow_port(&flow, &node->ifaces[0]);
	}
	write_container(&flow, &node->container);
	/* in a flat lab an endpoint's only port and the endpoint are the same */
	flow_impair(&flow, flat && !rx_impair_any(&node->impair) && node->n_ifaces
				   ? &node->ifaces[0].impair
				   : &node->impair);
	flow_end(&flow);
	fputc('\n', out);
}

/* Whether `count` says it all: nothing of any endpoint differs from what count gives. */
static bool is_counted(const struct rx_lab *lab)
{
	if (!lab->count)
		return false;
	for (size_t i = 0; i < lab->n_nodes + lab->n_remote; i++) {
		const struct rx_node *node = i < lab->n_nodes ? &lab->nodes[i]
							      : &lab->remote[i - lab->n_nodes];

		if (node->container.kind || rx_impair_any(&node->impair) ||
		    rx_impair_any(&node->ifaces[0].impair))
			return false;
	}
	return true;
}

/* In the order of the file, those of other hosts too: the addresses of all follow from it. */
static void write_endpoints(const struct rx_lab *lab, FILE *out)
{
	size_t mine = 0, theirs = 0;

	while (mine < lab->n_endpoints || theirs < lab->n_remote) {
		bool next_is_mine = mine < lab->n_endpoints &&
				    (theirs == lab->n_remote ||
				     lab->nodes[mine].number < lab->remote[theirs].number);

		write_node(lab, next_is_mine ? &lab->nodes[mine++] : &lab->remote[theirs++], out);
	}
}

static void write_nodes(const struct rx_lab *lab, FILE *out)
{
	if (lab->n_nodes > lab->n_endpoints)
		fputs("routers:\n", out);
	for (size_t i = lab->n_endpoints; i < lab->n_nodes; i++)
		write_node(lab, &lab->nodes[i], out);
	if (is_counted(lab)) {
		fprintf(out, "endpoints: {count: %zu}\n", lab->count);
		return;
	}
	fputs("endpoints:\n", out);
	write_endpoints(lab, out);
}

static void write_parent(const struct rx_lab *lab, FILE *out)
{
	bool needed = false;

	for (size_t i = 0; i < lab->n_networks; i++)
		needed |= !*lab->networks[i].bridge;
	if (!needed)
		return;
	fputs("parent: ", out);
	write_word(out, *lab->parent ? lab->parent : "none");
	fputc('\n', out);
}

static void write_host(const struct rx_lab *lab, FILE *out)
{
	static const char *const topologies[] = {"flat", "ring", "dumbbell", "leaf-spine"};

	if (lab->mtu)
		fprintf(out, "mtu: %u\n", lab->mtu);
	if (lab->raise_parent_mtu)
		fputs("raise_parent_mtu: true\n", out);
	if (lab->topology == RX_TOPOLOGY_LEAF_SPINE)
		fprintf(out, "topology: leaf-spine:%u,%u\n", lab->leaves, lab->spines);
	else if (lab->topology != RX_TOPOLOGY_FLAT)
		fprintf(out, "topology: %s\n", topologies[lab->topology]);
	if (lab->plane != RX_PLANE_AUTO)
		fprintf(out, "plane: %s\n", rx_plane_name(lab->plane));
	if (lab->control == RX_CONTROL_NONE)
		fputs("control: none\n", out);
	if (lab->rdma_mode != RX_RDMA_AUTO)
		fprintf(out, "rdma_netns: %s\n", rx_rdma_mode_name(lab->rdma_mode));
	if (lab->expedite)
		fputs("expedite: true\n", out);
	if (lab->hosts)
		fprintf(out, "host: %u/%u\n", lab->host, lab->hosts);
}

int rx_lab_write(const struct rx_lab *lab, FILE *out)
{
	fputs("name: ", out);
	write_word(out, lab->name);
	fputc('\n', out);
	write_parent(lab, out);
	if (lab->n_networks == 1 && !lab->networks[0].name[0])
		write_flat_network(&lab->networks[0], out);
	write_host(lab, out);
	if (lab->n_networks != 1 || lab->networks[0].name[0])
		write_networks(lab, out);
	write_nodes(lab, out);
	return ferror(out) ? -EIO : 0;
}
