/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same picture for programs: networks and nodes, and which interface of which node is on which
 * network. */
#include "tools/cli/output.h"
#include "tools/graph/graph.h"

static json_t *cidr(const struct rx_cidr *value)
{
	char text[64];

	return rx_json_string(rx_cidr_text(value, true, text, sizeof(text)));
}

static json_t *impairment(const struct rx_impair *impair)
{
	char text[300];

	return rx_json_string(rx_impair_text(impair, text, sizeof(text)));
}

static json_t *network_json(const struct rx_graph *graph, const struct rx_network *network)
{
	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "name", rx_json_string(network->name),
			 "link", rx_link_kind_name(network->link), "parent",
			 rx_json_string(*network->bridge ? "" : graph->lab->parent), "bridge",
			 rx_json_string(network->bridge), "vlan",
			 network->vlan ? json_integer(network->vlan) : json_null(), "subnet",
			 cidr(&network->subnet), "subnet6", cidr(&network->subnet6), "impair",
			 impairment(&network->impair));
}

/* Of a running lab the GID and its index, as the kernel has them; null in a drawing from a file. */
static json_t *iface_json(const struct rx_graph *graph, size_t node, size_t at)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	const struct rx_iface *iface = &of->ifaces[at];
	const struct rx_iface_view *view = graph->view && node < graph->view->n_nodes &&
							   at < graph->view->nodes[node].n_ifaces
						   ? &graph->view->nodes[node].ifaces[at]
						   : NULL;
	bool known = view && view->gid_index >= 0;
	char mac[18], impair[300];

	return json_pack("{s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "network",
			 rx_json_string(graph->lab->networks[iface->network].name), "netdev",
			 iface->netdev, "mac", rx_mac_text(iface->mac, mac), "ipv4",
			 cidr(&iface->ipv4), "ipv6", cidr(&iface->ipv6), "rdma_dev",
			 rx_json_string(iface->rdma_dev), "gid",
			 rx_json_string(known ? view->gid : NULL), "gid_index",
			 known ? json_integer(view->gid_index) : json_null(), "impair",
			 rx_json_string(rx_graph_impair(graph, of, iface, impair, sizeof(impair))));
}

static json_t *node_json(const struct rx_graph *graph, size_t node)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	json_t *ifaces = json_array();
	char text[300];

	for (size_t i = 0; i < of->n_ifaces; i++)
		json_array_append_new(ifaces, iface_json(graph, node, i));
	return json_pack("{s:s,s:s,s:o,s:o}", "name", of->name, "kind",
			 of->router ? "router" : "endpoint", "container",
			 rx_json_string(rx_graph_container(of, text, sizeof(text))), "interfaces",
			 ifaces);
}

json_t *rx_graph_json(const struct rx_graph *graph)
{
	json_t *networks = json_array(), *nodes = json_array();

	for (size_t i = 0; i < graph->lab->n_networks; i++)
		json_array_append_new(networks, network_json(graph, &graph->lab->networks[i]));
	for (size_t i = 0; i < graph->lab->n_nodes; i++)
		json_array_append_new(nodes, node_json(graph, i));
	return json_pack("{s:s,s:o,s:s,s:o,s:o}", "lab", graph->lab->name, "parent",
			 rx_json_string(graph->lab->parent), "plane",
			 rx_plane_name(graph->view ? graph->view->plane : graph->lab->plane),
			 "networks", networks, "nodes", nodes);
}
