/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs share: netdevs of the host that they change, and the bridge and VLAN netdev between
 * them and a wire. It is the host's: recorded in the host's ledger as it was first found, beside
 * what each lab (the owner of an operation) wants of it; an MTU is the largest that a lab wants. It
 * is given back when the last lab goes, whichever that is. */
#ifndef RXELAB_NETNS_APPLY_SHARED_H
#define RXELAB_NETNS_APPLY_SHARED_H

#include "netns/apply/apply.h"

/* apply->ledger is the host's, under its lock. Do the operations of the plan for the lab; what
 * another lab has done is only noted. */
int rx_shared_apply(struct rx_apply *apply, struct rx_plan *plan, const char *lab,
		    struct rx_err *err);
/* Give back what no other lab wants. lab NULL: of all labs. Goes on after a failure; returns the
 * first one. */
int rx_shared_undo(struct rx_apply *apply, const char *lab, struct rx_err *err);

/* Note in the host's ledger the MTU that a lab of rxelab 0.1 has raised, which wrote it in its own.
 * Returns how many there are, or -errno. */
int rx_shared_adopt(struct rx_ledger *host, const struct rx_ledger *lab, struct rx_err *err);

/* Whether both are about one netdev: the host's by its index, whatever its name is now. */
bool rx_shared_same(const struct rx_op *a, const struct rx_op *b);
/* A later live entry of the same owner is about the same netdev: it was made again. */
bool rx_shared_replaced(const struct rx_ledger *ledger, size_t entry);
/* The largest MTU that the live entries want of the netdev, without is left out; 0: none. */
unsigned rx_shared_mtu(const struct rx_ledger *ledger, const struct rx_op *netdev,
		       const struct rx_op *without);

#endif
