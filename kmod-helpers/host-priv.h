/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What host.c has for expedite.c. */
#ifndef RXELAB_KMOD_HELPERS_HOST_PRIV_H
#define RXELAB_KMOD_HELPERS_HOST_PRIV_H

#include "kmod-helpers/host.h"

/* Add an operation of that name and value. The pointer holds until the next call. */
struct rx_op *rx_host_plan(struct rx_plan *plan, enum rx_op_kind kind, const char *name,
			   const char *value);
/* Do the plan, which is freed, and record it in the host's ledger. */
int rx_host_apply(struct rx_plan *plan, struct rx_ledger *ledger, const struct rx_host_hooks *hooks,
		  struct rx_err *err);

#endif
