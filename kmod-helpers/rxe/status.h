/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose rdma_rxe this machine has, what it promises, and whether the kernel would take one of
 * ours. */
#ifndef RXELAB_KMOD_HELPERS_RXE_STATUS_H
#define RXELAB_KMOD_HELPERS_RXE_STATUS_H

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/rxe/trust.h"

struct rx_module_status {
	const char *kernel;
	enum rx_rxe_owner owner;  /* of the loaded rdma_rxe */
	char file[RX_BUILD_PATH]; /* what modprobe rdma_rxe would load; "" */
	bool file_is_ours;
	char version[64], provides[64]; /* of a loaded rdma_rxe of ours */
	char taint[16];                 /* of the loaded rdma_rxe: "OE"; "" */
	char signer[128];               /* of file; "" unsigned */
	bool helper_loaded, helper_available;
	unsigned helper_gids; /* rx_helper_gids() */
	char helper_file[RX_BUILD_PATH];
	struct rx_module_trust trust;
};

void rx_module_status_read(struct rx_module_status *status);
/* What a user who wants lean and isolated devices should do next; "" when there is nothing. */
const char *rx_module_advice(const struct rx_module_status *status);

#endif
