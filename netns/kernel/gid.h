/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GID tables, read from sysfs (ports/1/gids, ports/1/gid_attrs), which needs no verbs. */
#ifndef RXELAB_NETNS_KERNEL_GID_H
#define RXELAB_NETNS_KERNEL_GID_H

#include <net/if.h>

#include "netns/base/address.h"

struct rx_gid {
	unsigned index;
	uint8_t raw[16];
	char text[40]; /* as sysfs prints it: eight groups of four digits */
	char type[16]; /* "RoCE v2", "IB/RoCE v1" */
	char netdev[IFNAMSIZ];
};

/* sysfs: a descriptor of a mounted sysfs as seen from the device's namespace (rx_ns_sysfs). */

/* ib_core fills the table from the start, so some empty entries in a row end it: with addresses
 * that went before others did there may be gaps; in a new device only the first may be empty, which
 * is the link-local one's. */
#define RX_GID_GAP 8
#define RX_GID_GAP_NEW 2

/* All entries of the table up to gap empty ones; *list is owned by the caller. Returns 0 or
 * -errno. */
int rx_gid_list(int sysfs, const char *rdma_dev, unsigned gap, struct rx_gid **list, size_t *n);
/* The RoCE v2 GID of an address in such a list, or NULL. */
const struct rx_gid *rx_gid_among(const struct rx_gid *list, size_t n, const struct rx_cidr *addr);
/* Index of the RoCE v2 GID of an address; -ENOENT when it is not there. */
int rx_gid_find(int sysfs, const char *rdma_dev, const struct rx_cidr *addr);
/* The 16 bytes of an address as a GID: IPv4 is mapped (::ffff:a.b.c.d), as RoCE v2 does (InfiniBand
 * Architecture Specification volume 1, annex A17). */
void rx_gid_of(const struct rx_cidr *addr, uint8_t gid[16]);
/* The eight groups that sysfs prints, shortened as an IPv6 address is ("::ffff:10.77.0.1"), in buf
 * of 46 (INET6_ADDRSTRLEN); "" for what is no GID. Returns buf. */
const char *rx_gid_short(const char *text, char *buf);
/* A small file under class/infiniband/DEV; 0 or -errno. */
int rx_rdma_sysfs_read(int sysfs, const char *rdma_dev, const char *file, char *buf, size_t size);
/* Is there a device of that name, or one on its way out? A device that is being unregistered is
 * lost to netlink at once (disable_device(), drivers/infiniband/core/device.c) and to sysfs when
 * little is left to do. */
bool rx_rdma_sysfs_has(int sysfs, const char *rdma_dev);

#endif
