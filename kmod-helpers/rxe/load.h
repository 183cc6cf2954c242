/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bring our modules into the running kernel and take them out again. */
#ifndef RXELAB_KMOD_HELPERS_RXE_LOAD_H
#define RXELAB_KMOD_HELPERS_RXE_LOAD_H

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/modules/modules.h"

enum rx_rxe_owner {
	RX_RXE_NOT_LOADED,
	RX_RXE_DISTRIBUTION,
	RX_RXE_OURS,             /* rebuilt by rxelab */
	RX_RXE_BUILTIN,
};

/* Whose rdma_rxe is in the kernel: ours has the version "rxelab-...". */
enum rx_rxe_owner rx_rxe_owner(void);
bool rx_helper_loaded(void);
/* It has changed a device's operations (before 7.3), and stays until the next boot. */
bool rx_helper_pinned(void);

/* Is a helper for the running kernel there: installed, or built into the cache? path: its file. */
bool rx_helper_available(char *path, size_t size);

/* Load rdma_rxe and the helper beside it, with the offset that the loaded rdma_rxe's BTF tells. 0
 * also when it is loaded already or an rdma_rxe of ours makes it unnecessary. Call it before
 * ib_uverbs is loaded where that is possible: before 7.3 a device opened earlier keeps its old
 * behaviour. *early: false when that was not so and mattered. loaded_now as in rx_module_load. */
int rx_helper_load(struct rx_module_list *loaded_now, bool *early, struct rx_err *err);
/* -EBUSY: it stays until the next boot, since it changed a device's operations (before 7.3). */
int rx_helper_unload(struct rx_err *err);

/* Put the rdma_rxe at path (with its dependencies) in place of the one that is loaded. -EBUSY: RXE
 * devices exist. */
int rx_rxe_replace(const char *path, struct rx_err *err);
/* Unload rdma_rxe if no RXE device exists. 0 also when it is not loaded; -EBUSY names a device. */
int rx_rxe_unload(struct rx_err *err);

#endif
