/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to an endpoint. Everything here is what a machine may do to a lab behind rxelab's
 * back. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/steer.h"
#include "tools/churn/churn.h"

/* One of the netdevs of an endpoint, and a socket where it lives. */
struct side {
	const char *netdev;
	struct rx_nl *route;
};

struct act {
	struct rx_churn *churn;
	struct rx_churn_target *target;
	const struct rx_iface *iface;
	struct rx_churn_random *random;
	struct rx_nl route, home;     /* where its own netdev lives; init_net */
	struct side own, wire, below; /* the latter two: of the hosted plane, or without a name */
	char uverbs[64];              /* node of the RXE, and its inode; "" unknown */
	ino_t inode;
};

/* ---- waiting for what goes asynchronously ---- */

/* In a namespace that has lost its name a device cannot be seen, but its node is in the one
 * devtmpfs of the host. */
static void note_node(struct act *act)
{
	struct rx_err ignored;
	struct stat status;
	struct rx_nl rdma;
	char name[32];
	uint32_t index;
	dev_t devt;

	if (rx_nl_open(&rdma, NETLINK_RDMA, act->target->node->rdma_netns, &ignored))
		return;
	if (!rx_rdma_find(&rdma, act->iface->rdma_dev, &index, &ignored) &&
	    !rx_rdma_uverbs(&rdma, index, name, sizeof(name), &devt, &ignored)) {
		snprintf(act->uverbs, sizeof(act->uverbs), "/dev/infiniband/%s", name);
		if (stat(act->uverbs, &status))
			act->uverbs[0] = 0;
		act->inode = status.st_ino;
	}
	rx_nl_close(&rdma);
}

/* The same number may be another device's by now: then the inode is another one. */
static bool node_there(const struct act *act)
{
	struct stat status;

	return act->uverbs[0] && !stat(act->uverbs, &status) && status.st_ino == act->inode;
}

/* Inside and, since a namespace that dies hands its devices back (exclusive mode), in init_net. It
 * matters: adding an RXE while its name is still taken leaks a reference
 * (docs/reference/kernel-support.md). */
static int wait_device_gone(const struct act *act, struct rx_err *err)
{
	const char *name = act->iface->rdma_dev, *netns = act->target->node->rdma_netns;
	rx_autoclose int home = rx_ns_sysfs("", err), inside = -1;
	double deadline = rx_now() + RX_CHURN_SETTLE;
	struct rx_err no_namespace;

	if (home < 0)
		return home;
	if (netns[0])
		inside = rx_ns_sysfs(netns, &no_namespace);
	while (node_there(act) || rx_rdma_sysfs_has(home, name) ||
	       (inside >= 0 && rx_rdma_sysfs_has(inside, name))) {
		if (rx_now() > deadline)
			return rx_fail(err, "device-lingers", ETIMEDOUT,
				       "RXE device %s is still there %.0f s after its netdev went",
				       name, RX_CHURN_SETTLE);
		rx_wait_ms(5);
	}
	return 0;
}

/* ---- the parts ---- */

static int link_of(const struct side *side, struct rx_link_info *info, struct rx_err *err)
{
	return rx_link_get(side->route, side->netdev, info, err);
}

static int delete_rxe(struct act *act, struct rx_err *err)
{
	const char *name = act->iface->rdma_dev;
	struct rx_nl rdma;
	uint32_t index;
	int rc;

	if (rx_nl_open(&rdma, NETLINK_RDMA, act->target->node->rdma_netns, err))
		return -err->code;
	rc = rx_rdma_find(&rdma, name, &index, err);
	if (!rc)
		rc = rx_rdma_link_delete(&rdma, index, name, err);
	rx_nl_close(&rdma);
	return rc;
}

static int delete_link(const struct side *side, struct rx_err *err)
{
	struct rx_link_info info;

	return link_of(side, &info, err) ||
			       rx_link_delete(side->route, info.ifindex, info.name, err)
		       ? -err->code
		       : 0;
}

static bool is_twin(const struct act *act)
{
	return act->below.netdev[0];
}

static int delete_netdev(struct act *act, struct rx_err *err)
{
	if (delete_link(&act->own, err))
		return -err->code;
	return is_twin(act) ? 0 : wait_device_gone(act, err);
}

static int delete_wire(struct act *act, struct rx_err *err)
{
	return delete_link(&act->wire, err);
}

static int delete_below(struct act *act, struct rx_err *err)
{
	return delete_link(&act->below, err) ? -err->code : wait_device_gone(act, err);
}

/* As "ip netns delete" does it. Nothing of ours may hold it: a socket or a descriptor would keep it
 * alive. */
static int delete_netns(struct act *act, struct rx_err *err)
{
	const struct rx_node_view *node = act->target->node;

	rx_nl_close(&act->route);
	if (umount2(node->netns, MNT_DETACH) || unlink(node->netns))
		return rx_fail(err, "namespace-remove", errno, "namespace %s: cannot delete it: %s",
			       node->netns, strerror(errno));
	return node->data_netns[0] && !is_twin(act) ? wait_device_gone(act, err) : 0;
}

static int delete_endpoint(struct act *act, struct rx_err *err)
{
	if (delete_rxe(act, err) || delete_netdev(act, err) ||
	    (is_twin(act) && (delete_wire(act, err) || delete_below(act, err))))
		return -err->code;
	return act->target->node->netns[0] ? delete_netns(act, err) : 0;
}

/* ---- the ways ---- */

static int delete_filters(struct act *act, struct rx_err *err)
{
	const struct side *side = rx_churn_pick(act->random, 2) ? &act->wire : &act->below;
	struct rx_link_info info;

	return link_of(side, &info, err) || rx_steer_end(side->route, &info, err) ? -err->code : 0;
}

static unsigned count_ops(const struct rx_churn_target *target, enum rx_op_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < target->n_ops; i++)
		n += target->ops[i].kind == kind;
	return n;
}

/* One of those of that kind, whichever interface it is of. */
static const struct rx_op *any_op(const struct act *act, enum rx_op_kind kind)
{
	unsigned skip = rx_churn_pick(act->random, count_ops(act->target, kind));
	const struct rx_op *op = act->target->ops;

	while (op->kind != kind || skip--)
		op++;
	return op;
}

static int delete_rule(struct act *act, struct rx_err *err)
{
	struct rx_rule rule = rx_op_rule_spec(any_op(act, RX_OP_RULE));

	return rx_rule_delete(&act->home, &rule, err);
}

static int delete_route(struct act *act, struct rx_err *err)
{
	const struct rx_op *op = any_op(act, RX_OP_ROUTE);
	const struct side side = {op->name, op->netns[0] ? &act->route : &act->home};
	struct rx_link_info info;
	struct rx_route_spec route;

	if (link_of(&side, &info, err))
		return -err->code;
	route = rx_op_route_spec(op, info.ifindex);
	return rx_route_delete(side.route, &route, err);
}

/* ---- to and fro ---- */

static int send_to(struct rx_nl *route, const char *name, const char *netns, struct rx_err *err)
{
	struct rx_link_info info;
	int fd = rx_ns_open(netns, err), rc;

	if (fd < 0)
		return fd;
	rc = rx_link_get(route, name, &info, err);
	if (!rc)
		rc = rx_link_move(route, info.ifindex, name, fd, err);
	close(fd);
	return rc;
}

static int there_and_back(struct act *act, const char *other, struct rx_nl *there,
			  struct rx_err *err)
{
	if (send_to(&act->route, act->iface->netdev, other, err) ||
	    (!is_twin(act) && wait_device_gone(act, err)))
		return -err->code;
	return send_to(there, act->iface->netdev, act->target->node->data_netns, err);
}

static bool is_link(const struct rx_op *op, const char *netdev)
{
	return op->kind == RX_OP_LINK && !strcmp(op->name, netdev);
}

static const struct rx_op *link_op(const struct act *act)
{
	size_t i;

	for (i = 0; i < act->target->n_ops; i++)
		if (is_link(&act->target->ops[i], act->iface->netdev))
			return &act->target->ops[i];
	return NULL;
}

/* After the trip the netdev may have another index: the ledger must know it, or down would not take
 * it for ours. */
static int note_index(struct act *act, struct rx_err *err)
{
	struct rx_ledger *ledger = &act->churn->ledger;
	struct rx_link_info info;
	struct rx_op op = {0};
	size_t i, id = 0;
	bool found = false;

	if (link_of(&act->own, &info, err))
		return -err->code;
	pthread_mutex_lock(&ledger->mutex);
	for (i = ledger->n; i-- > 0 && !found;) {
		found = ledger->entries[i].state == RX_ENTRY_DONE &&
			is_link(&ledger->entries[i].op, act->iface->netdev);
		if (found) {
			op = ledger->entries[i].op;
			id = ledger->entries[i].id;
		}
	}
	pthread_mutex_unlock(&ledger->mutex);
	op.ifindex = info.ifindex;
	return found ? rx_ledger_done(ledger, id, &op, err) : 0;
}

/* To init_net and back. An intent for the place
 * where it should not be makes down find it there if we are killed meanwhile. */
static int move_netdev(struct act *act, struct rx_err *err)
{
	const struct rx_node_view *node = act->target->node;
	const char *other = node->data_netns[0] ? "" : node->netns;
	const struct rx_op *made = link_op(act);
	struct rx_err second = {0};
	struct rx_nl there;
	struct rx_op op;
	size_t id;
	int rc;

	if (!made)
		return rx_fail(err, "ledger-damaged", ENOENT, "netdev %s is not in the ledger",
			       act->iface->netdev);
	op = *made;
	snprintf(op.netns, sizeof(op.netns), "%s", other[0] ? node->want->netns : "");
	if (rx_nl_open(&there, NETLINK_ROUTE, other, err))
		return -err->code;
	rc = rx_ledger_intent(&act->churn->ledger, &op, &id, err);
	if (!rc) {
		rc = there_and_back(act, other, &there, err);
		rx_ledger_undone(&act->churn->ledger, id, &second);
	}
	rx_nl_close(&there);
	return rc ? rc : note_index(act, err);
}

/* One of its netdevs, or with all false not RXE's: its own would keep the smaller MTU. */
static const struct side *any_side(struct act *act, bool all)
{
	const struct side *sides[] = {&act->own, &act->wire, &act->below};

	return is_twin(act) ? sides[rx_churn_pick(act->random, all ? 3 : 2)] : &act->own;
}

static int flap(struct act *act, struct rx_err *err)
{
	const struct side *side = any_side(act, true);
	const struct rx_link_change down = {.down = true}, up = {.up = true};
	unsigned times = 1 + rx_churn_pick(act->random, 4);
	struct rx_link_info info;

	if (link_of(side, &info, err))
		return -err->code;
	for (; times; times--)
		if (rx_link_change(side->route, info.ifindex, info.name, &down, err) ||
		    rx_link_change(side->route, info.ifindex, info.name, &up, err))
			return -err->code;
	return 0;
}

/* Not below 1280: there a netdev loses its IPv6 (RFC 8200, section 5). */
static int change_mtu(struct act *act, struct rx_err *err)
{
	const struct side *side = any_side(act, false);
	struct rx_link_change other = {0}, before = {0};
	struct rx_link_info info;

	if (link_of(side, &info, err))
		return -err->code;
	before.mtu = info.mtu;
	other.mtu = info.mtu > 1280 ? 1280 + rx_churn_pick(act->random, info.mtu - 1280) : info.mtu;
	if (rx_link_change(side->route, info.ifindex, info.name, &other, err))
		return -err->code;
	rx_wait_ms(1 + (int)rx_churn_pick(act->random, 20)); /* traffic meets it */
	return rx_link_change(side->route, info.ifindex, info.name, &before, err);
}

/* The other address is of TEST-NET-2 (RFC 5737), that no lab has by chance. */
static int change_address(struct act *act, struct rx_err *err)
{
	struct rx_cidr other = {.family = AF_INET, .prefix = 32, .addr = {198, 51, 100}};
	const struct rx_cidr *ours = act->iface->ipv4.family ? &act->iface->ipv4
							     : &act->iface->ipv6;
	struct rx_link_info info;

	other.addr[3] = (uint8_t)(1 + rx_churn_pick(act->random, 254));
	if (link_of(&act->own, &info, err) ||
	    rx_addr_add(&act->route, info.ifindex, info.name, &other, err) ||
	    rx_addr_delete(&act->route, info.ifindex, info.name, ours, err))
		return -err->code;
	rx_wait_ms(1 + (int)rx_churn_pick(act->random, 20));
	if (rx_addr_delete(&act->route, info.ifindex, info.name, &other, err))
		return -err->code;
	return rx_addr_add(&act->route, info.ifindex, info.name, ours, err);
}

static int kill_traffic(struct act *act, struct rx_err *err)
{
	(void)err;
	rx_churn_traffic_kill(&act->churn->traffic, act->target->number);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct act *act, struct rx_err *err);
	bool device_goes, netdev_goes;
} kinds[RX_CHURN_KINDS] = {
	[RX_CHURN_RXE] = {"rxe-delete", delete_rxe, .device_goes = true},
	[RX_CHURN_NETDEV] = {"netdev-delete", delete_netdev, .netdev_goes = true},
	[RX_CHURN_WIRE] = {"wire-delete", delete_wire},
	[RX_CHURN_BELOW] = {"rxe-netdev-delete", delete_below, .device_goes = true},
	[RX_CHURN_FILTER] = {"filter-delete", delete_filters},
	[RX_CHURN_RULE] = {"rule-delete", delete_rule},
	[RX_CHURN_ROUTE] = {"route-delete", delete_route},
	[RX_CHURN_NETNS] = {"netns-delete", delete_netns, .netdev_goes = true},
	[RX_CHURN_ENDPOINT] = {"endpoint-delete", delete_endpoint, .device_goes = true},
	[RX_CHURN_MOVE] = {"netdev-move", move_netdev, .netdev_goes = true},
	[RX_CHURN_FLAP] = {"link-flap", flap},
	[RX_CHURN_MTU] = {"mtu", change_mtu},
	[RX_CHURN_ADDRESS] = {"address", change_address},
	[RX_CHURN_KILL] = {"traffic-kill", kill_traffic},
};

const char *rx_churn_kind_name(enum rx_churn_kind kind)
{
	return kinds[kind].name;
}

/* A container's namespace and netdevs are not ours to delete; a router's way back would need all
 * others' routes. */
bool rx_churn_can(const struct rx_churn *churn, enum rx_churn_kind kind,
		  const struct rx_churn_target *target)
{
	const struct rx_node_view *node = target->node;
	bool netns = node->netns[0] && node->want->container.kind == RX_CONTAINER_NONE;
	bool twin = node->ifaces[0].rxe_netdev[0];

	if (kind == RX_CHURN_WIRE || kind == RX_CHURN_BELOW || kind == RX_CHURN_FILTER)
		return twin;
	if (kind == RX_CHURN_RULE || kind == RX_CHURN_ROUTE)
		return count_ops(target, kind == RX_CHURN_RULE ? RX_OP_RULE : RX_OP_ROUTE);
	if (kind == RX_CHURN_NETNS)
		return netns;
	if (kind == RX_CHURN_MOVE)
		return netns &&
		       (twin || !churn->view.lab.networks[node->want->ifaces[0].network].bridge[0]);
	if (kind == RX_CHURN_ENDPOINT)
		return (netns || !node->netns[0]) && node->n_ifaces == 1;
	return true;
}

static int open_act(struct act *act, struct rx_err *err)
{
	const struct rx_node_view *node = act->target->node;
	unsigned k = rx_churn_pick(act->random, (unsigned)node->n_ifaces);
	const struct rx_iface_view *iface = &node->ifaces[k];

	act->iface = iface->want;
	act->own = (struct side){iface->want->netdev, &act->route};
	act->wire = (struct side){iface->wire_netdev, &act->home};
	act->below = (struct side){iface->rxe_netdev, &act->home};
	return rx_nl_open(&act->route, NETLINK_ROUTE, node->data_netns, err) ||
			       rx_nl_open(&act->home, NETLINK_ROUTE, "", err)
		       ? -err->code
		       : 0;
}

static void close_act(struct act *act)
{
	rx_nl_close(&act->route);
	rx_nl_close(&act->home);
}

int rx_churn_act(struct rx_churn *churn, enum rx_churn_kind kind, struct rx_churn_target *target,
		 struct rx_churn_random *random, struct rx_err *err)
{
	struct act act = {.churn = churn,
			  .target = target,
			  .random = random,
			  .route = RX_NL_CLOSED,
			  .home = RX_NL_CLOSED};
	const char *name = target->node->want->name;
	bool twin = target->node->ifaces[0].rxe_netdev[0];
	int rc = open_act(&act, err);

	if (rc) {
		close_act(&act);
		return rc;
	}
	/* where RXE has a netdev of its own it stays, whatever becomes of the endpoint's */
	if (kinds[kind].device_goes || (kinds[kind].netdev_goes && !twin)) {
		note_node(&act);
		rx_churn_let_go(&churn->traffic, target->number);
	}
	rc = kinds[kind].run(&act, err);
	close_act(&act);
	if (rc)
		rx_churn_problem(&churn->problems, kinds[kind].name, name, "%.590s", err->text);
	rc = rx_churn_restore(churn, target, err);
	atomic_store(&churn->traffic.shared->going[target->number], false);
	return rc;
}
