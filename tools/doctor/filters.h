/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of the host's firewall drops datagrams: the kernel is asked while they are sent again.
 *   nft.c        nf_tables, which iptables-nft uses too: a trace of what they pass
 *   iptables.c   iptables-legacy: the counters of rules that drop, before and after */
#ifndef RXELAB_TOOLS_DOCTOR_FILTERS_H
#define RXELAB_TOOLS_DOCTOR_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/base/address.h"
#include "netns/kernel/netlink.h"

/* A table of ours in nf_tables, for each family one, that has datagrams of a source traced. It goes
 * with the socket (from 5.13 on also when we are killed). */
struct rx_nft_trace {
	struct rx_nl nl;
	char table[40];
};

/* Nothing is done where nf_tables is not in use. */
void rx_nft_trace_begin(struct rx_nft_trace *trace, const struct rx_cidr *source);
/* Ends the trace. The rule or policy that dropped one: "rule handle 4 of inet filter input"; "" if
 * none did. */
void rx_nft_trace_end(struct rx_nft_trace *trace, char *text, size_t size);

struct rx_legacy_rule {
	char table[32], chain[32];
	unsigned number; /* as iptables-legacy -L --line-numbers counts; 0: the chain's policy */
	uint64_t packets;
};

/* Rules and policies of iptables-legacy that drop or reject; *list is owned by the caller. */
void rx_legacy_rules(struct rx_legacy_rule **list, size_t *n);
/* The first whose counter moved by `least` between two such lists; "" if none did. */
void rx_legacy_moved(const struct rx_legacy_rule *before, size_t n_before,
		     const struct rx_legacy_rule *after, size_t n_after, uint64_t least, char *text,
		     size_t size);

#endif
