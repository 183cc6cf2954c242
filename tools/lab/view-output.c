/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/view-output.h"

#include <arpa/inet.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/report/table.h"

static json_t *gids_json(const struct rx_iface_view *iface)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < iface->n_gids; i++)
		json_array_append_new(
			list, json_pack("{s:i,s:s,s:s,s:s}", "index", (int)iface->gids[i].index,
					"gid", iface->gids[i].text, "type", iface->gids[i].type,
					"netdev", iface->gids[i].netdev));
	return list;
}

static void set_number(json_t *json, const char *key, long long value, bool known)
{
	json_object_set_new(json, key, known ? json_integer(value) : json_null());
}

static void set_text(json_t *json, const char *key, const char *value)
{
	json_object_set_new(json, key, rx_json_string(value));
}

/* What an endpoint's own level and each of its interfaces have in common. */
static void set_iface(json_t *json, const struct rx_iface_view *iface, bool rdma)
{
	set_text(json, "netdev", iface->netdev);
	set_number(json, "ifindex", iface->ifindex, iface->ifindex);
	set_text(json, "mac", iface->mac);
	set_number(json, "mtu", iface->mtu, iface->mtu);
	set_text(json, "ipv4", iface->ipv4);
	set_text(json, "ipv6", iface->ipv6);
	if (!rdma)
		return;
	set_text(json, "rxe_netdev", iface->rxe_netdev);
	set_text(json, "wire_netdev", iface->wire_netdev);
	set_text(json, "steering", rx_steer_kind_name(iface->steer));
	set_text(json, "rdma_dev", iface->rdma_dev);
	set_text(json, "uverbs", iface->uverbs);
	set_text(json, "gid", iface->gid);
	set_number(json, "gid_index", iface->gid_index, iface->gid_index >= 0);
	json_object_set_new(json, "gids", gids_json(iface));
	set_text(json, "port_state", iface->port_state);
	set_number(json, "rdma_mtu", iface->rdma_mtu, iface->rdma_mtu);
}

static json_t *interfaces_json(const struct rx_node_view *node)
{
	json_t *list = json_array(), *json;
	size_t i;

	for (i = 0; i < node->n_ifaces; i++) {
		json = json_object();
		set_text(json, "network", node->ifaces[i].network);
		set_iface(json, &node->ifaces[i], !node->want->router);
		set_text(json, "drift", node->ifaces[i].drift);
		json_array_append_new(list, json);
	}
	return list;
}

/* {"lxc": "101"}, or null */
static json_t *container_json(const struct rx_container *container)
{
	return container->kind
		       ? json_pack("{s:s}", rx_container_kind_name(container->kind), container->id)
		       : json_null();
}

static json_t *node_json(const struct rx_node_view *node)
{
	json_t *json = json_object();

	set_text(json, "name", node->want->name);
	set_text(json, "netns", node->netns);
	if (!node->want->router) {
		json_object_set_new(json, "container", container_json(&node->want->container));
		if (node->n_ifaces)
			set_iface(json, &node->ifaces[0], true);
		set_text(json, "control_ipv4", ""); /* what 0.1 had in the hosted plane */
	}
	json_object_set_new(json, "interfaces", interfaces_json(node));
	set_text(json, "drift", node->drift);
	return json;
}

static json_t *networks_json(const struct rx_lab *lab)
{
	json_t *list = json_array(), *json;
	char text[64];
	size_t i;

	for (i = 0; i < lab->n_networks; i++) {
		const struct rx_network *network = &lab->networks[i];

		json = json_object();
		set_text(json, "name", network->name);
		set_text(json, "link", rx_link_kind_name(network->link));
		set_number(json, "vlan", network->vlan, network->vlan);
		set_text(json, "bridge", network->bridge);
		set_text(json, "subnet", rx_cidr_text(&network->subnet, true, text, sizeof(text)));
		set_text(json, "subnet6",
			 rx_cidr_text(&network->subnet6, true, text, sizeof(text)));
		json_array_append_new(list, json);
	}
	return list;
}

/* The endpoints that other hosts make, as the lab file decides them; null where the lab is on this
 * host alone. */
static json_t *remote_json(const struct rx_lab *lab)
{
	json_t *list = json_array(), *json, *items, *item;
	char text[64];

	for (size_t i = 0; i < lab->n_remote; i++) {
		const struct rx_node *node = &lab->remote[i];

		items = json_array();
		for (size_t k = 0; k < node->n_ifaces; k++) {
			item = json_object();
			set_text(item, "network", lab->networks[node->ifaces[k].network].name);
			set_text(item, "mac", rx_mac_text(node->ifaces[k].mac, text));
			set_text(item, "ipv4",
				 rx_cidr_text(&node->ifaces[k].ipv4, true, text, sizeof(text)));
			set_text(item, "ipv6",
				 rx_cidr_text(&node->ifaces[k].ipv6, true, text, sizeof(text)));
			json_array_append_new(items, item);
		}
		json = json_pack("{s:s,s:i,s:o}", "name", node->name, "host",
				 (int)rx_lab_host_of(lab, node->number), "interfaces", items);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *view_json(const struct rx_view *view)
{
	json_t *json = json_object(), *endpoints = json_array(), *routers = json_array();
	size_t i;

	for (i = 0; i < view->n_nodes; i++)
		json_array_append_new(i < view->n_endpoints ? endpoints : routers,
				      node_json(&view->nodes[i]));
	set_text(json, "lab", view->lab.name);
	set_text(json, "plane", rx_plane_name(view->plane));
	set_text(json, "plane_reason", view->plane_reason);
	set_text(json, "rdma_netns", rx_rdma_mode_name(view->rdma_mode));
	set_text(json, "parent", view->lab.parent);
	set_text(json, "kernel", view->kernel);
	json_object_set_new(json, "endpoints", endpoints);
	json_object_set_new(json, "networks", networks_json(&view->lab));
	json_object_set_new(json, "routers", routers);
	if (view->lab.hosts) {
		json_object_set_new(json, "host", json_integer(view->lab.host));
		json_object_set_new(json, "hosts", json_integer(view->lab.hosts));
		json_object_set_new(json, "remote", remote_json(&view->lab));
	}
	set_text(json, "drift", view->drift);
	return json;
}

static const char *namespace_text(const struct rx_node_view *node, char *buf, size_t size)
{
	const struct rx_container *container = &node->want->container;
	const char *slash = strrchr(node->netns, '/');

	if (container->kind)
		snprintf(buf, size, "%s %s", rx_container_kind_name(container->kind),
			 container->id);
	else
		snprintf(buf, size, "%s", slash ? slash + 1 : "init_net");
	return buf;
}

/* The columns of the endpoints' table, in its order. */
enum { ENDPOINT, NAMESPACE, NETDEV, MAC, ADDRESS, RXE, GID, INDEX, RDMA_MTU, PORT, COLUMNS };

static void endpoint_rows(struct rx_table *table, const struct rx_node_view *node, bool wide)
{
	char netns[96], index[16], mtu[16], gid[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < node->n_ifaces; i++) {
		const struct rx_iface_view *iface = &node->ifaces[i];

		snprintf(index, sizeof(index), "%d", iface->gid_index);
		snprintf(mtu, sizeof(mtu), "%u", iface->rdma_mtu);
		rx_table_row(table,
			     (const char *[COLUMNS]){
				     [ENDPOINT] = i ? "" : node->want->name,
				     [NAMESPACE] = i ? ""
						     : namespace_text(node, netns, sizeof(netns)),
				     [NETDEV] = iface->netdev,
				     [MAC] = iface->mac,
				     [ADDRESS] = iface->ipv4[0] ? iface->ipv4 : iface->ipv6,
				     [RXE] = iface->rdma_dev,
				     [GID] = wide ? iface->gid : rx_gid_short(iface->gid, gid),
				     [INDEX] = iface->gid_index >= 0 ? index : "",
				     [RDMA_MTU] = iface->rdma_mtu ? mtu : "",
				     [PORT] = iface->port_state,
			     });
	}
}

static struct rx_table *endpoint_table(const struct rx_view *view, bool wide)
{
	struct rx_table *table = rx_table_new(
		COLUMNS,
		(const char *const[COLUMNS]){"endpoint", "namespace", "netdev", "MAC", "address",
					     "RXE device", "GID", "index", "RDMA MTU", "port"});

	for (size_t i = 0; i < view->n_endpoints; i++)
		endpoint_rows(table, &view->nodes[i], wide);
	return table;
}

static bool any_container(const struct rx_view *view)
{
	for (size_t i = 0; i < view->n_nodes; i++)
		if (view->nodes[i].want->container.kind)
			return true;
	return false;
}

/* What 80 columns have no room for goes; what all endpoints have in common is said once. */
static void narrow(struct rx_table *table, const struct rx_view *view, FILE *out)
{
	const char *port = rx_table_same(table, PORT), *mtu = rx_table_same(table, RDMA_MTU);

	if (port)
		fprintf(out, "; each port %s", port);
	if (mtu)
		fprintf(out, "%s RDMA MTU %s", port ? "," : "; each", mtu);
	/* from the right, since columns move up */
	if (port)
		rx_table_drop(table, PORT);
	if (mtu)
		rx_table_drop(table, RDMA_MTU);
	rx_table_drop(table, MAC);
	if (!any_container(view))
		rx_table_drop(table, NAMESPACE);
}

static void router_rows(struct rx_table *table, const struct rx_node_view *node)
{
	char netns[96];
	size_t i;

	for (i = 0; i < node->n_ifaces; i++) {
		const struct rx_iface_view *iface = &node->ifaces[i];

		rx_table_row(table,
			     (const char *[]){i ? "" : node->want->name,
					      i ? "" : namespace_text(node, netns, sizeof(netns)),
					      iface->network, iface->netdev, iface->mac,
					      iface->ipv4[0] ? iface->ipv4 : iface->ipv6});
	}
}

static bool tell_drift(const char *who, const char *drift, FILE *out)
{
	if (*drift && out)
		fprintf(out, "differs: %s%s%s\n", who, *who ? ": " : "", drift);
	return *drift;
}

/* Each difference, told to out if it is given. */
static size_t drifts(const struct rx_view *view, FILE *out)
{
	size_t i, k, n = tell_drift("", view->drift, out);

	for (i = 0; i < view->n_nodes; i++) {
		const struct rx_node_view *node = &view->nodes[i];

		n += tell_drift(node->want->name, node->drift, out);
		for (k = 0; k < node->n_ifaces; k++)
			n += tell_drift(node->want->name, node->ifaces[k].drift, out);
	}
	return n;
}

static void print_table(const struct rx_view *view, bool wide, FILE *out)
{
	struct rx_table *table = endpoint_table(view, wide);
	size_t i = view->n_endpoints;

	fprintf(out, "lab %s: %zu endpoints on %s, kernel %s\nplane %s, RDMA namespace mode %s",
		view->lab.name, view->n_endpoints,
		view->lab.parent[0] ? view->lab.parent : "a private bridge", view->kernel,
		rx_plane_name(view->plane), rx_rdma_mode_name(view->rdma_mode));
	if (wide)
		fprintf(out, " (%s)", view->plane_reason);
	else
		narrow(table, view, out);
	fputc('\n', out);
	if (view->lab.hosts)
		fprintf(out, "host %u of %u; on the others: %zu endpoints\n", view->lab.host,
			view->lab.hosts, view->lab.n_remote);
	rx_table_print(table, out);
	if (view->n_nodes > view->n_endpoints) {
		table = rx_table_new(6, (const char *const[]){"router", "namespace", "network",
							      "netdev", "MAC", "address"});
		for (; i < view->n_nodes; i++)
			router_rows(table, &view->nodes[i]);
		rx_table_print(table, out);
	}
	drifts(view, out);
}

json_t *rx_view_impairments_json(const struct rx_view *view)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;
	json_t *list = json_array();
	const char *netns;
	char text[128];

	while (rx_view_next(view, &node, &iface))
		if (*rx_impair_text(&iface->impair, text, sizeof(text)))
			json_array_append_new(
				list, json_pack("{s:s,s:o,s:s,s:s}", "node", node->want->name,
						"network", rx_json_string(iface->network), "netdev",
						rx_view_wire(node, iface, &netns), "impair", text));
	return list;
}

void rx_view_print_impairments(const struct rx_view *view, FILE *out)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;
	const char *netns;
	char text[128];

	while (rx_view_next(view, &node, &iface))
		if (*rx_impair_text(&iface->impair, text, sizeof(text)))
			fprintf(out, "impaired: %s, netdev %s: %s\n", node->want->name,
				rx_view_wire(node, iface, &netns), text);
}

bool rx_view_drifts(const struct rx_view *view)
{
	return drifts(view, NULL);
}

void rx_view_print(const struct rx_view *view, const char *format, bool wide)
{
	if (format && !strcmp(format, "json"))
		rx_json_print(view_json(view), stdout);
	else
		print_table(view, wide, stdout);
}

int rx_view_show(const char *lab_name, const char *format, bool wide, struct rx_err *err)
{
	struct rx_view view;

	if (rx_view_open(lab_name, &view, err))
		return -err->code;
	rx_view_print(&view, format, wide);
	rx_view_close(&view);
	return 0;
}
