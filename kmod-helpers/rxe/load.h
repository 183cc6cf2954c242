/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bring our modules into the running kernel and take them out again. */
#ifndef RXELAB_KMOD_HELPERS_RXE_LOAD_H
#define RXELAB_KMOD_HELPERS_RXE_LOAD_H

#include <stdbool.h>

#include "kmod-helpers/modules/modules.h"

/* Load ib_core and the helper beside it. 0 also when it is loaded already. It changes devices that
 * are made from then on. loaded_now as in rx_module_load. */
int rx_helper_load(struct rx_module_list *loaded_now, struct rx_err *err);
/* -EBUSY: devices that it changed exist. */
int rx_helper_unload(struct rx_err *err);

/* Would the kernel take the module at path in place of the one of this name that is loaded? It is
 * asked: it checks signature, form and version before it says that one is there already. 0 also
 * where none is loaded, since then it would be taken. */
int rx_module_try(const char *name, const char *path, struct rx_err *err);
/* Put the rdma_rxe at path (with its dependencies) in place of the one that is loaded. -EBUSY: RXE
 * devices exist. If it is not taken, the one before is back. */
int rx_rxe_replace(const char *path, struct rx_err *err);
/* Unload rdma_rxe if no RXE device exists. 0 also when it is not loaded; -EBUSY names a device. */
int rx_rxe_unload(struct rx_err *err);

#endif
