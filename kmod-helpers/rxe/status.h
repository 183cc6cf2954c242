/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose rdma_rxe this machine has, what it promises, and whether the kernel would take one of
 * ours. */
#ifndef RXELAB_KMOD_HELPERS_RXE_STATUS_H
#define RXELAB_KMOD_HELPERS_RXE_STATUS_H

#include "kmod-helpers/rxe/load.h"

struct rx_module_status {
	char kernel[65];
	enum rx_rxe_owner owner;       /* of the loaded rdma_rxe */
	char file[RX_BUILD_PATH];      /* what modprobe rdma_rxe would load; "" */
	bool file_is_ours;
	char version[64], provides[64]; /* of a loaded rdma_rxe of ours */
	char taint[16];                /* of the loaded rdma_rxe: "OE"; "" */
	char signer[128];              /* of file; "" unsigned */
	bool helper_loaded, helper_available;
	char helper_file[RX_BUILD_PATH];
	bool btf;                      /* the next three are known */
	bool sockets_per_netns, disassociates;
	unsigned gsi_offset;
	bool secure_boot;              /* EFI variable SecureBoot */
	char lockdown[32];             /* "none", "integrity", "confidentiality"; "" unknown */
	bool sig_enforce;              /* the kernel takes only signed modules */
	unsigned long kernel_taint;    /* /proc/sys/kernel/tainted */
};

void rx_module_status_read(struct rx_module_status *status);
/* Of it only what decides whether an unsigned module is taken: secure_boot, lockdown, sig_enforce,
 * kernel_taint. */
void rx_module_trust_read(struct rx_module_status *status);
/* Would the kernel refuse an unsigned module? */
bool rx_module_wants_signature(const struct rx_module_status *status);
/* What a user who wants rdma_cm and moves should do next; "" when there is nothing. Returns buf. */
const char *rx_module_advice(const struct rx_module_status *status, char *buf, size_t size);
const char *rx_rxe_owner_name(enum rx_rxe_owner owner);

/* One value of a module file's modinfo ("rxelab", "signer", "version", "vermagic"); false: it has
 * none. */
bool rx_modinfo(const char *path, const char *key, char *buf, size_t size);

#endif
