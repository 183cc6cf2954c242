/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to an endpoint. Everything here is what a machine may do to a lab behind rxelab's
 * back. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tools/churn/churn.h"

#define BIT(kind) (1u << (kind))

struct act {
	struct rx_churn *churn;
	struct rx_churn_target *target;
	const struct rx_iface *iface;
	struct rx_churn_random *random;
	struct rx_nl route; /* where the netdev lives */
	struct rx_churn_gone gone;
	char uverbs[64]; /* node of the RXE, and its inode; "" unknown */
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

static int link_of(struct act *act, struct rx_link_info *info, struct rx_err *err)
{
	return rx_link_get(&act->route, act->iface->netdev, info, err);
}

static int delete_rxe(struct act *act, struct rx_err *err)
{
	const char *name = act->iface->rdma_dev;
	struct rx_nl rdma;
	uint32_t index;
	int rc;

	act->gone.kinds = BIT(RX_OP_RXE) | BIT(RX_OP_MOVE) | BIT(RX_OP_READY);
	act->gone.netdev = act->iface->netdev;
	if (rx_nl_open(&rdma, NETLINK_RDMA, act->target->node->rdma_netns, err))
		return -err->code;
	rc = rx_rdma_find(&rdma, name, &index, err);
	if (!rc)
		rc = rx_rdma_link_delete(&rdma, index, name, err);
	rx_nl_close(&rdma);
	return rc;
}

static int delete_netdev(struct act *act, struct rx_err *err)
{
	struct rx_link_info info;

	act->gone.kinds = ~BIT(RX_OP_NETNS);
	act->gone.netdev = act->iface->netdev;
	if (link_of(act, &info, err) || rx_link_delete(&act->route, info.ifindex, info.name, err))
		return -err->code;
	return wait_device_gone(act, err);
}

/* As "ip netns delete" does it. Nothing of ours may hold it: a socket or a descriptor would keep it
 * alive. */
static int delete_netns(struct act *act, struct rx_err *err)
{
	const struct rx_node_view *node = act->target->node;

	rx_nl_close(&act->route);
	act->gone.netns = true;
	if (umount2(node->netns, MNT_DETACH) || unlink(node->netns))
		return rx_fail(err, "namespace-remove", errno, "namespace %s: cannot delete it: %s",
			       node->netns, strerror(errno));
	return node->data_netns[0] ? wait_device_gone(act, err) : 0;
}

static int delete_endpoint(struct act *act, struct rx_err *err)
{
	if (delete_rxe(act, err) || delete_netdev(act, err))
		return -err->code;
	return act->target->node->netns[0] ? delete_netns(act, err) : 0;
}

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
	if (send_to(&act->route, act->iface->netdev, other, err) || wait_device_gone(act, err))
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

	if (link_of(act, &info, err))
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
	act->gone.kinds = ~(BIT(RX_OP_NETNS) | BIT(RX_OP_LINK));
	act->gone.netdev = act->iface->netdev;
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

static int flap(struct act *act, struct rx_err *err)
{
	const struct rx_link_change down = {.down = true}, up = {.up = true};
	unsigned times = 1 + rx_churn_pick(act->random, 4);
	struct rx_link_info info;

	if (link_of(act, &info, err))
		return -err->code;
	for (; times; times--)
		if (rx_link_change(&act->route, info.ifindex, info.name, &down, err) ||
		    rx_link_change(&act->route, info.ifindex, info.name, &up, err))
			return -err->code;
	return 0;
}

/* Not below 1280: there a netdev loses its IPv6 (RFC 8200, section 5). */
static int change_mtu(struct act *act, struct rx_err *err)
{
	struct rx_link_change other = {0}, before = {0};
	struct rx_link_info info;

	if (link_of(act, &info, err))
		return -err->code;
	before.mtu = info.mtu;
	other.mtu = info.mtu > 1280 ? 1280 + rx_churn_pick(act->random, info.mtu - 1280) : info.mtu;
	if (rx_link_change(&act->route, info.ifindex, info.name, &other, err))
		return -err->code;
	rx_wait_ms(1 + (int)rx_churn_pick(act->random, 20)); /* traffic meets it */
	return rx_link_change(&act->route, info.ifindex, info.name, &before, err);
}

/* The other address is of TEST-NET-2 (RFC 5737), that no lab has by chance. */
static int change_address(struct act *act, struct rx_err *err)
{
	struct rx_cidr other = {.family = AF_INET, .prefix = 32, .addr = {198, 51, 100}};
	const struct rx_cidr *ours = act->iface->ipv4.family ? &act->iface->ipv4
							     : &act->iface->ipv6;
	struct rx_link_info info;

	other.addr[3] = (uint8_t)(1 + rx_churn_pick(act->random, 254));
	if (link_of(act, &info, err) ||
	    rx_addr_add(&act->route, info.ifindex, info.name, &other, err) ||
	    rx_addr_delete(&act->route, info.ifindex, info.name, ours, err))
		return -err->code;
	rx_wait_ms(1 + (int)rx_churn_pick(act->random, 20));
	if (rx_addr_delete(&act->route, info.ifindex, info.name, &other, err))
		return -err->code;
	return rx_addr_add(&act->route, info.ifindex, info.name, ours, err);
}

static const struct {
	const char *name;
	int (*run)(struct act *act, struct rx_err *err);
	bool devices_go;
} kinds[RX_CHURN_KINDS] = {
	[RX_CHURN_RXE] = {"rxe-delete", delete_rxe, true},
	[RX_CHURN_NETDEV] = {"netdev-delete", delete_netdev, true},
	[RX_CHURN_NETNS] = {"netns-delete", delete_netns, true},
	[RX_CHURN_ENDPOINT] = {"endpoint-delete", delete_endpoint, true},
	[RX_CHURN_MOVE] = {"netdev-move", move_netdev, true},
	[RX_CHURN_FLAP] = {"link-flap", flap, false},
	[RX_CHURN_MTU] = {"mtu", change_mtu, false},
	[RX_CHURN_ADDRESS] = {"address", change_address, false},
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

	if (kind == RX_CHURN_NETNS)
		return netns;
	if (kind == RX_CHURN_MOVE)
		return netns && !churn->view.lab.networks[node->want->ifaces[0].network].bridge[0];
	if (kind == RX_CHURN_ENDPOINT)
		return (netns || !node->netns[0]) && node->n_ifaces == 1;
	return true;
}

int rx_churn_act(struct rx_churn *churn, enum rx_churn_kind kind, struct rx_churn_target *target,
		 struct rx_churn_random *random, struct rx_err *err)
{
	struct act act = {
		.churn = churn, .target = target, .random = random, .route = RX_NL_CLOSED};
	const struct rx_node *want = target->node->want;
	int rc;

	act.iface = &want->ifaces[rx_churn_pick(random, (unsigned)want->n_ifaces)];
	rc = rx_nl_open(&act.route, NETLINK_ROUTE, target->node->data_netns, err);
	if (rc)
		return rc;
	if (kinds[kind].devices_go) {
		note_node(&act);
		rx_churn_let_go(&churn->traffic, target->number);
	}
	rc = kinds[kind].run(&act, err);
	rx_nl_close(&act.route);
	if (rc)
		rx_churn_problem(&churn->problems, kinds[kind].name, want->name, "%.590s",
				 err->text);
	rc = rx_churn_restore(churn, target, &act.gone, err);
	atomic_store(&churn->traffic.shared->going[target->number], false);
	return rc;
}
