/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_CM_H
#define RXELAB_TOOLS_VERIFY_REMOTE_CM_H

#include "tools/verify/remote/session.h"

/* rdma_cm in both directions. Faults in pair->end.out and pair->their_out; -errno: the responder is
 * gone. */
int rx_remote_connect(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err);

#endif
