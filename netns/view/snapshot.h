/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that one namespace shows; kept while the next node lives in the same one (hosted). */
#ifndef RXELAB_NETNS_VIEW_SNAPSHOT_H
#define RXELAB_NETNS_VIEW_SNAPSHOT_H

#include <stdint.h>

#include "netns/kernel/gid.h"
#include "netns/kernel/netem.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/route.h"
#include "netns/kernel/rtnl.h"

struct rx_snapshot {
	char path[96];
	bool taken;
	/* in: its netdevs are new and nothing is put before them, so qdiscs need no look */
	bool no_netem;
	uint64_t cookie; /* rx_ns_cookie */
	int sysfs;       /* rx_ns_sysfs; -1: not wanted, or none */
	struct rx_nl route, rdma;
	struct rx_gid *gids; /* of the only device, where they are known already; else NULL */
	size_t n_gids;
	struct rx_link_info *links;
	struct rx_addr_info *addrs;
	struct rx_rdma_dev *devs;
	struct rx_netem_info *netems;
	size_t n_links, n_addrs, n_devs, n_netems;
	struct rx_route_spec *routes; /* NULL: not asked for yet */
	size_t n_routes;
};

#define RX_SNAPSHOT_NONE \
	{ \
		.sysfs = -1, .route = {.fd = -1}, .rdma = {.fd = -1 } \
	}

/* Look at the namespace at path ("": this one), unless that is what shot holds already. Without
 * InfiniBand it has just no devices. Returns 0, or -errno with err filled. Forget it at last. */
int rx_snapshot_take(struct rx_snapshot *shot, const char *path, bool want_gids,
		     struct rx_err *err);
void rx_snapshot_forget(struct rx_snapshot *shot);
/* The same for a shot whose sockets and sysfs have been opened already, there; devices that it
 * holds are taken for all. */
int rx_snapshot_read(struct rx_snapshot *shot, const char *path, struct rx_err *err);

/* The netdev of that name, owned by shot, or NULL; and whether a netdev has the address. */
const struct rx_link_info *rx_snapshot_link(const struct rx_snapshot *shot, const char *name);
bool rx_snapshot_has_addr(const struct rx_snapshot *shot, unsigned ifindex,
			  const struct rx_cidr *want);

#endif
