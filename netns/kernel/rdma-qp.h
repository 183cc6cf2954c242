/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_NETNS_KERNEL_RDMA_QP_H
#define RXELAB_NETNS_KERNEL_RDMA_QP_H

#include <stdint.h>

#include "netns/kernel/netlink.h"

/* Whether the device has its QP1 (the general services interface, which rdma_cm speaks through).
 * Returns 1, 0, or -errno. */
int rx_rdma_has_gsi(struct rx_nl *nl, uint32_t index, struct rx_err *err);

#endif
