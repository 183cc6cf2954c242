// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Marks an rdma_rxe that was rebuilt: `modinfo -F rxelab rdma_rxe`,
 * /sys/module/rdma_rxe/version. */
#include <linux/module.h>

MODULE_VERSION("rxelab-" RXELAB_VERSION);
MODULE_INFO(rxelab, RXELAB_PROVIDES);
MODULE_INFO(rxelab_source, RXELAB_SOURCE);
