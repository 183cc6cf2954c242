/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lock for all that makes or deletes RXE devices here. */
#ifndef RXELAB_TOOLS_CNI_LOCK_H
#define RXELAB_TOOLS_CNI_LOCK_H

#include "tools/cni/cni.h"

/* Waits up to a minute. Returns 0 and the lock, or a code (RX_CNI_TRY_AGAIN). */
int rx_cni_lock(int *lock, struct rx_cni_error *error);
void rx_cni_unlock(int lock);

#endif
