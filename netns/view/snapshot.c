/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/view/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/kernel/ns.h"

void rx_snapshot_forget(struct rx_snapshot *shot)
{
	rx_nl_close(&shot->route);
	rx_nl_close(&shot->rdma);
	rx_ns_sysfs_close(shot->sysfs);
	free(shot->gids);
	free(shot->links);
	free(shot->addrs);
	free(shot->devs);
	free(shot->netems);
	free(shot->routes);
	memset(shot, 0, sizeof(*shot));
	shot->sysfs = -1;
	shot->route = shot->rdma = RX_NL_CLOSED;
}

/* All that is opened in a namespace, by entering it once. */
static int open_in(struct rx_snapshot *shot, const char *path, bool want_gids, struct rx_err *err)
{
	struct rx_err no_rdma;
	int home, rc;

	if (want_gids)
		rx_ns_start_closer();
	if (rx_ns_enter(path, &home, err))
		return -err->code;
	rc = rx_nl_open(&shot->route, NETLINK_ROUTE, "", err);
	/* without InfiniBand (unloaded by somebody) there are just no devices to be seen */
	if (!rc)
		rx_nl_open(&shot->rdma, NETLINK_RDMA, "", &no_rdma);
	shot->cookie = rx_ns_cookie();
	if (!rc && want_gids)
		shot->sysfs = rx_ns_sysfs("", &no_rdma);
	rx_ns_leave(&home);
	return rc;
}

int rx_snapshot_read(struct rx_snapshot *shot, const char *path, struct rx_err *err)
{
	struct rx_err no_rdma;

	if (rx_link_list(&shot->route, &shot->links, &shot->n_links, err) ||
	    rx_addr_list(&shot->route, &shot->addrs, &shot->n_addrs, err) ||
	    (!shot->no_netem && rx_netem_list(&shot->route, &shot->netems, &shot->n_netems, err)))
		return -err->code;
	if (shot->rdma.fd >= 0 && !shot->devs)
		rx_rdma_list(&shot->rdma, &shot->devs, &shot->n_devs, &no_rdma);
	snprintf(shot->path, sizeof(shot->path), "%s", path);
	shot->taken = true;
	return 0;
}

int rx_snapshot_take(struct rx_snapshot *shot, const char *path, bool want_gids, struct rx_err *err)
{
	if (shot->taken && !strcmp(shot->path, path))
		return 0;
	rx_snapshot_forget(shot);
	return open_in(shot, path, want_gids, err) || rx_snapshot_read(shot, path, err) ? -err->code
											: 0;
}

const struct rx_link_info *rx_snapshot_link(const struct rx_snapshot *shot, const char *name)
{
	size_t i;

	for (i = 0; i < shot->n_links; i++)
		if (!strcmp(shot->links[i].name, name))
			return &shot->links[i];
	return NULL;
}

bool rx_snapshot_has_addr(const struct rx_snapshot *shot, unsigned ifindex,
			  const struct rx_cidr *want)
{
	size_t length = want->family == AF_INET ? 4 : 16, i;

	for (i = 0; i < shot->n_addrs; i++)
		if (shot->addrs[i].ifindex == ifindex &&
		    shot->addrs[i].addr.family == want->family &&
		    !memcmp(shot->addrs[i].addr.addr, want->addr, length))
			return true;
	return false;
}
