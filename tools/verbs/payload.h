/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudo-random payload that both ends can compute: by run, test, pair and sequence. */
#ifndef RXELAB_TOOLS_VERBS_PAYLOAD_H
#define RXELAB_TOOLS_VERBS_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* A seed that no other message of this run shares. */
uint64_t rx_payload_seed(uint64_t salt, unsigned test, unsigned from, unsigned to,
			 unsigned sequence);
void rx_payload_fill(void *buf, size_t size, uint64_t seed);
/* The offset of the first byte that differs, or -1 if all of them are right. */
long rx_payload_check(const void *buf, size_t size, uint64_t seed);
/* The byte that belongs at offset. */
uint8_t rx_payload_byte(uint64_t seed, size_t offset);

#endif
