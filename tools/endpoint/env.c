/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/endpoint/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

#define HOSTS_BEGIN "# rxelab begin"
#define HOSTS_END "# rxelab end"

void rx_env_free(struct rx_env *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->item[i].value);
	free(env->item);
	memset(env, 0, sizeof(*env));
}

static void add(struct rx_env *env, const char *name, const char *value)
{
	struct rx_env_item *item = rx_array_add(&env->item, &env->n, sizeof(*item));

	item->name = name;
	item->value = value ? rx_strdup(value) : NULL;
}

/* "10.77.0.1/24" -> "10.77.0.1" */
static const char *bare(const char *address, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)strcspn(address, "/"), address);
	return buf;
}

/* prefix "rxl.quad.a:1,rxl.quad.a.blue:1"; caller frees. */
static char *device_list(const struct rx_node_view *node, const char *prefix)
{
	char *text;
	FILE *out = rx_text_stream(&text);

	fputs(prefix, out);
	for (size_t i = 0; i < node->n_ifaces; i++)
		/* an RXE has one port, number 1 */
		fprintf(out, "%s%s:1", i ? "," : "", node->ifaces[i].rdma_dev);
	fclose(out);
	return text;
}

/* The GID index that all interfaces share; -1 if they differ or it is not known. */
static int common_gid_index(const struct rx_node_view *node)
{
	int index = node->n_ifaces ? node->ifaces[0].gid_index : -1;

	for (size_t i = 1; i < node->n_ifaces; i++)
		if (node->ifaces[i].gid_index != index)
			return -1;
	return index;
}

static void add_index(struct rx_env *env, const char *name, int index)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", index);
	add(env, name, index < 0 ? NULL : text);
}

static void add_own(const struct rx_view *view, const struct rx_node_view *node, struct rx_env *env)
{
	static const struct rx_iface_view none = {.gid_index = -1};
	const struct rx_iface_view *iface = node->n_ifaces ? &node->ifaces[0] : &none;
	char buf[64];

	add(env, "RXELAB_LAB", view->lab.name);
	add(env, "RXELAB_ENDPOINT", node->want->name);
	add(env, "RXELAB_DEV", iface->rdma_dev);
	add_index(env, "RXELAB_GID_INDEX", iface->gid_index);
	add(env, "RXELAB_GID", *iface->gid ? iface->gid : NULL);
	add(env, "RXELAB_IPV4", bare(iface->ipv4, buf, sizeof(buf)));
	add(env, "RXELAB_IPV6", bare(iface->ipv6, buf, sizeof(buf)));
	add(env, "RXELAB_CONTROL_IPV4", ""); /* what 0.1 had in the hosted plane */
}

/* The two libraries that need telling: UCX takes the first device and an RoCE v1 GID else, and with
 * an IPv4 GID waits for ever unless the check of the destination GID in UD headers is off; NCCL
 * matches devices by prefix unless "=" . */
static void add_libraries(const struct rx_node_view *node, struct rx_env *env)
{
	rx_autofree char *ucx = device_list(node, ""), *nccl = device_list(node, "=");
	int index = common_gid_index(node);

	add(env, "UCX_NET_DEVICES", ucx);
	add(env, "UCX_TLS", "rc,self");
	add(env, "UCX_UD_VERBS_ETH_DGID_CHECK", "n");
	add(env, "NCCL_IB_HCA", nccl);
	if (index < 0)
		return;
	add_index(env, "UCX_IB_GID_INDEX", index);
	add_index(env, "NCCL_IB_GID_INDEX", index);
}

void rx_env_of(const struct rx_view *view, const struct rx_node_view *node, struct rx_env *env)
{
	memset(env, 0, sizeof(*env));
	add_own(view, node, env);
	if (!node->want->router)
		add_libraries(node, env);
}

char *rx_shell_quote(const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@%+";
	char *quoted, *at;

	if (*text && !text[strspn(text, plain)])
		return rx_strdup(text);
	/* a quote becomes '\'' : four bytes; the four more are the two around and the end */
	quoted = at = rx_alloc(4, strlen(text) + 1);
	*at++ = '\'';
	for (; *text; text++)
		if (*text == '\'') {
			memcpy(at, "'\\''", 4);
			at += 4;
		} else {
			*at++ = *text;
		}
	*at++ = '\'';
	*at = '\0';
	return quoted;
}

static const char *iface_address(const struct rx_iface *want, char *buf, size_t size)
{
	return rx_cidr_text(want->ipv4.family ? &want->ipv4 : &want->ipv6, false, buf, size);
}

const char *rx_name_address(const struct rx_node_view *node, char *buf, size_t size)
{
	*buf = '\0';
	return node->n_ifaces ? iface_address(node->ifaces[0].want, buf, size) : buf;
}

static void host_line(const char *address, const char *name, const char *network, FILE *out)
{
	if (*address)
		fprintf(out, "%s\t%s%s%s\n", address, name, *network ? "." : "", network);
}

static void hosts_of_node(const struct rx_node_view *node, FILE *out)
{
	const char *name = node->want->name;
	char address[64];

	host_line(rx_name_address(node, address, sizeof(address)), name, "", out);
	for (size_t i = 0; i < node->n_ifaces && node->n_ifaces > 1; i++)
		host_line(iface_address(node->ifaces[i].want, address, sizeof(address)), name,
			  node->ifaces[i].network, out);
}

/* An endpoint of another host has the address that the lab file gives it. */
static void hosts_of_remote(const struct rx_lab *lab, const struct rx_node *node, FILE *out)
{
	char address[64];

	for (size_t i = 0; i < node->n_ifaces; i++) {
		iface_address(&node->ifaces[i], address, sizeof(address));
		if (!i)
			host_line(address, node->name, "", out);
		if (node->n_ifaces > 1)
			host_line(address, node->name, lab->networks[node->ifaces[i].network].name,
				  out);
	}
}

static void hosts_rest(const char *rest, FILE *out)
{
	bool skip = false;

	while (*rest) {
		size_t length = strcspn(rest, "\n");

		if (!strncmp(rest, HOSTS_BEGIN, strlen(HOSTS_BEGIN)))
			skip = true;
		if (!skip)
			fprintf(out, "%.*s\n", (int)length, rest);
		if (!strncmp(rest, HOSTS_END, strlen(HOSTS_END)))
			skip = false;
		rest += length + (rest[length] == '\n');
	}
}

char *rx_hosts_text(const struct rx_view *view, const char *rest)
{
	char *text;
	FILE *out = rx_text_stream(&text);

	fprintf(out, "%s: lab %s\n", HOSTS_BEGIN, view->lab.name);
	for (size_t i = 0; i < view->n_nodes; i++)
		hosts_of_node(&view->nodes[i], out);
	for (size_t i = 0; i < view->lab.n_remote; i++)
		hosts_of_remote(&view->lab, &view->lab.remote[i], out);
	fprintf(out, "%s\n", HOSTS_END);
	hosts_rest(rest, out);
	fclose(out);
	return text;
}

static void forecast_iface(const struct rx_lab *lab, const struct rx_iface *want,
			   struct rx_iface_view *iface)
{
	iface->want = want;
	iface->network = lab->networks[want->network].name;
	iface->gid_index = -1;
	snprintf(iface->netdev, sizeof(iface->netdev), "%s", want->netdev);
	snprintf(iface->rdma_dev, sizeof(iface->rdma_dev), "%s", want->rdma_dev);
	rx_mac_text(want->mac, iface->mac);
	rx_cidr_text(&want->ipv4, true, iface->ipv4, sizeof(iface->ipv4));
	rx_cidr_text(&want->ipv6, true, iface->ipv6, sizeof(iface->ipv6));
	/* RoCE v2's GID of an IPv4 address is its IPv4-mapped IPv6 address (IB specification, annex
	 * A17) */
	if (want->ipv4.family)
		snprintf(iface->gid, sizeof(iface->gid),
			 "0000:0000:0000:0000:0000:ffff:%02x%02x:%02x%02x", want->ipv4.addr[0],
			 want->ipv4.addr[1], want->ipv4.addr[2], want->ipv4.addr[3]);
}

static void forecast_node(const struct rx_view *view, const struct rx_node *want,
			  struct rx_node_view *node)
{
	node->want = want;
	node->ifaces = rx_alloc(want->n_ifaces, sizeof(*node->ifaces));
	node->n_ifaces = want->n_ifaces;
	for (size_t i = 0; i < want->n_ifaces; i++)
		forecast_iface(&view->lab, &want->ifaces[i], &node->ifaces[i]);
}

void rx_view_forecast(struct rx_lab *lab, struct rx_view *view)
{
	memset(view, 0, sizeof(*view));
	view->nodes = rx_alloc(lab->n_nodes, sizeof(*view->nodes));
	view->lab = *lab;
	memset(lab, 0, sizeof(*lab));
	view->plane = view->lab.plane == RX_PLANE_HOSTED ? RX_PLANE_HOSTED : RX_PLANE_NETNS;
	view->n_endpoints = view->lab.n_endpoints;
	for (; view->n_nodes < view->lab.n_nodes; view->n_nodes++)
		forecast_node(view, &view->lab.nodes[view->n_nodes], &view->nodes[view->n_nodes]);
}

void rx_view_forecast_free(struct rx_view *view)
{
	for (size_t i = 0; i < view->n_nodes; i++)
		free(view->nodes[i].ifaces);
	free(view->nodes);
	rx_lab_free(&view->lab);
	memset(view, 0, sizeof(*view));
}
