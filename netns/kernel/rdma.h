/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NETLINK_RDMA: RXE links, their names and namespaces, the namespace mode. Attribute and command
 * numbers are include/uapi/rdma/rdma_netlink.h. Every function works in the namespace that its
 * socket was opened in. */
#ifndef RXELAB_NETNS_KERNEL_RDMA_H
#define RXELAB_NETNS_KERNEL_RDMA_H

#include <net/if.h>

#include "netns/kernel/netlink.h"

#define RX_DEV_NAME_SIZE 64 /* IB_DEVICE_NAME_MAX, include/rdma/ib_verbs.h */

/* AUTO: not decided yet; the kernel knows the other two. */
enum rx_rdma_mode { RX_RDMA_AUTO, RX_RDMA_SHARED, RX_RDMA_EXCLUSIVE };

struct rx_rdma_dev {
	uint32_t index;
	char name[RX_DEV_NAME_SIZE];
	uint64_t node_guid; /* network order, as sent */
};

struct rx_rdma_port {
	uint32_t dev_index;
	char name[RX_DEV_NAME_SIZE];
	uint8_t state;         /* IB_PORT_*: 1 DOWN, 4 ACTIVE */
	uint32_t netdev_index; /* 0: the netdev is gone or in another namespace */
	char netdev[IFNAMSIZ];
};

/* Add an RXE on a netdev of the socket's namespace. The kernel's numbers lie here
 * (docs/dev/kernel-notes.md); the text says what is the case: ENFILE name taken, EEXIST netdev has
 * one, EPERM netdev is a VLAN. */
int rx_rdma_link_add(struct rx_nl *nl, const char *name, const char *netdev, struct rx_err *err);
int rx_rdma_link_delete(struct rx_nl *nl, uint32_t index, const char *name, struct rx_err *err);

/* All devices that the socket's namespace sees, also while others come and go; *list is owned by
 * the caller. */
int rx_rdma_list(struct rx_nl *nl, struct rx_rdma_dev **list, size_t *n, struct rx_err *err);
/* Index of the device of that name. -ENODEV (err filled) when there is none. */
int rx_rdma_find(struct rx_nl *nl, const char *name, uint32_t *index, struct rx_err *err);
/* State and netdev of port 1. */
int rx_rdma_port(struct rx_nl *nl, uint32_t index, struct rx_rdma_port *port, struct rx_err *err);

/* Move a device into the namespace behind the descriptor: exclusive mode only, 7.3 and later or our
 * module. EOPNOTSUPP is said in words. */
int rx_rdma_move(struct rx_nl *nl, uint32_t index, const char *name, int netns, struct rx_err *err);

const char *rx_rdma_mode_name(enum rx_rdma_mode mode);
/* The host's RDMA namespace mode. Setting it answers EBUSY while any other network namespace
 * exists. */
int rx_rdma_mode_get(struct rx_nl *nl, enum rx_rdma_mode *mode, struct rx_err *err);
int rx_rdma_mode_set(struct rx_nl *nl, enum rx_rdma_mode mode, struct rx_err *err);

/* The device number of rdma_cm, a misc device whose minor the kernel chooses; 0 while rdma_ucm is
 * not loaded. */
dev_t rx_rdma_cm_devt(void);

/* The uverbs character device: its name ("uverbs0") and number. */
int rx_rdma_uverbs(struct rx_nl *nl, uint32_t index, char *name, size_t size, dev_t *devt,
		   struct rx_err *err);

#endif
