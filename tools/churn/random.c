/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/churn/random.h"

struct rx_churn_random rx_churn_random(uint64_t seed, uint64_t cycle, uint64_t worker)
{
	struct rx_churn_random random = {seed ^ cycle * 0x9e3779b97f4a7c15ull ^
					 worker * 0xd1b54a32d192ed03ull};

	/* neighbouring states give unrelated numbers only after a step */
	rx_churn_pick(&random, 2);
	return random;
}

unsigned rx_churn_pick(struct rx_churn_random *random, unsigned below)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (unsigned)((z ^ z >> 31) % below);
}
