/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a lab file. What has its default value is left out, what is derived from the names too
 * (MACs), and every address that is decided is written: the file then gives the same lab wherever
 * it is read. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

static void write_word(FILE *out, const char *text)
{
	char buf[2 * sizeof(((struct rx_container *)0)->id) + 2];

	fputs(rx_quoted(text, buf, sizeof(buf)), out);
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

/* An IPv6 address is quoted: "::" means something to YAML in a flow map. */
static void flow_address(struct flow *flow, const char *key, const struct rx_cidr *cidr)
{
	if (!cidr->family)
		return;
	flow_key(flow, key);
	fprintf(flow->out, cidr->family == AF_INET6 ? "\"%s\"" : "%s", rx_address_text(cidr));
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

	flow_address(flow, "ipv4", &iface->ipv4);
	flow_address(flow, "ipv6", &iface->ipv6);
	if (iface->mac_given) {
		flow_key(flow, "mac");
		fprintf(flow->out, "\"%s\"", rx_mac_text(iface->mac, text));
	}
}

static void write_networks(const struct rx_lab *lab, FILE *out)
{
	char text[300];

	fputs("networks:\n", out);
	for (size_t i = 0; i < lab->n_networks; i++) {
		struct flow flow = {out, false};

		fputs("  ", out);
		write_word(out, lab->networks[i].name);
		fputs(": ", out);
		for (const struct rx_key *key = rx_network_keys; key->name; key++) {
			if (*rx_key_text(key, lab, &lab->networks[i], text, sizeof(text))) {
				flow_key(&flow, key->name);
				fputs(text, out);
			}
		}
		flow_end(&flow);
		fputc('\n', out);
	}
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
	struct flow map = {flow->out, false};

	if (!container->kind)
		return;
	flow_key(flow, "container");
	flow_key(&map, rx_container_kind_name(container->kind));
	if (container->kind == RX_CONTAINER_PID)
		fputs(container->id, flow->out);
	else
		write_word(flow->out, container->id);
	flow_word(&map, "netdev", container->netdev);
	flow_end(&map);
}

static void write_node(const struct rx_lab *lab, const struct rx_node *node, FILE *out)
{
	bool flat = rx_lab_is_flat(lab);
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

int rx_lab_write(const struct rx_lab *lab, FILE *out)
{
	bool flat = rx_lab_is_flat(lab);
	char text[300];

	for (const struct rx_key *key = rx_draft_keys; key->name; key++)
		if (*rx_key_text(key, lab, flat ? &lab->networks[0] : NULL, text, sizeof(text)))
			fprintf(out, "%s: %s\n", key->name, text);
	if (!flat)
		write_networks(lab, out);
	write_nodes(lab, out);
	return ferror(out) ? -EIO : 0;
}
