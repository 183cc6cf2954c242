/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing a plan, and undoing what the ledger says was done. */
#ifndef RXELAB_NETNS_APPLY_APPLY_H
#define RXELAB_NETNS_APPLY_APPLY_H

#include "netns/apply/worker.h"
#include "netns/kernel/route.h"

/* How each kind is done. */
extern const struct rx_op_type *const rx_op_types[RX_OP_KINDS];

/* Do the operations of the plan, in its order. On failure what was done stays in the ledger for
 * rx_undo.
 * *changed (may be NULL): how many operations did something (RX_APPLY_MISSING: were missing). */
int rx_apply_plan(struct rx_apply *apply, struct rx_plan *plan, size_t *changed,
		  struct rx_err *err);

/* Undo every live entry of the ledger: those of a node last first, nodes beside each other; then
 * the rest, last first. Goes on after a failure; returns the first one. */
int rx_undo(struct rx_apply *apply, struct rx_err *err);

/* The same for the operations of one node alone; the lab stays. */
int rx_undo_owner(struct rx_apply *apply, const char *owner, struct rx_err *err);

/* What an operation of kind ROUTE adds (NOT_LOCAL: takes away), ifindex being that of its netdev;
 * and what one of kind RULE adds. */
struct rx_route_spec rx_op_route_spec(const struct rx_op *op, unsigned ifindex);
struct rx_rule rx_op_rule_spec(const struct rx_op *op);

#endif
