/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_VERBS_PROVIDER_H
#define RXELAB_TOOLS_VERBS_PROVIDER_H

/* Load the RXE provider before libibverbs looks for providers. libibverbs reads its configuration
 * and loads every provider there (17 in rdma-core 44) only when a device is left that no provider
 * loaded so far claims, so a machine that has RXE devices alone is spared the other 16. Failing to
 * find it costs time, nothing else. */
void rx_provider_preload(void);

#endif
