/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/clock.h"
#include "netns/kernel/netem.h"
#include "netns/kernel/rdma.h"
#include "netns/ledger/ledger.h"
#include "tools/watch/watch.h"

/* The namespaces that are being read: of the netdev, and of the RXE device. */
struct place {
	const char *path, *rdma_path; /* NULL: none */
	struct rx_meter meter;
	bool open;
	struct rx_netem_info *netems; /* owned */
	size_t n_netems;
};

static void leave(struct place *place)
{
	if (place->open)
		rx_meter_close(&place->meter);
	free(place->netems);
	memset(place, 0, sizeof(*place));
}

static void enter(struct place *place, const char *path, const char *rdma_path)
{
	struct rx_err ignored;

	if (place->path && !strcmp(place->path, path) && !strcmp(place->rdma_path, rdma_path))
		return;
	leave(place);
	place->path = path;
	place->rdma_path = rdma_path;
	place->open = !rx_meter_open(&place->meter, path, rdma_path, &ignored);
	if (place->open)
		rx_netem_list(&place->meter.route, &place->netems, &place->n_netems, &ignored);
}

static void read_impairment(const struct place *place, struct rx_watch_row *row)
{
	row->impair[0] = '\0';
	for (size_t i = 0; i < place->n_netems; i++) {
		if (place->netems[i].ifindex != row->iface->ifindex)
			continue;
		rx_impair_text(&place->netems[i].impair, row->impair, sizeof(row->impair));
		row->now.netem_dropped = place->netems[i].dropped;
	}
}

static void read_port(struct place *place, struct rx_watch_row *row)
{
	static const char *const states[] = {"NOP", "DOWN", "INIT", "ARMED", "ACTIVE", "DEFER"};
	struct rx_rdma_port port;
	struct rx_err ignored;

	row->now.rxe = !rx_meter_rxe(&place->meter, row->iface->rdma_index, row->now.counters,
				     &ignored);
	if (row->now.rxe &&
	    !rx_rdma_port(&place->meter.rdma, row->iface->rdma_index, &port, &ignored))
		snprintf(row->state, sizeof(row->state), "%s",
			 port.state < RX_ARRAY_SIZE(states) ? states[port.state] : "?");
}

static void read_row(struct place *place, struct rx_watch_row *row)
{
	struct rx_err ignored;
	const char *netns;

	row->last = row->now;
	memset(&row->now, 0, sizeof(row->now));
	snprintf(row->state, sizeof(row->state), "gone");
	/* where RXE is in init_net the wire's netdev is, too, with the ifindex of the endpoint's */
	rx_view_wire(row->node, row->iface, &netns);
	enter(place, netns, row->node->rdma_netns);
	row->now.netdev = place->open && row->iface->ifindex &&
			  !rx_meter_netdev(&place->meter, row->iface->ifindex, &row->now.net,
					   &ignored);
	row->now.counted = row->now.netdev && row->iface->wire_netdev[0] &&
			   rx_steer_counts(&place->meter.route, row->iface->ifindex, row->now.roce,
					   &ignored) > 0;
	read_impairment(place, row);
	if (row->node->want->router && row->now.netdev)
		snprintf(row->state, sizeof(row->state), "router");
	else if (place->open && row->iface->rdma_index)
		read_port(place, row);
	row->now.at = rx_now();
	rx_watch_account(row);
}

static void make_rows(struct rx_watch *watch)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;

	while (rx_view_next(&watch->view, &node, &iface)) {
		struct rx_watch_row *row = rx_array_add(&watch->rows, &watch->n, sizeof(*row));

		row->node = node;
		row->iface = iface;
		snprintf(row->name, sizeof(row->name), "%s%s%s", node->want->name,
			 node->n_ifaces > 1 ? ":" : "", node->n_ifaces > 1 ? iface->network : "");
	}
}

/* Of the lab's state folder ("") or a file in it; all zero: it is gone. */
static struct stat state_of(const struct rx_watch *watch, const char *file)
{
	struct stat status;
	char path[200];

	if (stat(rx_ledger_path(watch->lab, file, path, sizeof(path)), &status))
		memset(&status, 0, sizeof(status));
	return status;
}

static int64_t ledger_stamp(const struct rx_watch *watch)
{
	struct stat status = state_of(watch, "ledger");

	return (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
}

/* Something is missing, and the lab was worked on since it was opened: it was half made then, or
 * was mended. */
static bool outdated(const struct rx_watch *watch)
{
	size_t i;

	for (i = 0; i < watch->n && strcmp(watch->rows[i].state, "gone"); i++)
		;
	return i < watch->n && ledger_stamp(watch) != watch->stamp;
}

int rx_watch_open(struct rx_watch *watch, struct rx_err *err)
{
	int rc;

	watch->inode = state_of(watch, "").st_ino;
	watch->stamp = ledger_stamp(watch);
	rc = rx_view_open(watch->lab, &watch->view, err);
	if (!rc)
		make_rows(watch);
	return rc;
}

void rx_watch_close(struct rx_watch *watch)
{
	free(watch->rows);
	watch->rows = NULL;
	watch->n = watch->next = 0;
	rx_view_close(&watch->view);
}

static int gone(const struct rx_watch *watch, struct rx_err *err)
{
	return rx_fail(err, "lab-gone", ENOENT,
		       "lab %s is gone: it was taken down while it was watched", watch->lab);
}

int rx_watch_read(struct rx_watch *watch, double until, struct rx_err *err)
{
	struct place place = {0};
	uint64_t inode = state_of(watch, "").st_ino;
	int rc;

	if (!inode)
		return gone(watch, err);
	if (inode != watch->inode || (!watch->next && outdated(watch))) {
		rx_watch_close(watch);
		/* its ledger can go between that look at its folder and here */
		rc = rx_watch_open(watch, err);
		if (rc)
			return rc == -ENOENT ? gone(watch, err) : rc;
	}
	do {
		if (watch->next < watch->n)
			read_row(&place, &watch->rows[watch->next++]);
	} while (watch->next < watch->n && rx_now() < until);
	leave(&place);
	if (watch->next < watch->n)
		return 0;
	watch->next = 0;
	return 1;
}
