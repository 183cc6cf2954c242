/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/payload.h"

#include <string.h>

/* The finaliser of splitmix64 (Steele, Lea, Flood, 2014): word i needs no word before it. */
static inline uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline uint64_t word(uint64_t seed, size_t i)
{
	return mix(seed + (i + 1) * 0x9e3779b97f4a7c15ULL);
}

uint64_t rx_payload_seed(uint64_t salt, unsigned test, unsigned from, unsigned to,
			 unsigned sequence)
{
	uint64_t pair = (uint64_t)from << 42 | (uint64_t)to << 20 | (uint64_t)test << 12 | sequence;

	return mix(salt ^ mix(pair + 1));
}

void rx_payload_fill(void *buf, size_t size, uint64_t seed)
{
	uint8_t *at = buf;
	size_t i, words = size / 8;
	uint64_t value;

	for (i = 0; i < words; i++) {
		value = word(seed, i);
		memcpy(at + 8 * i, &value, 8);
	}
	value = word(seed, words);
	memcpy(at + 8 * words, &value, size % 8);
}

uint8_t rx_payload_byte(uint64_t seed, size_t offset)
{
	uint64_t value = word(seed, offset / 8);
	uint8_t bytes[8];

	memcpy(bytes, &value, 8);
	return bytes[offset % 8];
}

long rx_payload_check(const void *buf, size_t size, uint64_t seed)
{
	const uint8_t *at = buf;
	size_t i, words = size / 8;
	uint64_t value;

	for (i = 0; i < words; i++) {
		memcpy(&value, at + 8 * i, 8);
		if (value != word(seed, i))
			break;
	}
	for (i *= 8; i < size; i++)
		if (at[i] != rx_payload_byte(seed, i))
			return (long)i;
	return -1;
}
