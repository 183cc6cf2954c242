/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan: what will be done to the machine, as data. `up --dry-run` prints it, apply.c does it,
 * the ledger keeps it, and undo walks it backwards: one list, four readers. */
#ifndef RXELAB_NETNS_PLAN_PLAN_H
#define RXELAB_NETNS_PLAN_PLAN_H

#include "netns/plan/facts.h"
#include "netns/plan/op.h"

/* A netdev that is to have the index RX_OP_LINK says gets another so far on, so often, where it is
 * taken. A lab has fewer interfaces than the one. */
#define RX_INDEX_STRIDE 4096
#define RX_INDEX_TRIES 4

/* The phase of what labs share (netns/apply/shared.h): it is done before the lab's own operations,
 * and recorded in the host's ledger. */
#define RX_PHASE_HOST 0

struct rx_plan {
	struct rx_op *ops; /* owned */
	size_t n;
	enum rx_plane plane; /* decided: never AUTO */
	bool guessed;        /* nothing was tried on this machine, the plane is one of two */
	char plane_reason[256];
	enum rx_rdma_mode rdma_mode; /* decided: never AUTO */
	char rdma_reason[256];
	uint64_t memory; /* predicted, bytes */
	char warnings[4][256];
	size_t n_warnings;
};

/* Judge the lab against the machine and decide every operation. Nothing is touched. */
int rx_plan_make(const struct rx_lab *lab, const struct rx_facts *facts, struct rx_plan *plan,
		 struct rx_err *err);
void rx_plan_free(struct rx_plan *plan);
/* Add a zeroed operation. The pointer holds until the next call. */
struct rx_op *rx_plan_add(struct rx_plan *plan, enum rx_op_kind kind, unsigned phase,
			  unsigned chain);

/* Leave only the operations whose owner keep says yes to. */
void rx_plan_keep(struct rx_plan *plan, bool (*keep)(const struct rx_op *op, const void *arg),
		  const void *arg);

#endif
