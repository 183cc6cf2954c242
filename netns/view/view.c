/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running lab: the ledger says what was made, the kernel what there is. */
#include "netns/view/view.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netns/apply/shared.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/ledger/list.h"
#include "netns/view/view-priv.h"

static void look_at_wanted(struct rx_view *view, const struct rx_op *op,
			   const struct rx_link_info *links, size_t n)
{
	const struct rx_link_info *link = NULL, *master = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (links[i].ifindex == op->ifindex)
			link = &links[i];
	for (i = 0; link && i < n; i++)
		if (links[i].ifindex == link->master)
			master = &links[i];
	if (!link)
		DRIFT(view, "netdev %s is gone", op->name);
	else if (op->mtu && link->mtu < op->mtu)
		DRIFT(view, "MTU of %s is %u instead of %u", link->name, link->mtu, op->mtu);
	else if (op->master[0] && (!master || strcmp(master->name, op->master)))
		DRIFT(view, "netdev %s is no port of %s", link->name, op->master);
	else if ((op->kind == RX_OP_LINK || op->kind == RX_OP_RAISE) && !(link->flags & IFF_UP))
		DRIFT(view, "netdev %s is down", link->name);
}

/* What the lab wants of netdevs that are not its own, and shares with other labs. */
static void look_at_shared(struct rx_view *view)
{
	rx_autofree struct rx_link_info *links = NULL;
	struct rx_nl route = RX_NL_CLOSED;
	struct rx_ledger ledger;
	struct rx_err ignored;
	size_t n = 0, i;

	if (rx_ledger_open(RX_HOST_LEDGER, false, &ledger, &ignored))
		return;
	for (i = 0; i < ledger.n; i++) {
		const struct rx_entry *entry = &ledger.entries[i];

		if (entry->state != RX_ENTRY_DONE || strcmp(entry->op.owner, view->lab.name) ||
		    rx_shared_replaced(&ledger, i))
			continue;
		if (!links && (rx_nl_open(&route, NETLINK_ROUTE, "", &ignored) ||
			       rx_link_list(&route, &links, &n, &ignored)))
			break;
		look_at_wanted(view, &entry->op, links, n);
	}
	rx_nl_close(&route);
	rx_ledger_close(&ledger);
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
		DRIFT(view, "RDMA namespace mode is %s instead of %s",
		      rx_rdma_mode_name(view->rdma_mode), rx_rdma_mode_name(made));
	look_at_shared(view);
}

/* The netdevs of a container's endpoint have the names that they have in there. */
static void name_netdevs(struct rx_lab *lab)
{
	size_t i, k;

	for (i = 0; i < lab->n_endpoints; i++)
		for (k = 0; k < lab->nodes[i].n_ifaces; k++)
			memcpy(lab->nodes[i].ifaces[k].netdev,
			       rx_iface_netdev(&lab->nodes[i].ifaces[k], "in"), IFNAMSIZ);
}

const char *rx_view_wire(const struct rx_node_view *node, const struct rx_iface_view *iface,
			 const char **netns)
{
	*netns = iface->wire_netdev[0] ? "" : node->data_netns;
	return iface->wire_netdev[0] ? iface->wire_netdev : iface->netdev;
}

/* ---- all nodes: each in its own namespace, so they can be looked at beside each other ---- */

#define LOOKERS 4 /* as in apply.c: what is waited for is the kernel */

struct looking {
	struct rx_view *view;
	struct rx_ledger_index index;
	size_t next;
	pthread_mutex_t mutex;
};

static struct rx_node_view *next_node(struct looking *looking)
{
	struct rx_view *view = looking->view;
	struct rx_node_view *node = NULL;

	pthread_mutex_lock(&looking->mutex);
	while (looking->next < view->n_nodes && view->nodes[looking->next].seen)
		looking->next++;
	if (looking->next < view->n_nodes) {
		node = &view->nodes[looking->next];
		node->want = &view->lab.nodes[looking->next++];
	}
	pthread_mutex_unlock(&looking->mutex);
	return node;
}

static void *look_at_some(void *arg)
{
	struct rx_shots shots = RX_SHOTS_NONE;
	struct looking *looking = arg;
	struct rx_node_view *node;

	while ((node = next_node(looking)))
		rx_view_look_at_node(looking->view, &shots, &looking->index, node);
	rx_snapshot_forget(&shots.own);
	rx_snapshot_forget(&shots.host);
	free(shots.rules);
	return NULL;
}

/* With control: none all lies in init_net, which is looked at once: that is one thread's work. */
static void look_at_nodes(struct looking *looking)
{
	const struct rx_view *view = looking->view;
	bool inside = (view->plane == RX_PLANE_NETNS || rx_view_has_twins(view)) &&
		      view->depth != RX_VIEW_UNSEEN;
	unsigned want, started = 0, i;
	pthread_t thread[LOOKERS];
	size_t left = 0;

	for (i = 0; i < view->n_nodes; i++)
		left += !view->nodes[i].seen;
	want = inside && left > LOOKERS ? LOOKERS : 1;
	for (i = 1; i < want; i++)
		if (!pthread_create(&thread[started], NULL, look_at_some, looking))
			started++;
	look_at_some(looking);
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}

static void begin(struct rx_view *view, const struct rx_ledger *ledger)
{
	view->plane = ledger->header.plane;
	snprintf(view->plane_reason, sizeof(view->plane_reason), "%s", ledger->header.plane_reason);
	view->n_nodes = view->lab.n_nodes;
	view->n_endpoints = view->lab.n_endpoints;
	if (!view->nodes)
		view->nodes = rx_alloc(view->n_nodes, sizeof(*view->nodes));
}

static void look(struct rx_view *view, const struct rx_ledger *ledger)
{
	struct looking looking = {.view = view, .mutex = PTHREAD_MUTEX_INITIALIZER};

	begin(view, ledger);
	look_at_host(view, ledger);
	rx_ledger_index_make(ledger, &looking.index);
	look_at_nodes(&looking);
	rx_ledger_index_free(&looking.index);
}

void rx_view_begin(const struct rx_lab *lab, const struct rx_ledger *ledger, struct rx_view *view)
{
	memset(view, 0, sizeof(*view));
	view->depth = RX_VIEW_ALL;
	view->lab = *lab;
	view->lab_is_lent = true;
	begin(view, ledger);
}

/* view->lab is what was asked for; the ledger knows what came of it. */
void rx_view_finish(struct rx_view *view, const struct rx_ledger *ledger)
{
	rx_attachments_overlay(&ledger->attachments, &view->lab);
	if (ledger->header.plane == RX_PLANE_NETNS || view->lab.control == RX_CONTROL_NETNS)
		name_netdevs(&view->lab);
	look(view, ledger);
}

int rx_view_open_to(const char *lab_name, enum rx_view_depth depth, struct rx_view *view,
		    struct rx_err *err)
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
		err->status = RX_FAILED; /* our own file: no fault of the user's command line */
	else
		rx_lab_set_machine(&view->lab, ledger.header.machine);
	if (!rc)
		rx_view_finish(view, &ledger);
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

	if (view->depth != RX_VIEW_UNSEEN)
		return 0;
	if (rx_ledger_open(view->lab.name, false, &ledger, err))
		return -err->code;
	view->depth = RX_VIEW_WITHOUT_GIDS;
	look(view, &ledger);
	rx_ledger_close(&ledger);
	return 0;
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

int rx_view_open_endpoint(const char *operand, struct rx_view *view,
			  const struct rx_node_view **node, struct rx_err *err)
{
	const char *name;
	char lab[64];
	size_t i;

	if (rx_ledger_split(operand, lab, &name, err) || rx_view_open(lab, view, err))
		return -err->code;
	for (i = 0; i < view->n_nodes; i++) {
		if (!strcmp(view->nodes[i].want->name, name)) {
			*node = &view->nodes[i];
			return 0;
		}
	}
	rx_view_close(view);
	return rx_fail(err, "endpoint-unknown", ENOENT,
		       "lab %s has no endpoint \"%s\"; \"rxelab inspect %s\" shows them", lab, name,
		       lab);
}

int rx_view_open_operand(const char *operand, struct rx_view *view,
			 const struct rx_node_view **node, struct rx_err *err)
{
	*node = NULL;
	return strchr(operand, '/') ? rx_view_open_endpoint(operand, view, node, err)
				    : rx_view_open(operand, view, err);
}

bool rx_view_next(const struct rx_view *view, const struct rx_node_view **node,
		  const struct rx_iface_view **iface)
{
	if (*iface && (size_t)(++*iface - (*node)->ifaces) < (*node)->n_ifaces)
		return true;
	do {
		*node = *node ? *node + 1 : view->nodes;
		if (*node == view->nodes + view->n_nodes)
			return false;
	} while (!(*node)->n_ifaces);
	*iface = (*node)->ifaces;
	return true;
}
