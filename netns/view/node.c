/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One node of a lab as the kernel shows it, beside what was asked for and what was made. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/steer.h"
#include "netns/view/view-priv.h"

void rx_view_drift(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	if (used && used + 3 < size)
		used += (size_t)snprintf(buf + used, size - used, "; ");
	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

bool rx_view_has_twins(const struct rx_view *view)
{
	return view->plane == RX_PLANE_HOSTED && view->lab.control == RX_CONTROL_NETNS;
}

static void look_at_addr(const struct rx_snapshot *shot, struct rx_iface_view *view,
			 const struct rx_cidr *want, char *text, size_t size)
{
	if (!want->family)
		return;
	rx_cidr_text(want, true, text, size);
	if (rx_snapshot_has_addr(shot, view->ifindex, want))
		return;
	DRIFT(view, "address %s is gone from %s", text, view->netdev);
	text[0] = 0;
}

static struct rx_impair impair_of(const struct rx_snapshot *shot, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < shot->n_netems && shot->netems[i].ifindex != ifindex; i++)
		;
	return i < shot->n_netems ? shot->netems[i].impair : (struct rx_impair){0};
}

/* A netdev of the interface: there, up, the one that was made (ifindex; 0: not known). NULL: it is
 * gone. */
static const struct rx_link_info *look_at_link(const struct rx_snapshot *shot,
					       struct rx_iface_view *view, const char *name,
					       unsigned ifindex)
{
	const struct rx_link_info *link = rx_snapshot_link(shot, name);

	if (!link) {
		DRIFT(view, "netdev %s is gone", name);
		return NULL;
	}
	if (!(link->flags & IFF_UP))
		DRIFT(view, "netdev %s is down", name);
	if (ifindex && ifindex != link->ifindex)
		DRIFT(view, "netdev %s is not the one that was made", name);
	return link;
}

static void look_at_mac(struct rx_iface_view *view, const struct rx_link_info *link)
{
	char is[18], want[18];

	if (memcmp(link->mac, view->want->mac, 6))
		DRIFT(view, "MAC of %s is %s instead of %s", link->name, rx_mac_text(link->mac, is),
		      rx_mac_text(view->want->mac, want));
}

static void look_at_netdev(const struct rx_snapshot *shot, struct rx_iface_view *view,
			   unsigned ifindex)
{
	const struct rx_iface *want = view->want;
	const struct rx_link_info *link = look_at_link(shot, view, want->netdev, ifindex);

	if (!link)
		return;
	view->ifindex = link->ifindex;
	view->mtu = link->mtu;
	view->up = link->flags & IFF_UP;
	rx_mac_text(link->mac, view->mac);
	view->impair = impair_of(shot, link->ifindex);
	look_at_mac(view, link);
	look_at_addr(shot, view, &want->ipv4, view->ipv4, sizeof(view->ipv4));
	look_at_addr(shot, view, &want->ipv6, view->ipv6, sizeof(view->ipv6));
}

/* Where RXE stays in init_net its netdev and the wire's do, too; the wire's goes for the endpoint's
 * own, by its MAC and its ifindex. */
static void look_at_twins(const struct rx_snapshot *host, struct rx_iface_view *view,
			  const struct rx_ledger_index *index)
{
	const struct rx_iface *want = view->want;
	const struct rx_op *rxe = rx_ledger_index_find(index, RX_OP_LINK, "", want->rxe_netdev),
			   *wire = rx_ledger_index_find(index, RX_OP_LINK, "", want->wire_netdev);
	const struct rx_link_info *link;

	look_at_link(host, view, want->rxe_netdev, rxe ? rxe->ifindex : 0);
	link = look_at_link(host, view, want->wire_netdev, wire ? wire->ifindex : 0);
	if (!link)
		return;
	view->impair = impair_of(host, link->ifindex);
	look_at_mac(view, link);
	if (view->ifindex && link->ifindex != view->ifindex)
		DRIFT(view, "ifindex of %s is %u and that of %s is %u: RXE sends nothing",
		      want->netdev, view->ifindex, want->wire_netdev, link->ifindex);
}

/* RXE's way out by the wire; and what leads what comes in to its addresses, in the lab's first
 * table. */
static void look_at_rules(const struct rx_shots *shots, struct rx_iface_view *view, int family)
{
	const char *version = family == AF_INET ? "IPv4" : "IPv6";
	const struct rx_rule *out = NULL;
	bool in = false;
	size_t i;

	for (i = 0; i < shots->n_rules && !out; i++)
		if (shots->rules[i].from.family == family &&
		    !strcmp(shots->rules[i].oif, view->wire_netdev))
			out = &shots->rules[i];
	if (!out) {
		DRIFT(view, "the %s rule of %s is gone: RXE finds no way out", version,
		      view->wire_netdev);
		return;
	}
	for (i = 0; i < shots->n_rules && !in; i++)
		in = shots->rules[i].from.family == family &&
		     shots->rules[i].mask == RX_STEER_MASK &&
		     shots->rules[i].table == out->table - view->want->ordinal;
	if (!in)
		DRIFT(view, "the %s rule of mark 0x%x is gone: RXE receives nothing", version,
		      RX_STEER_MARK);
}

static void look_at_ways(struct rx_shots *shots, struct rx_iface_view *view)
{
	const struct rx_link_info *rxe = rx_snapshot_link(&shots->host, view->rxe_netdev),
				  *wire = rx_snapshot_link(&shots->host, view->wire_netdev);
	struct rx_err ignored;
	int kind;

	if (!rxe || !wire)
		return; /* that is told */
	kind = rx_steer_is_there(&shots->host.route, wire, rxe, &ignored);
	view->steer = kind > 0 ? (enum rx_steer_kind)kind : RX_STEER_NONE;
	if (!kind)
		DRIFT(view, "a filter of %s or %s is gone: nothing comes in or goes out",
		      view->wire_netdev, view->rxe_netdev);
	if (!shots->rules &&
	    rx_rule_list(&shots->host.route, &shots->rules, &shots->n_rules, &ignored))
		return;
	if (view->want->ipv4.family)
		look_at_rules(shots, view, AF_INET);
	if (view->want->ipv6.family)
		look_at_rules(shots, view, AF_INET6);
}

static const char *state_name(uint8_t state)
{
	/* enum ib_port_state, include/rdma/ib_verbs.h */
	static const char *const names[] = {"NOP",   "DOWN",   "INIT",
					    "ARMED", "ACTIVE", "ACTIVE_DEFER"};

	return state < RX_ARRAY_SIZE(names) ? names[state] : "?";
}

/* ib_core offers no byte count over netlink or sysfs; RXE takes the largest of 256..4096 that fits
 * the netdev's MTU less its headers (eth_mtu_int_to_enum and rxe_mtu_int_to_enum,
 * drivers/infiniband/sw/rxe/rxe_param.h: RXE_MAX_HDR_LENGTH 80). */
static unsigned rdma_mtu(unsigned mtu)
{
	unsigned size;

	for (size = 4096; size > 256 && size + 80 > mtu; size /= 2)
		;
	return mtu ? size : 0;
}

static void choose_gid(struct rx_iface_view *view)
{
	const struct rx_cidr *addr = view->want->ipv4.family ? &view->want->ipv4
							     : &view->want->ipv6;
	const struct rx_gid *gid = rx_gid_among(view->gids, view->n_gids, addr);

	if (!gid) {
		DRIFT(view, "RXE device %s has no GID for its address", view->rdma_dev);
		return;
	}
	if (view->rxe_netdev[0] && strcmp(gid->netdev, view->netdev))
		DRIFT(view,
		      "RXE device %s has the GID of %s before that of %s: rdma_cm answers in "
		      "init_net",
		      view->rdma_dev, gid->netdev, view->netdev);
	view->gid_index = (int)gid->index;
	snprintf(view->gid, sizeof(view->gid), "%s", gid->text);
}

static void look_at_rdma(struct rx_snapshot *shot, struct rx_iface_view *view, bool want_gids,
			 bool is_new)
{
	const char *name = view->want->rdma_dev;
	const char *on = view->rxe_netdev[0] ? view->rxe_netdev : view->want->netdev;
	struct rx_rdma_port port;
	struct rx_err ignored;
	size_t i;

	view->gid_index = -1;
	if (!*name)
		return;
	snprintf(view->rdma_dev, sizeof(view->rdma_dev), "%s", name);
	for (i = 0; i < shot->n_devs && strcmp(shot->devs[i].name, name); i++)
		;
	if (i == shot->n_devs) {
		DRIFT(view, "RXE device %s is gone", name);
		return;
	}
	view->rdma_index = shot->devs[i].index;
	if (rx_rdma_port(&shot->rdma, view->rdma_index, &port, &ignored) ||
	    strcmp(port.name, name)) {
		DRIFT(view, "RXE device %s does not answer", name);
	} else {
		snprintf(view->port_state, sizeof(view->port_state), "%s", state_name(port.state));
		if (port.netdev[0] && strcmp(port.netdev, on))
			DRIFT(view, "RXE device %s is on netdev %s instead of %s", name,
			      port.netdev, on);
	}
	rx_rdma_uverbs(&shot->rdma, view->rdma_index, view->uverbs, sizeof(view->uverbs),
		       &view->uverbs_devt, &ignored);
	view->rdma_mtu = rdma_mtu(view->mtu);
	if (!want_gids)
		return;
	if (shot->gids) {
		view->gids = shot->gids;
		view->n_gids = shot->n_gids;
		shot->gids = NULL;
	} else if (shot->sysfs >= 0)
		rx_gid_list(shot->sysfs, name, is_new ? RX_GID_GAP_NEW : RX_GID_GAP, &view->gids,
			    &view->n_gids);
	choose_gid(view);
	if (view->gid_index < 0 && shot->sysfs >= 0 && view->n_gids &&
	    view->n_gids >= rx_gid_table_length(shot->sysfs, name))
		DRIFT(view, "its GID table of %zu entries is full", view->n_gids);
}

static void look_at_netns(const struct rx_op *made, struct rx_node_view *view)
{
	const struct rx_container *container = &view->want->container;
	struct stat status;

	if (!view->netns[0])
		return;
	if (container->kind && !made) {
		DRIFT(view, "its container (%s %s) did not run",
		      rx_container_kind_name(container->kind), container->id);
		return;
	}
	if (container->kind && (stat(made->value, &status) || status.st_ino != made->inode))
		DRIFT(view, "its container (%s %s) has ended or was started again",
		      rx_container_kind_name(container->kind), container->id);
	if (stat(view->netns, &status))
		DRIFT(view, "namespace %s is gone", view->netns);
	else if (made && made->inode && made->inode != status.st_ino)
		DRIFT(view, "namespace %s is not the one that was made", view->netns);
}

static void begin_node(const struct rx_view *view, struct rx_node_view *node)
{
	bool hosted = view->plane == RX_PLANE_HOSTED, whole = !hosted || rx_view_has_twins(view);

	if (whole)
		rx_netns_path(node->want->netns, node->netns, sizeof(node->netns));
	snprintf(node->data_netns, sizeof(node->data_netns), "%s", node->netns);
	if (!hosted)
		snprintf(node->roce_netns, sizeof(node->roce_netns), "%s", node->netns);
	if (!hosted || view->isolated)
		snprintf(node->rdma_netns, sizeof(node->rdma_netns), "%s", node->netns);
	node->n_ifaces = node->want->n_ifaces;
	if (!node->ifaces)
		node->ifaces = rx_alloc(node->n_ifaces, sizeof(*node->ifaces));
}

static void begin_iface(const struct rx_view *view, const struct rx_iface *want,
			struct rx_iface_view *iface)
{
	iface->want = want;
	iface->network = view->lab.networks[want->network].name;
	iface->gid_index = -1;
	snprintf(iface->netdev, sizeof(iface->netdev), "%s", want->netdev);
	snprintf(iface->rdma_dev, sizeof(iface->rdma_dev), "%s", want->rdma_dev);
	if (!rx_view_has_twins(view))
		return;
	snprintf(iface->rxe_netdev, sizeof(iface->rxe_netdev), "%s", want->rxe_netdev);
	snprintf(iface->wire_netdev, sizeof(iface->wire_netdev), "%s", want->wire_netdev);
}

static void look_at_iface(const struct rx_view *view, struct rx_shots *shots,
			  const struct rx_ledger_index *index, const struct rx_node_view *node,
			  struct rx_iface_view *iface)
{
	bool all = view->depth == RX_VIEW_ALL, twins = iface->rxe_netdev[0];
	const struct rx_op *made =
		index ? rx_ledger_index_find(index, RX_OP_LINK,
					     node->data_netns[0] ? node->want->netns : "",
					     iface->want->netdev)
		      : NULL;
	struct rx_snapshot *host = &shots->host;
	struct rx_err missing;

	look_at_netdev(&shots->own, iface, made ? made->ifindex : 0);
	if (twins && rx_snapshot_take(host, "", all && !view->isolated, &missing)) {
		DRIFT(iface, "init_net cannot be looked at: %s", missing.text);
		return;
	}
	if (twins && index) {
		look_at_twins(host, iface, index);
		look_at_ways(shots, iface);
	}
	look_at_rdma(twins && !view->isolated ? host : &shots->own, iface, all, !index);
}

void rx_view_look_at_node(struct rx_view *view, struct rx_shots *shots,
			  const struct rx_ledger_index *index, struct rx_node_view *node)
{
	const struct rx_op *netns = index ? rx_ledger_index_find(index, RX_OP_NETNS, NULL,
								 node->want->netns)
					  : NULL;
	bool gids = view->depth == RX_VIEW_ALL && (!rx_view_has_twins(view) || view->isolated);
	struct rx_snapshot *own = &shots->own;
	struct rx_err missing;
	size_t i;

	begin_node(view, node);
	if (view->depth != RX_VIEW_UNSEEN)
		look_at_netns(netns, node);
	for (i = 0; i < node->n_ifaces; i++) {
		begin_iface(view, &node->want->ifaces[i], &node->ifaces[i]);
		if (view->depth == RX_VIEW_UNSEEN)
			continue;
		if (rx_snapshot_take(own, node->data_netns, gids, &missing))
			continue; /* the namespace's own drift says it */
		if (!i && node->data_netns[0] && !node->drift[0] && netns && netns->cookie &&
		    own->cookie && netns->cookie != own->cookie)
			DRIFT(node, "namespace %s is not the one that was made", node->netns);
		look_at_iface(view, shots, index, node, &node->ifaces[i]);
	}
}

/* A node's only device was seen to be ready a moment ago: what its namespace has to say of it is
 * that it is there, by its port, which look_at_rdma asks for. */
static void hand_over_device(struct rx_snapshot *shot, struct rx_worker *worker,
			     const struct rx_node *node)
{
	struct rx_known_device *ready = &worker->ready;

	if (node->n_ifaces != 1 || !ready->gids || strcmp(ready->name, node->ifaces[0].rdma_dev))
		return;
	shot->devs = rx_alloc(1, sizeof(*shot->devs));
	shot->n_devs = 1;
	shot->devs->index = ready->index;
	snprintf(shot->devs->name, sizeof(shot->devs->name), "%s", ready->name);
	shot->gids = ready->gids;
	shot->n_gids = ready->n_gids;
	ready->gids = NULL;
}

/* Whatever cannot be had here is left to rx_view_finish. */
void rx_view_node_made(struct rx_view *view, struct rx_worker *worker, unsigned number)
{
	struct rx_shots shots = RX_SHOTS_NONE;
	struct rx_snapshot *shot = &shots.own;
	struct rx_node_view *node = &view->nodes[number];
	struct rx_nl *route, *rdma;
	struct rx_err ignored;
	char path[160];

	node->want = &view->lab.nodes[number];
	if (view->plane != RX_PLANE_NETNS || node->want->container.kind)
		return;
	route = rx_worker_route(worker, node->want->netns, &ignored);
	rdma = rx_worker_rdma(worker, node->want->netns, &ignored);
	if (!route || !rdma)
		return;
	shot->route = *route;
	shot->rdma = *rdma;
	shot->no_netem = !rx_node_impaired(&view->lab, node->want);
	hand_over_device(shot, worker, node->want);
	if (!shot->gids)
		shot->sysfs = rx_worker_sysfs(worker, node->want->netns, &ignored);
	rx_netns_path(node->want->netns, path, sizeof(path));
	node->seen = (shot->gids || shot->sysfs >= 0) && !rx_snapshot_read(shot, path, &ignored);
	if (node->seen)
		rx_view_look_at_node(view, &shots, NULL, node);
	*route = shot->route; /* their sequence numbers went on */
	*rdma = shot->rdma;
	shot->route = shot->rdma = RX_NL_CLOSED;
	shot->sysfs = -1;
	rx_snapshot_forget(shot);
}
