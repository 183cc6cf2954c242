/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running lab: the ledger says what was made, the kernel what there is. */
#include "view.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "gid.h"
#include "ledger.h"
#include "ns.h"
#include "rdma-nl.h"
#include "snapshot.h"

/* Append a difference, "; " between two. */
static void drift(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void drift(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	if (used && used + 3 < size)
		used += (size_t)snprintf(buf + used, size - used, "; ");
	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

#define DRIFT(of, ...) drift((of)->drift, sizeof((of)->drift), __VA_ARGS__)

static void look_at_addr(const struct rx_snapshot *shot, struct rx_iface_view *view, const struct rx_cidr *want,
			 char *text, size_t size)
{
	if (!want->family)
		return;
	rx_cidr_text(want, true, text, size);
	if (rx_snapshot_has_addr(shot, view->ifindex, want))
		return;
	DRIFT(view, "address %s is gone from %s", text, view->netdev);
	text[0] = 0;
}

static void look_at_netdev(const struct rx_snapshot *shot, struct rx_iface_view *view, unsigned ifindex)
{
	const struct rx_iface *want = view->want;
	const struct rx_link_info *link = rx_snapshot_link(shot, want->netdev);
	char mac[18];
	size_t i;

	snprintf(view->netdev, sizeof(view->netdev), "%s", want->netdev);
	if (!link) {
		DRIFT(view, "netdev %s is gone", want->netdev);
		return;
	}
	view->ifindex = link->ifindex;
	view->mtu = link->mtu;
	view->up = link->flags & IFF_UP;
	rx_mac_text(link->mac, view->mac);
	for (i = 0; i < shot->n_netems; i++)
		if (shot->netems[i].ifindex == link->ifindex)
			view->impair = shot->netems[i].impair;
	if (!view->up)
		DRIFT(view, "netdev %s is down", want->netdev);
	if (ifindex && ifindex != link->ifindex)
		DRIFT(view, "netdev %s is not the one that was made", want->netdev);
	if (memcmp(link->mac, want->mac, 6))
		DRIFT(view, "MAC of %s is %s instead of %s", want->netdev, view->mac, rx_mac_text(want->mac, mac));
	look_at_addr(shot, view, &want->ipv4, view->ipv4, sizeof(view->ipv4));
	look_at_addr(shot, view, &want->ipv6, view->ipv6, sizeof(view->ipv6));
}

static const char *state_name(uint8_t state)
{
	/* enum ib_port_state, include/rdma/ib_verbs.h */
	static const char *const names[] = {"NOP", "DOWN", "INIT", "ARMED", "ACTIVE", "ACTIVE_DEFER"};

	return state < RX_ARRAY_SIZE(names) ? names[state] : "?";
}

/* ib_core offers no byte count over netlink or sysfs; RXE takes the largest of 256..4096 that fits the netdev's MTU
 * less its headers (eth_mtu_int_to_enum and rxe_mtu_int_to_enum, drivers/infiniband/sw/rxe/rxe_param.h:
 * RXE_MAX_HDR_LENGTH 80). */
static unsigned rdma_mtu(unsigned mtu)
{
	unsigned size;

	for (size = 4096; size > 256 && size + 80 > mtu; size /= 2)
		;
	return mtu ? size : 0;
}

static void choose_gid(struct rx_iface_view *view)
{
	const struct rx_cidr *addr = view->want->ipv4.family ? &view->want->ipv4 : &view->want->ipv6;
	uint8_t want[16];
	size_t i;

	rx_gid_of(addr, want);
	for (i = 0; i < view->n_gids; i++) {
		if (memcmp(view->gids[i].raw, want, 16) || strcmp(view->gids[i].type, "RoCE v2"))
			continue;
		view->gid_index = (int)view->gids[i].index;
		snprintf(view->gid, sizeof(view->gid), "%s", view->gids[i].text);
		return;
	}
	DRIFT(view, "RXE device %s has no GID for its address", view->rdma_dev);
}

static void look_at_rdma(struct rx_snapshot *shot, struct rx_iface_view *view, bool want_gids)
{
	const char *name = view->want->rdma_dev;
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
	if (!rx_rdma_port(&shot->rdma, view->rdma_index, &port, &ignored)) {
		snprintf(view->port_state, sizeof(view->port_state), "%s", state_name(port.state));
		if (port.netdev[0] && strcmp(port.netdev, view->want->netdev))
			DRIFT(view, "RXE device %s is on netdev %s instead of %s", name, port.netdev, view->want->netdev);
	}
	rx_rdma_uverbs(&shot->rdma, view->rdma_index, view->uverbs, sizeof(view->uverbs), &view->uverbs_devt, &ignored);
	view->rdma_mtu = rdma_mtu(view->mtu);
	if (!want_gids)
		return;
	if (shot->sysfs >= 0)
		rx_gid_list(shot->sysfs, name, &view->gids, &view->n_gids);
	choose_gid(view);
}

static void look_at_netns(const struct rx_op *made, struct rx_node_view *view)
{
	const struct rx_container *container = &view->want->container;
	struct stat status;

	if (!view->netns[0])
		return;
	if (container->kind && !made) {
		DRIFT(view, "its container (%s %s) did not run", rx_container_kind_name(container->kind), container->id);
		return;
	}
	if (container->kind && (stat(made->value, &status) || status.st_ino != made->inode))
		DRIFT(view, "its container (%s %s) has ended or was started anew", rx_container_kind_name(container->kind),
		      container->id);
	if (stat(view->netns, &status))
		DRIFT(view, "namespace %s is gone", view->netns);
	else if (made && made->inode && made->inode != status.st_ino)
		DRIFT(view, "namespace %s is not the one that was made", view->netns);
}

static int look_at_node(struct rx_view *view, struct rx_snapshot *shot, const struct rx_ledger_index *index,
			struct rx_node_view *node, struct rx_err *err)
{
	const struct rx_op *netns = rx_ledger_index_find(index, RX_OP_NETNS, NULL, node->want->netns);
	bool hosted = view->plane == RX_PLANE_HOSTED;
	struct rx_err missing;
	size_t i;

	if (!hosted || view->lab.control == RX_CONTROL_NETNS)
		snprintf(node->netns, sizeof(node->netns), RX_NETNS_DIR "/%s", node->want->netns);
	if (hosted && view->lab.control == RX_CONTROL_NETNS)
		rx_cidr_text(&node->want->control_ipv4, true, node->control_ipv4, sizeof(node->control_ipv4));
	if (!hosted)
		snprintf(node->data_netns, sizeof(node->data_netns), "%s", node->netns);
	if (view->depth != RX_VIEW_UNSEEN)
		look_at_netns(netns, node);
	node->n_ifaces = node->want->n_ifaces;
	if (!node->ifaces)
		node->ifaces = calloc(node->n_ifaces + 1, sizeof(*node->ifaces));
	if (!node->ifaces)
		return rx_fail(err, ENOMEM, "lab %s: out of memory", view->lab.name);
	for (i = 0; i < node->n_ifaces; i++) {
		struct rx_iface_view *iface = &node->ifaces[i];
		const struct rx_op *made = rx_ledger_index_find(index, RX_OP_LINK, hosted ? "" : node->want->netns,
								node->want->ifaces[i].netdev);

		iface->want = &node->want->ifaces[i];
		iface->network = view->lab.networks[iface->want->network].name;
		iface->gid_index = -1;
		snprintf(iface->netdev, sizeof(iface->netdev), "%s", iface->want->netdev);
		snprintf(iface->rdma_dev, sizeof(iface->rdma_dev), "%s", iface->want->rdma_dev);
		if (view->depth == RX_VIEW_UNSEEN)
			continue;
		if (rx_snapshot_take(shot, node->data_netns, view->depth == RX_VIEW_ALL, &missing))
			continue;   /* the namespace's own drift says it */
		if (!i && !hosted && !node->drift[0] && netns && netns->cookie && shot->cookie && netns->cookie != shot->cookie)
			DRIFT(node, "namespace %s is not the one that was made", node->netns);
		look_at_netdev(shot, iface, made ? made->ifindex : 0);
		look_at_rdma(shot, iface, view->depth == RX_VIEW_ALL);
	}
	return 0;
}

static void look_at_host(struct rx_view *view, const struct rx_ledger *ledger)
{
	enum rx_rdma_mode made = ledger->header.rdma_mode;
	struct utsname name;
	struct rx_err ignored;
	struct rx_nl rdma;

	uname(&name);
	snprintf(view->kernel, sizeof(view->kernel), "%.64s", name.release);
	view->rdma_mode = made;
	if (view->depth == RX_VIEW_UNSEEN)
		return;
	if (!rx_nl_open(&rdma, NETLINK_RDMA, "", &ignored))
		rx_rdma_mode_get(&rdma, &view->rdma_mode, &ignored);
	rx_nl_close(&rdma);
	if (view->rdma_mode != made)
		DRIFT(view, "RDMA namespace mode is %s instead of %s", rx_rdma_mode_name(view->rdma_mode),
		      rx_rdma_mode_name(made));
}

/* In the netns plane the netdevs of a container's endpoint have the names that they have in there. */
static void name_netdevs(struct rx_lab *lab)
{
	size_t i, k;

	for (i = 0; i < lab->n_endpoints; i++)
		for (k = 0; k < lab->nodes[i].n_ifaces; k++)
			memcpy(lab->nodes[i].ifaces[k].netdev, rx_iface_netdev(&lab->nodes[i].ifaces[k], "in"), IFNAMSIZ);
}

/* ---- all nodes: each in its own namespace, so they can be looked at beside each other ---- */

#define LOOKERS 4   /* as in apply.c: what is waited for is the kernel */

struct looking {
	struct rx_view *view;
	struct rx_ledger_index index;
	size_t next;
	bool failed;
	struct rx_err err;
	pthread_mutex_t mutex;
};

static struct rx_node_view *next_node(struct looking *looking)
{
	struct rx_view *view = looking->view;
	struct rx_node_view *node = NULL;

	pthread_mutex_lock(&looking->mutex);
	if (!looking->failed && looking->next < view->n_nodes) {
		node = &view->nodes[looking->next];
		node->want = &view->lab.nodes[looking->next++];
	}
	pthread_mutex_unlock(&looking->mutex);
	return node;
}

static void *look_at_some(void *arg)
{
	struct rx_snapshot shot = RX_SNAPSHOT_NONE;
	struct looking *looking = arg;
	struct rx_node_view *node;
	struct rx_err err = {0};

	while ((node = next_node(looking))) {
		if (!look_at_node(looking->view, &shot, &looking->index, node, &err))
			continue;
		pthread_mutex_lock(&looking->mutex);
		looking->failed = true;
		looking->err = err;
		pthread_mutex_unlock(&looking->mutex);
	}
	rx_snapshot_forget(&shot);
	return NULL;
}

/* In the hosted plane all data lies in init_net, which is looked at once: that is one thread's work. */
static void look_at_nodes(struct looking *looking)
{
	bool inside = looking->view->plane == RX_PLANE_NETNS && looking->view->depth != RX_VIEW_UNSEEN;
	unsigned want = inside && looking->view->n_nodes > LOOKERS ? LOOKERS : 1;
	unsigned started = 0, i;
	pthread_t thread[LOOKERS];

	for (i = 1; i < want; i++)
		if (!pthread_create(&thread[started], NULL, look_at_some, looking))
			started++;
	look_at_some(looking);
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}

static int look(struct rx_view *view, const struct rx_ledger *ledger, struct rx_err *err)
{
	struct looking looking = {.view = view, .mutex = PTHREAD_MUTEX_INITIALIZER};
	int rc;

	view->plane = ledger->header.plane;
	snprintf(view->plane_reason, sizeof(view->plane_reason), "%s", ledger->header.plane_reason);
	look_at_host(view, ledger);
	view->n_nodes = view->lab.n_nodes;
	view->n_endpoints = view->lab.n_endpoints;
	if (!view->nodes)
		view->nodes = calloc(view->n_nodes + 1, sizeof(*view->nodes));
	if (!view->nodes)
		return rx_fail(err, ENOMEM, "lab %s: out of memory", view->lab.name);
	rc = rx_ledger_index_make(ledger, &looking.index, err);
	if (!rc)
		look_at_nodes(&looking);
	rx_ledger_index_free(&looking.index);
	if (looking.failed)
		*err = looking.err;
	return rc ? rc : looking.failed ? -err->code : 0;
}

/* view->lab is what was asked for; the ledger knows what came of it. */
static int look_by_ledger(struct rx_view *view, const struct rx_ledger *ledger, struct rx_err *err)
{
	rx_ledger_overlay(ledger, &view->lab);
	if (ledger->header.plane == RX_PLANE_NETNS)
		name_netdevs(&view->lab);
	return look(view, ledger, err);
}

int rx_view_of(const struct rx_lab *lab, const struct rx_ledger *ledger, struct rx_view *view, struct rx_err *err)
{
	int rc;

	memset(view, 0, sizeof(*view));
	view->depth = RX_VIEW_ALL;
	view->lab = *lab;
	view->lab_is_lent = true;
	rc = look_by_ledger(view, ledger, err);
	if (rc)
		rx_view_close(view);
	return rc;
}

int rx_view_open_to(const char *lab_name, enum rx_view_depth depth, struct rx_view *view, struct rx_err *err)
{
	struct rx_ledger ledger;
	char path[200];
	int rc;

	memset(view, 0, sizeof(*view));
	view->depth = depth;
	if (rx_ledger_check_name(lab_name, err) || rx_ledger_open(lab_name, false, &ledger, err))
		return -err->code;
	rx_ledger_path(lab_name, "lab.yaml", path, sizeof(path));
	rc = rx_lab_parse_file(path, &view->lab, err);
	if (!rc)
		rc = rx_lab_complete(&view->lab, err);
	if (rc)
		err->status = RX_FAILED;   /* our own file: no fault of the user's command line */
	else
		rc = look_by_ledger(view, &ledger, err);
	rx_ledger_close(&ledger);
	if (rc)
		rx_view_close(view);
	return rc;
}

int rx_view_open(const char *lab_name, struct rx_view *view, struct rx_err *err)
{
	return rx_view_open_to(lab_name, RX_VIEW_ALL, view, err);
}

int rx_view_look(struct rx_view *view, struct rx_err *err)
{
	struct rx_ledger ledger;
	int rc;

	if (view->depth != RX_VIEW_UNSEEN)
		return 0;
	if (rx_ledger_open(view->lab.name, false, &ledger, err))
		return -err->code;
	view->depth = RX_VIEW_WITHOUT_GIDS;
	rc = look(view, &ledger, err);
	rx_ledger_close(&ledger);
	return rc;
}

void rx_view_close(struct rx_view *view)
{
	size_t i, k;

	for (i = 0; view->nodes && i < view->n_nodes; i++) {
		for (k = 0; view->nodes[i].ifaces && k < view->nodes[i].n_ifaces; k++)
			free(view->nodes[i].ifaces[k].gids);
		free(view->nodes[i].ifaces);
	}
	free(view->nodes);
	if (!view->lab_is_lent)
		rx_lab_free(&view->lab);
	memset(view, 0, sizeof(*view));
}

int rx_view_open_endpoint(const char *operand, struct rx_view *view, const struct rx_node_view **node,
			  struct rx_err *err)
{
	const char *slash = strchr(operand, '/');
	char lab[64];
	size_t i;

	if (!slash || slash == operand || !slash[1] || (size_t)(slash - operand) >= sizeof(lab))
		return rx_usage(err, "\"%s\" names no endpoint; write LAB/ENDPOINT", operand);
	snprintf(lab, sizeof(lab), "%.*s", (int)(slash - operand), operand);
	if (rx_view_open(lab, view, err))
		return -err->code;
	for (i = 0; i < view->n_nodes; i++) {
		if (!strcmp(view->nodes[i].want->name, slash + 1)) {
			*node = &view->nodes[i];
			return 0;
		}
	}
	rx_view_close(view);
	return rx_fail(err, ENOENT, "lab %s has no endpoint \"%s\"; \"rxelab inspect %s\" shows them", lab, slash + 1, lab);
}

int rx_view_counter(const struct rx_node_view *node, const struct rx_iface_view *iface, const char *counter,
		    uint64_t *value)
{
	struct rx_err ignored;
	rx_autoclose int sysfs = rx_ns_sysfs(node->data_netns, &ignored);
	char file[128], text[32], *end;
	unsigned long long number;
	int rc;

	if (sysfs < 0)
		return sysfs;
	snprintf(file, sizeof(file), "ports/1/hw_counters/%s", counter);
	rc = rx_rdma_sysfs_read(sysfs, iface->rdma_dev, file, text, sizeof(text));
	if (rc)
		return rc;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (end == text || errno)
		return -EBADMSG;
	*value = number;
	return 0;
}
