/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CNI_DEL_H
#define RXELAB_TOOLS_CNI_DEL_H

#include "tools/cni/state.h"

/* Take away all that an attachment has: device, CDI file, state. netns: where DEL says that it is,
 * "" or another one are forgiven. With the lock held. Returns 0 or a code; the state then stays. */
int rx_cni_remove(const char *netns, const struct rx_cni_state *state, struct rx_cni_error *error);

#endif
