/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on the netdevs of a node and what lies on them. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/apply/own.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/netem.h"
#include "netns/kernel/rtnl.h"

static int index_of(struct rx_nl *route, const char *name, unsigned *ifindex, struct rx_err *err)
{
	struct rx_link_info info;

	*ifindex = 0;
	if (!*name)
		return 0;
	if (rx_link_get(route, name, &info, err))
		return -err->code;
	*ifindex = info.ifindex;
	return 0;
}

/* The same for a netdev of an endpoint, which was mostly made a moment ago by this very worker. */
static int index_inside(struct rx_worker *worker, struct rx_nl *route, const char *netns,
			const char *name, unsigned *ifindex, struct rx_err *err)
{
	if (netns[0] && !strcmp(worker->netns, netns) && !strcmp(worker->made.name, name)) {
		*ifindex = worker->made.ifindex;
		return 0;
	}
	return index_of(route, name, ifindex, err);
}

/* All endpoints of a segment hang on one lower netdev. */
static int index_of_lower(struct rx_worker *worker, const char *name, unsigned *ifindex,
			  struct rx_err *err)
{
	if (strcmp(worker->lower.name, name) || !*name) {
		if (index_of(&worker->route, name, ifindex, err))
			return -err->code;
		snprintf(worker->lower.name, sizeof(worker->lower.name), "%s", name);
		worker->lower.ifindex = *ifindex;
	}
	*ifindex = worker->lower.ifindex;
	return 0;
}

static int explain_add(const struct rx_op *op, const struct rx_link_spec *spec, struct rx_err *err)
{
	if (err->unanswered)
		return -err->code;
	if (spec->ifindex && (err->code == EBUSY || err->code == EEXIST))
		return rx_fail(err, "ifindex-taken", err->code,
			       "netdev %s: ifindex %u is taken%s%s; take the lab down and up again",
			       op->name, spec->ifindex, op->netns[0] ? " in " : "", op->netns);
	switch (err->code) {
	case EBUSY:
		return rx_fail(err, "parent-unusable", EBUSY,
			       "netdev %s: the kernel refuses a macvlan on %s (\"Device or "
			       "resource busy\"): it is a port of a bridge or bond; give that one "
			       "as the parent (on Proxmox: parent: vmbr0)",
			       op->name, op->lower);
	case EINVAL:
		return rx_fail(err, "mtu-too-large", EINVAL,
			       "netdev %s: the kernel refuses %s%s%s with MTU %u (\"Invalid "
			       "argument\"): it must not be above that of %s",
			       op->name, op->link_kind, op->lower[0] ? " on " : "", op->lower,
			       op->mtu, op->lower[0] ? op->lower : "its kind");
	case EADDRINUSE:
		return rx_fail(err, "namespace-make", EADDRINUSE,
			       "netdev %s: its MAC is in use on %s, perhaps by a netdev in a "
			       "namespace that was deleted while a process lived in it; end that "
			       "process",
			       op->name, op->lower);
	case EOPNOTSUPP:
		return rx_fail(err, "module-missing", EOPNOTSUPP,
			       "netdev %s: this kernel knows no link kind %s; is its module there?",
			       op->name, op->link_kind);
	default:
		return -err->code;
	}
}

static int tag(struct rx_worker *worker, struct rx_nl *route, const char *name,
	       struct rx_link_change *change, unsigned *ifindex, struct rx_err *err)
{
	char alias[RX_TAG_SIZE];

	change->alias = rx_own_tag(worker, alias);
	return rx_link_index(route, name, ifindex, err) ||
			       rx_link_change(route, *ifindex, name, change, err)
		       ? -err->code
		       : 0;
}

/* The peer of a veth stays in init_net and becomes a port; tagged like everything of ours. */
static int finish(struct rx_worker *worker, struct rx_op *op, struct rx_nl *there, unsigned master,
		  struct rx_err *err)
{
	struct rx_link_change own = {0}, peer = {.set_master = true, .master = master};
	unsigned ignored;

	if (tag(worker, there, op->name, &own, &op->ifindex, err))
		return -err->code;
	return op->peer[0] ? tag(worker, &worker->route, op->peer, &peer, &ignored, err) : 0;
}

static int link_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		     struct rx_err *err)
{
	struct rx_own_link own;
	int rc = rx_own_link(worker, op, certain, &own, err);

	if (!rc && own.stranger)
		rx_apply_warn(worker->apply,
			      "netdev %s%s%s is not the one that was made (somebody replaced it); "
			      "it is left alone",
			      op->name, op->netns[0] ? " in " : "", op->netns);
	if (rc == 1) {
		rc = rx_link_delete(own.route, own.info.ifindex, own.info.name, err);
		if (rc && err->code == ENODEV && !err->unanswered)
			rc = 0;
	}
	rx_own_link_close(&own);
	return rc;
}

/* The wire's netdev of an endpoint has the index that its own is to have: it goes, and is made
 * again after that. */
static bool make_way(struct rx_worker *worker, const struct rx_op *op, unsigned ifindex)
{
	struct rx_link_info link;
	struct rx_err ignored;
	char alias[RX_TAG_SIZE];

	rx_own_tag(worker, alias);
	return op->twin[0] && !rx_link_get(&worker->route, op->twin, &link, &ignored) &&
	       link.ifindex == ifindex && !strcmp(link.alias, alias) &&
	       !rx_link_delete(&worker->route, ifindex, op->twin, &ignored);
}

/* The index is to be free here and there. The kernel says EBUSY where it is taken there, and EEXIST
 * where it is here, in the namespace of the request (__rtnl_newlink(), net/core/rtnetlink.c). */
static int add_with_index(struct rx_worker *worker, const struct rx_op *op,
			  struct rx_link_spec *spec, struct rx_err *err)
{
	unsigned tries = RX_INDEX_TRIES;

	spec->ifindex = op->index;
	while (rx_link_add(&worker->route, spec, err)) {
		if (err->unanswered || (err->code != EBUSY && err->code != EEXIST))
			return -err->code;
		if (err->code == EEXIST && make_way(worker, op, spec->ifindex))
			continue;
		if (!--tries)
			return -err->code;
		spec->ifindex += RX_INDEX_STRIDE;
	}
	return 0;
}

/* RXE before 7.1 looks a route up in init_net, by the ifindex of a netdev that lives elsewhere
 * (rxe_find_route4(), drivers/infiniband/sw/rxe/rxe_net.c): the wire's must have the same. */
static int add_as_twin(struct rx_worker *worker, const struct rx_op *op, struct rx_link_spec *spec,
		       struct rx_err *err)
{
	struct rx_nl *there = rx_worker_route(worker, op->twin_netns, err);

	if (!there || index_inside(worker, there, op->twin_netns, op->twin, &spec->ifindex, err))
		return -err->code;
	return rx_link_add(&worker->route, spec, err);
}

static int add_link(struct rx_worker *worker, const struct rx_op *op, struct rx_link_spec *spec,
		    struct rx_err *err)
{
	if (op->index)
		return add_with_index(worker, op, spec, err);
	return op->twin[0] ? add_as_twin(worker, op, spec, err)
			   : rx_link_add(&worker->route, spec, err);
}

static int link_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	static const uint8_t no_mac[6];
	struct rx_nl *here = rx_worker_route(worker, "", err), *there;
	struct rx_link_spec spec = {.kind = op->link_kind,
				    .name = op->name,
				    .vlan = op->vlan,
				    .mtu = op->mtu,
				    .mac = memcmp(op->mac, no_mac, 6) ? op->mac : NULL,
				    .netns = -1,
				    .peer = op->peer[0] ? op->peer : NULL};
	struct rx_link_info master = {0};
	struct rx_err first;

	if (!here || index_of_lower(worker, op->lower, &spec.lower, err) ||
	    (op->master[0] && rx_link_get(here, op->master, &master, err)))
		return -err->code;
	if (op->netns[0] && rx_worker_enter(worker, op->netns, err))
		return -err->code;
	spec.netns = op->netns[0] ? worker->netns_fd : -1;
	spec.master = op->peer[0] ? 0 : master.ifindex;
	/* a port with less than its bridge takes that down with it (br_mtu_auto_adjust(),
	 * net/bridge/br_if.c) */
	spec.peer_mtu = master.mtu > op->mtu ? master.mtu : op->mtu;
	if (add_link(worker, op, &spec, err))
		return explain_add(op, &spec, err);
	rx_boundary("netdev made, not yet tagged");
	there = rx_worker_route(worker, op->netns, err);
	if (!there || finish(worker, op, there, master.ifindex, err)) {
		first = *err;
		link_undo(worker, op, false, err);
		*err = first;
		return -err->code;
	}
	if (op->netns[0]) {
		snprintf(worker->made.name, sizeof(worker->made.name), "%s", op->name);
		worker->made.ifindex = op->ifindex;
	}
	return 0;
}

static int link_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_link_info info;
	struct rx_err err;
	struct rx_nl *route;

	/* nothing can be in a namespace that was made a moment ago; elsewhere the kernel's own
	 * EEXIST says less than we do */
	if (worker->apply->mode == RX_APPLY_NEW && op->netns[0] && worker->apply->lab)
		return 0;
	route = rx_worker_route(worker, op->netns, &err);
	return route && !rx_link_get(route, op->name, &info, &err);
}

static int up_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	struct rx_link_change change = {.up = true,
					.arp = !strcmp(op->value, "arp"),
					.allmulticast = !strcmp(op->value, "allmulticast")};
	unsigned ifindex;

	if (!route || index_inside(worker, route, op->netns, op->name, &ifindex, err))
		return -err->code;
	return rx_link_change(route, ifindex, op->name, &change, err);
}

static int renew_twin(struct rx_worker *worker, const struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *there = rx_worker_route(worker, op->twin_netns, err);
	struct rx_err ignored;
	unsigned ifindex;

	if (!there || index_of(there, op->twin, &ifindex, err))
		return -err->code;
	rx_addr_delete(there, ifindex, op->twin, &op->via, &ignored);
	return rx_addr_add(there, ifindex, op->twin, &op->via, err);
}

static int addr_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	struct rx_err ignored;
	unsigned ifindex;

	if (!route || index_inside(worker, route, op->netns, op->name, &ifindex, err))
		return -err->code;
	/* there, but before its twin's in the GID table, where what is new takes the first free
	 * place: both go, and come in their order */
	if (op->twin[0] && worker->apply->mode == RX_APPLY_MISSING &&
	    !rx_addr_delete(route, ifindex, op->name, &op->addr, &ignored) &&
	    renew_twin(worker, op, err))
		return -err->code;
	route = rx_worker_route(worker, op->netns, err);
	if (!route)
		return -err->code;
	if (rx_addr_add(route, ifindex, op->name, &op->addr, err) &&
	    !(err->code == EEXIST && worker->apply->mode == RX_APPLY_MISSING))
		return -err->code;
	return 0;
}

static bool is_behind_twin(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err ignored;
	int home = rx_worker_sysfs(worker, "", &ignored),
	    sysfs = home < 0 || rx_rdma_sysfs_has(home, op->value)
			    ? home
			    : rx_worker_sysfs(worker, op->twin_netns, &ignored);
	rx_autofree struct rx_gid *gids = NULL;
	const struct rx_gid *gid;
	size_t n = 0;

	if (sysfs < 0 || rx_gid_list(sysfs, op->value, RX_GID_GAP, &gids, &n))
		return true;
	gid = rx_gid_among(gids, n, &op->addr);
	return gid && !strcmp(gid->netdev, op->twin);
}

static int addr_exists(struct rx_worker *worker, const struct rx_op *op)
{
	struct rx_err err;
	struct rx_nl *route = rx_worker_route(worker, op->netns, &err);
	rx_autofree struct rx_addr_info *list = NULL;
	unsigned ifindex;
	size_t n = 0, i;

	if (worker->apply->mode == RX_APPLY_NEW)
		return 0; /* a new netdev has no address, and the list of a big lab is long */
	if (!route || index_of(route, op->name, &ifindex, &err) ||
	    rx_addr_list(route, &list, &n, &err))
		return 0;
	for (i = 0; i < n; i++)
		if (list[i].ifindex == ifindex && rx_cidr_same_address(&list[i].addr, &op->addr))
			return !op->twin[0] || is_behind_twin(worker, op);
	return 0;
}

/* What was there before is not asked for: all of these are of netdevs and namespaces that are ours
 * and go with them. */
static int sysctl_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	char path[200];
	int rc;

	if (rx_worker_go(worker, op->netns, err))
		return -err->code;
	snprintf(path, sizeof(path), "/proc/sys/%s", op->name);
	rc = rx_file_write(path, op->value);
	rx_trace("sysctl %s: %s: %s", op->name, op->value, rc ? strerror(-rc) : "ok");
	if (rc == -ENOENT && strstr(op->name, "ipv6"))
		return 0; /* a kernel without IPv6 has nothing to forward */
	return rc ? rx_fail(err, "sysctl-set", -rc, "sysctl %s: cannot set %s: %s", op->name,
			    op->value, strerror(-rc))
		  : 0;
}

/* ---- neighbours ---- */

static void add_neigh(struct rx_neigh_spec *list, size_t *n, unsigned ifindex,
		      const struct rx_cidr *addr, const uint8_t *mac)
{
	if (addr->family)
		list[(*n)++] =
			(struct rx_neigh_spec){.ifindex = ifindex, .addr = *addr, .mac = mac};
}

static void add_peers(const struct rx_lab *lab, const struct rx_node *node,
		      const struct rx_iface *iface, unsigned ifindex, struct rx_neigh_spec *list,
		      size_t *n)
{
	size_t i, k;

	for (i = 0; i < lab->n_nodes + lab->n_remote; i++) {
		const struct rx_node *peer = i < lab->n_nodes ? &lab->nodes[i]
							      : &lab->remote[i - lab->n_nodes];

		for (k = 0; k < peer->n_ifaces && peer != node; k++) {
			if (peer->ifaces[k].network != iface->network)
				continue;
			add_neigh(list, n, ifindex, &peer->ifaces[k].ipv4, peer->ifaces[k].mac);
			add_neigh(list, n, ifindex, &peer->ifaces[k].ipv6, peer->ifaces[k].mac);
		}
	}
}

/* The netdev by which an endpoint sends, there: in init_net, where it is whole, RXE sends by the
 * wire's. */
static const char *sends_by(const struct rx_lab *lab, const struct rx_iface *iface,
			    const char *netns)
{
	return !netns[0] && lab->control == RX_CONTROL_NETNS ? iface->wire_netdev
							     : rx_iface_netdev(iface, netns);
}

static int neighbours_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	const struct rx_lab *lab = worker->apply->lab;
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	const struct rx_node *node = NULL;
	size_t i, all = 0, n;

	for (i = 0; i < lab->n_nodes; i++) {
		all += 2 * lab->nodes[i].n_ifaces;
		if (!strcmp(lab->nodes[i].name, op->name))
			node = &lab->nodes[i];
	}
	for (i = 0; i < lab->n_remote; i++)
		all += 2 * lab->remote[i].n_ifaces;
	if (!route || !node)
		return -err->code;
	for (i = 0; i < node->n_ifaces; i++) {
		rx_autofree struct rx_neigh_spec *list = rx_alloc(all, sizeof(*list));
		unsigned ifindex;

		if (index_inside(worker, route, op->netns,
				 sends_by(lab, &node->ifaces[i], op->netns), &ifindex, err))
			return -err->code;
		n = 0;
		add_peers(lab, node, &node->ifaces[i], ifindex, list, &n);
		if (rx_neigh_replace(route, list, n, err))
			return -err->code;
	}
	rx_trace("neighbours of %s: ok", op->name);
	return 0;
}

static int qdisc_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	unsigned ifindex;

	if (!route || index_of(route, op->name, &ifindex, err))
		return -err->code;
	return rx_netem_set(route, ifindex, op->name, &op->impair, err);
}

const struct rx_op_type rx_op_link = {.apply = link_apply,
				      .undo = link_undo,
				      .exists = link_exists};

const struct rx_op_type rx_op_up = {.apply = up_apply};
const struct rx_op_type rx_op_addr = {.apply = addr_apply, .exists = addr_exists};
const struct rx_op_type rx_op_sysctl = {.apply = sysctl_apply};
const struct rx_op_type rx_op_neighbours = {.apply = neighbours_apply};
const struct rx_op_type rx_op_qdisc = {.apply = qdisc_apply};
