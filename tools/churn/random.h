/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CHURN_RANDOM_H
#define RXELAB_TOOLS_CHURN_RANDOM_H

#include <stdint.h>

/* splitmix64: a seed, a cycle and a worker give the same choices on every machine. */
struct rx_churn_random {
	uint64_t state;
};
struct rx_churn_random rx_churn_random(uint64_t seed, uint64_t cycle, uint64_t worker);
/* 0 .. below - 1; below > 0 */
unsigned rx_churn_pick(struct rx_churn_random *random, unsigned below);

#endif
