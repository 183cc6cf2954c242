/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/plan/plan.h"

#include <stdlib.h>

#include "netns/base/memory.h"

void rx_plan_free(struct rx_plan *plan)
{
	free(plan->ops);
	plan->ops = NULL;
	plan->n = 0;
}

struct rx_op *rx_plan_add(struct rx_plan *plan, enum rx_op_kind kind, unsigned phase,
			  unsigned chain)
{
	struct rx_op *op = rx_array_add(&plan->ops, &plan->n, sizeof(*op));

	op->kind = kind;
	op->phase = phase;
	op->chain = chain;
	return op;
}

void rx_plan_keep(struct rx_plan *plan, bool (*keep)(const struct rx_op *op, const void *arg),
		  const void *arg)
{
	size_t i, n = 0;

	for (i = 0; i < plan->n; i++)
		if (keep(&plan->ops[i], arg))
			plan->ops[n++] = plan->ops[i];
	plan->n = n;
}
