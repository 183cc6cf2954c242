/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What steer.c has of eBPF (steer-bpf.c: the programs alone) and of flower (steer-flower.c). */
#ifndef RXELAB_NETNS_KERNEL_STEER_PRIV_H
#define RXELAB_NETNS_KERNEL_STEER_PRIV_H

#include "netns/kernel/steer.h"

#define RX_STEER_PORT 4791 /* RoCEv2, InfiniBand Architecture Specification volume 1, annex A17 */
#define RX_STEER_PRIORITY 1000u /* of filters, and behind it; others may put theirs before */
#define RX_STEER_WHAT 160       /* bytes of a sentence's beginning */

/* At the wire's netdev, for what comes in and what goes out, and at RXE's for what the endpoint
 * sends. */
enum rx_steer_program {
	RX_STEER_FROM_WIRE,
	RX_STEER_FROM_RXE,
	RX_STEER_TO_WIRE,
	RX_STEER_PROGRAMS
};

/* Load all; the descriptors, which were -1, are the caller's also where it fails. */
int rx_steer_programs(const struct rx_link_info *wire, const struct rx_link_info *rxe,
		      uint32_t mark, int program[RX_STEER_PROGRAMS], struct rx_err *err);

/* What RX_STEER_FROM_WIRE and RX_STEER_TO_WIRE have counted; program_id: of either. */
int rx_steer_read(uint32_t program_id, struct rx_steer_count count[RX_STEER_WAYS],
		  struct rx_err *err);

/* Set all filters, where clsact is there; take away what is there of them. */
int rx_steer_flower(struct rx_nl *nl, const struct rx_link_info *wire,
		    const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err);
void rx_steer_flower_drop(struct rx_nl *nl, const struct rx_link_info *wire,
			  const struct rx_link_info *rxe);
/* Whether all are there: 1, 0 or -errno. */
int rx_steer_flower_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
			     const struct rx_link_info *rxe, struct rx_err *err);
/* As rx_steer_counts. */
int rx_steer_flower_counts(struct rx_nl *nl, unsigned wire,
			   struct rx_steer_count count[RX_STEER_WAYS], struct rx_err *err);

#endif
