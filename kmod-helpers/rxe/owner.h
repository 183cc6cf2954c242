/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our modules and the one they stand beside:
 *
 *   owner.c    whose rdma_rxe is in the kernel, and what of ours is there to be loaded
 *   trust.c    what a module file says of itself, and whether the kernel would take it unsigned
 *   load.c     bring modules in, take them out
 *   status.c   all of it at once, for people
 *   hook.c     what runs as root by itself then: new kernels, whose paths
 *   install.c  keep a module through reboots and kernel updates, by DKMS */
#ifndef RXELAB_KMOD_HELPERS_RXE_OWNER_H
#define RXELAB_KMOD_HELPERS_RXE_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

enum rx_rxe_owner {
	RX_RXE_NOT_LOADED,
	RX_RXE_DISTRIBUTION,
	RX_RXE_OURS, /* rebuilt by rxelab */
	RX_RXE_BUILTIN,
};

/* Whose rdma_rxe is in the kernel: ours has the version "rxelab-...". */
enum rx_rxe_owner rx_rxe_owner(void);
const char *rx_rxe_owner_name(enum rx_rxe_owner owner);
bool rx_helper_loaded(void);
/* Devices that it changed exist: it stays as long as they do. */
bool rx_helper_pinned(void);
/* Entries of the GID table that the loaded helper gives to devices to come; 0: none is loaded, or
 * that of 0.1, which gives none. */
unsigned rx_helper_gids(void);
/* At least so many from now on; without a helper nothing happens. */
int rx_helper_want_gids(unsigned entries, struct rx_err *err);
/* Is a helper for the running kernel there: installed, or built into the cache? path: its file. */
bool rx_helper_available(char *path, size_t size);
/* The same of a rebuilt rdma_rxe. */
bool rx_rebuilt_available(char *path, size_t size);

#endif
