/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pod where RXE works in the host's namespace alone (before 7.1): its interface becomes that of a
 * lab of one endpoint in the hosted plane (docs/explanation/planes-and-rdma-modes.md), with the
 * name, MAC, addresses and routes that the plugin before gave it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/route.h"
#include "netns/view/view.h"
#include "tools/cni/pod.h"
#include "tools/lab/holders.h"
#include "tools/lab/steps.h"

#define LAB_TRIES 16
#define MAKE_TIMEOUT 60 /* s, beside what is waited for port and GIDs */

static int from(struct rx_cni_error *error, int code, const struct rx_err *err, const char *msg)
{
	return rx_cni_fail(error, code, err->text, "%s", msg);
}

/* ---- the lab ---- */

/* Named after the attachment; two labs must not have the same hash, which names their netdevs. */
static int name_lab(const struct rx_cni_state *state, char name[RX_LAB_NAME_MAX + 1],
		    struct rx_err *err)
{
	uint64_t number = strtoull(strchr(state->rdma_dev, '.') + 1, NULL, 16);
	struct rx_nl route;
	struct rx_link_info info;
	char netdev[IFNAMSIZ];
	int rc = rx_nl_open(&route, NETLINK_ROUTE, "", err);

	for (unsigned i = 0; !rc && i < LAB_TRIES; i++) {
		snprintf(name, RX_LAB_NAME_MAX + 1, "cni-%016llx", (unsigned long long)number + i);
		snprintf(netdev, sizeof(netdev), "rxl%04x-1w", rx_lab_hash(name));
		if (rx_link_get(&route, netdev, &info, err))
			break;
	}
	rx_nl_close(&route);
	return rc;
}

/* The host's netdev under the interface. */
static int name_parent(const struct rx_link_info *link, char name[IFNAMSIZ],
		       struct rx_cni_error *error)
{
	rx_autofree struct rx_link_info *list = NULL;
	struct rx_err err = {.text = ""};
	struct rx_nl route;
	size_t n = 0, i;

	if (strcmp(link->kind, "macvlan"))
		return rx_cni_fail(error, RX_CNI_UNAVAILABLE,
				   "before Linux 7.1 RXE carries traffic in the host's namespace "
				   "only, and rxe-cni works behind macvlan alone; or use rxelab's "
				   "module: rxelab module build",
				   "no RDMA traffic can flow on a %s in the pod's namespace",
				   *link->kind ? link->kind : "netdev");
	if (rx_nl_open(&route, NETLINK_ROUTE, "", &err))
		return from(error, RX_CNI_KERNEL, &err, "cannot look at the host's netdevs");
	rx_link_list(&route, &list, &n, &err);
	rx_nl_close(&route);
	for (i = 0; i < n && list[i].ifindex != link->lower; i++)
		;
	if (!link->lower_elsewhere || i == n)
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE, err.text,
				   "interface %s is a macvlan on no netdev of the host",
				   link->name);
	snprintf(name, IFNAMSIZ, "%s", list[i].name);
	return 0;
}

/* The endpoint that takes the interface's place has one address of each family. */
static int judge_addresses(const struct rx_pod *pod, const char *name, struct rx_cni_error *error)
{
	size_t ipv4 = 0, ipv6 = 0;

	for (size_t i = 0; i < pod->interface.n_addrs; i++)
		*(pod->interface.addrs[i].family == AF_INET ? &ipv4 : &ipv6) += 1;
	if (!ipv4 && !ipv6)
		return rx_cni_fail(error, RX_CNI_NO_GID, "let the plugin before give it one",
				   "interface %s has no address", name);
	if (ipv4 > 1 || ipv6 > 1)
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE,
				   "before Linux 7.1 one of each family is kept",
				   "interface %s has %zu IPv4 and %zu IPv6 addresses", name, ipv4,
				   ipv6);
	return 0;
}

static const struct rx_cidr *address_of(const struct rx_cni_interface *interface, int family)
{
	for (size_t i = 0; i < interface->n_addrs; i++)
		if (interface->addrs[i].family == family && interface->addrs[i].prefix)
			return &interface->addrs[i];
	return NULL;
}

static void write_subnet(FILE *out, const char *key, const struct rx_cidr *addr)
{
	char text[64];
	struct rx_cidr subnet;

	if (!addr)
		return;
	subnet = *addr;
	rx_cidr_mask(&subnet);
	fprintf(out, "%s: %s\n", key, rx_cidr_text(&subnet, true, text, sizeof(text)));
}

static char *lab_text(const struct rx_pod *pod, const struct rx_link_info *link, const char *name,
		      const char *parent)
{
	const struct rx_cidr *ipv4 = address_of(&pod->interface, AF_INET),
			     *ipv6 = address_of(&pod->interface, AF_INET6);
	char mac[18], address[64];
	char *text;
	FILE *out = rx_text_stream(&text);

	fprintf(out, "name: %s\nparent: %s\nplane: hosted\nmtu: %u\n", name, parent, link->mtu);
	if (!ipv4)
		fprintf(out, "subnet: none\n");
	write_subnet(out, "subnet", ipv4);
	write_subnet(out, "subnet6", ipv6);
	fprintf(out, "endpoints:\n  - name: pod\n    mac: \"%s\"\n", rx_mac_text(link->mac, mac));
	if (ipv4)
		fprintf(out, "    ipv4: %s\n", rx_cidr_text(ipv4, false, address, sizeof(address)));
	if (ipv6)
		fprintf(out, "    ipv6: \"%s\"\n",
			rx_cidr_text(ipv6, false, address, sizeof(address)));
	fprintf(out, "    container: {netns: \"%s\", netdev: \"%s\"}\n", pod->request->env.netns,
		link->name);
	if (fclose(out))
		rx_memory_lost();
	return text;
}

static int up(const struct rx_pod *pod, const char *text, struct rx_cni_error *error)
{
	struct rx_lab lab = {{0}};
	struct rx_up_request request = {.lab = &lab,
					.timeout = MAKE_TIMEOUT + pod->request->timeout};
	struct rx_err err = {.text = ""};
	int rc = rx_lab_parse(text, strlen(text), "rxe-cni", &lab, &err) ||
		 rx_lab_complete(&lab, &err) || rx_lab_up(&request, &err);

	rx_lab_free(&lab);
	return rc ? from(error, RX_CNI_KERNEL, &err, "the pod's endpoint cannot be made") : 0;
}

/* ---- the routes of the interface ---- */

struct routes {
	struct rx_route_spec *list; /* owned */
	size_t n;
};

/* What its addresses bring along is there already. */
static int put_back(struct rx_pod *pod, const struct rx_link_info *before,
		    const struct routes *routes, struct rx_cni_error *error)
{
	struct rx_link_info now;
	int code = rx_pod_interface(pod, &now, error);
	struct rx_err err;

	for (size_t i = 0; !code && i < routes->n; i++) {
		struct rx_route_spec route = routes->list[i];

		if (route.ifindex != before->ifindex || route.table != RX_TABLE_MAIN)
			continue;
		route.ifindex = now.ifindex;
		if (rx_route_add(&pod->route, &route, &err) && err.code != EEXIST)
			code = from(error, RX_CNI_KERNEL, &err,
				    "a route of the pod cannot be put back");
	}
	return code;
}

/* ---- ADD ---- */

static int make(struct rx_pod *pod, const struct rx_link_info *link, struct rx_cni_state *state,
		const char *parent, struct rx_cni_error *error)
{
	rx_autofree char *text = lab_text(pod, link, state->lab, parent);
	struct routes routes = {0};
	struct rx_err err;
	int code = rx_cni_state_write(pod->request, state, error);

	if (code)
		return code;
	/* its MAC is the wire's from now on, and two macvlans of one netdev cannot have the same */
	if (rx_route_list(&pod->route, &routes.list, &routes.n, &err) ||
	    rx_link_delete(&pod->route, link->ifindex, link->name, &err))
		code = from(error, RX_CNI_KERNEL, &err, "the pod's interface cannot be replaced");
	if (!code)
		code = up(pod, text, error);
	if (!code)
		code = put_back(pod, link, &routes, error);
	free(routes.list);
	return code;
}

static int make_new(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	struct rx_link_info link;
	struct rx_err err;
	char parent[IFNAMSIZ];
	int code = rx_pod_interface(pod, &link, error);

	if (!code)
		code = name_parent(&link, parent, error);
	if (!code)
		code = judge_addresses(pod, link.name, error);
	/* one that was made before keeps its name */
	if (!code && !state->lab[0] && name_lab(state, state->lab, &err))
		code = from(error, RX_CNI_KERNEL, &err, "cannot look at the host's netdevs");
	if (code)
		return code;
	snprintf(state->rdma_dev, sizeof(state->rdma_dev), "rxl.%s.pod", state->lab);
	return make(pod, &link, state, parent, error);
}

/* An attachment whose device went, or whose ADD was cut off: what is missing is made again. Returns
 * -1 where the lab is not there at all. */
static int mend(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error)
{
	struct rx_lab lab = {{0}};
	struct rx_up_request request = {.lab = &lab,
					.timeout = MAKE_TIMEOUT + pod->request->timeout};
	struct rx_err err = {.text = ""};
	int code = 0;

	if (rx_lab_stored(state->lab, &lab, &err))
		code = -1;
	else if (rx_lab_up(&request, &err))
		code = from(error, RX_CNI_KERNEL, &err, "the pod's endpoint cannot be mended");
	rx_lab_free(&lab);
	return code;
}

int rx_pod_make_whole(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	int code = state->lab[0] ? mend(pod, state, error) : -1;

	if (code < 0)
		code = make_new(pod, state, error);
	if (!code && !rx_pod_find(pod, state, &state->index))
		code = rx_cni_fail(error, RX_CNI_KERNEL, NULL,
				   "the RXE device %s was made and is gone", state->rdma_dev);
	return code;
}

/* ---- CHECK, DEL ---- */

int rx_pod_check_whole(const struct rx_cni_state *state, struct rx_cni_error *error)
{
	const struct rx_iface_view *iface;
	struct rx_view view;
	struct rx_err err;
	int code = 0;

	if (rx_view_open(state->lab, &view, &err))
		return from(error, RX_CNI_NO_DEVICE, &err, "the pod's endpoint is gone");
	iface = &view.nodes[0].ifaces[0];
	if (!iface->port_state[0])
		code = rx_cni_fail(error, RX_CNI_NO_DEVICE, iface->drift,
				   "the RXE device %s of interface %s is gone", state->rdma_dev,
				   state->ifname);
	else if (!iface->up)
		code = rx_cni_fail(error, RX_CNI_NO_PORT, iface->drift, "interface %s is down",
				   state->ifname);
	else if ((iface->want->ipv4.family && !iface->ipv4[0]) ||
		 (iface->want->ipv6.family && !iface->ipv6[0]))
		code = rx_cni_fail(error, RX_CNI_NO_GID, iface->drift,
				   "an address of interface %s is gone", state->ifname);
	else if (view.nodes[0].drift[0] || iface->drift[0])
		code = rx_cni_fail(error, RX_CNI_NO_TRAFFIC,
				   iface->drift[0] ? iface->drift : view.nodes[0].drift,
				   "no RDMA traffic can flow on interface %s", state->ifname);
	rx_view_close(&view);
	return code;
}

int rx_pod_unmake(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error)
{
	struct rx_err err;

	if (!state->lab[0])
		return rx_pod_delete(pod, state, error);
	if (!rx_lab_down(state->lab, false, RX_HOLDERS_WAIT, &err) || err.code == ENOENT)
		return 0;
	return from(error, RX_CNI_TRY_AGAIN, &err, "the pod's endpoint could not be taken down");
}
