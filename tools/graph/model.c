/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a lab is drawn as what. Sixty-four boxes in a row cannot be read, so endpoints with one
 * netdev are cells of their network's box; and a network between two routers is a line, not a
 * box. */
#include "tools/graph/graph.h"
#include "netns/base/memory.h"

#include <arpa/inet.h>

bool rx_graph_inside(const struct rx_graph *graph, size_t node)
{
	return !graph->lab->nodes[node].router && graph->lab->nodes[node].n_ifaces == 1;
}

bool rx_graph_is_line(const struct rx_graph *graph, size_t network, size_t ends[2])
{
	const struct rx_lab *lab = graph->lab;
	size_t n = 0;

	for (size_t i = 0; i < lab->n_nodes; i++) {
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++) {
			if (lab->nodes[i].ifaces[j].network != network)
				continue;
			if (n == 2 || rx_graph_inside(graph, i))
				return false;
			ends[n++] = i;
		}
	}
	return n == 2;
}

size_t *rx_graph_heights(const struct rx_graph *graph)
{
	const struct rx_lab *lab = graph->lab;
	size_t *height = rx_alloc(lab->n_nodes, sizeof(*height)), ends[2];
	bool changed = true;

	for (size_t i = 0; i < lab->n_nodes; i++) {
		height[i] = rx_graph_inside(graph, i) ? 0 : SIZE_MAX;
		for (size_t j = 0; j < lab->nodes[i].n_ifaces; j++)
			if (!rx_graph_is_line(graph, lab->nodes[i].ifaces[j].network, ends))
				height[i] = 0;
	}
	/* each round settles what is one line further away */
	while (changed) {
		changed = false;
		for (size_t network = 0; network < lab->n_networks; network++) {
			if (!rx_graph_is_line(graph, network, ends))
				continue;
			for (int side = 0; side < 2; side++) {
				if (height[ends[side]] == SIZE_MAX ||
				    height[ends[!side]] <= height[ends[side]] + 1)
					continue;
				height[ends[!side]] = height[ends[side]] + 1;
				changed = true;
			}
		}
	}
	for (size_t i = 0; i < lab->n_nodes; i++)
		if (height[i] == SIZE_MAX)
			height[i] = 0;
	return height;
}

size_t *rx_graph_members(const struct rx_graph *graph, size_t network, size_t *n)
{
	size_t *members = rx_alloc(graph->lab->n_endpoints, sizeof(*members));

	*n = 0;
	for (size_t i = 0; i < graph->lab->n_endpoints; i++)
		if (rx_graph_inside(graph, i) && graph->lab->nodes[i].ifaces[0].network == network)
			members[(*n)++] = i;
	return members;
}

const char *rx_graph_wire(const struct rx_graph *graph, const struct rx_network *network, char *buf,
			  size_t size)
{
	if (*network->bridge)
		snprintf(buf, size, "bridge %s", network->bridge);
	else if (!*graph->lab->parent)
		snprintf(buf, size, "private bridge");
	else if (network->vlan)
		snprintf(buf, size, "%s vlan %u", graph->lab->parent, network->vlan);
	else
		snprintf(buf, size, "%s", graph->lab->parent);
	return buf;
}

const char *rx_graph_subnets(const struct rx_network *network, char *buf, size_t size)
{
	char v4[64], v6[64];

	rx_cidr_text(&network->subnet, true, v4, sizeof(v4));
	rx_cidr_text(&network->subnet6, true, v6, sizeof(v6));
	snprintf(buf, size, "%s%s%s", v4, *v4 && *v6 ? ", " : "", v6);
	return buf;
}

const char *rx_graph_network_name(const struct rx_graph *graph, const struct rx_network *network)
{
	return *network->name ? network->name : graph->lab->name;
}

/* RoCE v2 makes an IPv4 address a GID by mapping it into IPv6: ::ffff:10.77.0.1 */
static void derived_gid(const struct rx_iface *iface, char *buf, size_t size)
{
	char address[64];

	if (iface->ipv4.family)
		snprintf(buf, size, "::ffff:%s",
			 rx_cidr_text(&iface->ipv4, false, address, sizeof(address)));
	else
		rx_cidr_text(&iface->ipv6, false, buf, size);
}

const char *rx_graph_gid(const struct rx_graph *graph, size_t node, size_t iface, char *buf,
			 size_t size)
{
	const struct rx_iface_view *view;
	char text[INET6_ADDRSTRLEN];

	buf[0] = '\0';
	if (graph->lab->nodes[node].router)
		return buf;
	if (!graph->view) {
		derived_gid(&graph->lab->nodes[node].ifaces[iface], buf, size);
		return buf;
	}
	if (node >= graph->view->n_nodes || iface >= graph->view->nodes[node].n_ifaces)
		return buf;
	view = &graph->view->nodes[node].ifaces[iface];
	if (view->gid_index >= 0 && *rx_gid_short(view->gid, text))
		snprintf(buf, size, "%s (%d)", text, view->gid_index);
	return buf;
}

const char *rx_graph_container(const struct rx_node *node, char *buf, size_t size)
{
	buf[0] = '\0';
	if (node->container.kind)
		snprintf(buf, size, "%s %s", rx_container_kind_name(node->container.kind),
			 node->container.id);
	return buf;
}

const char *rx_graph_impair(const struct rx_graph *graph, const struct rx_node *node,
			    const struct rx_iface *iface, char *buf, size_t size)
{
	const struct rx_impair *impair = rx_impair_any(&iface->impair) ? &iface->impair
					 : rx_impair_any(&node->impair)
						 ? &node->impair
						 : &graph->lab->networks[iface->network].impair;

	return rx_impair_text(impair, buf, size);
}

const char *rx_graph_title(const struct rx_graph *graph, char *buf, size_t size)
{
	const struct rx_lab *lab = graph->lab;
	size_t n = lab->n_nodes - lab->n_endpoints;
	char routers[40] = "";

	if (n)
		snprintf(routers, sizeof(routers), ", %zu router%s", n, n == 1 ? "" : "s");
	snprintf(buf, size, "lab %s: %zu endpoint%s%s%s%s%s%s", lab->name, lab->n_endpoints,
		 lab->n_endpoints == 1 ? "" : "s", routers, *lab->parent ? " on " : "", lab->parent,
		 graph->view ? ", plane " : "",
		 graph->view ? rx_plane_name(graph->view->plane) : "");
	return buf;
}

void rx_graph_port(const struct rx_graph *graph, size_t node, size_t iface, rx_graph_line *line,
		   FILE *out)
{
	const struct rx_iface *port = &graph->lab->nodes[node].ifaces[iface];
	char text[300];

	line(out, rx_cidr_text(&port->ipv4, false, text, sizeof(text)), RX_GRAPH_INK);
	line(out, rx_cidr_text(&port->ipv6, false, text, sizeof(text)), RX_GRAPH_INK);
	line(out, rx_graph_gid(graph, node, iface, text, sizeof(text)), RX_GRAPH_FAINT);
}

void rx_graph_line_ports(const struct rx_graph *graph, size_t node, rx_graph_line *line, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	size_t ends[2];

	for (size_t i = 0; i < of->n_ifaces; i++) {
		if (!rx_graph_is_line(graph, of->ifaces[i].network, ends))
			continue;
		line(out, graph->lab->networks[of->ifaces[i].network].name, RX_GRAPH_INK);
		rx_graph_port(graph, node, i, line, out);
	}
}

size_t rx_graph_columns(size_t n)
{
	size_t columns = 1;

	while (columns * columns < n)
		columns++;
	return n <= 4 && n ? n : columns;
}
