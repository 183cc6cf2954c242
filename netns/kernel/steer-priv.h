/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The eBPF programs (steer-bpf.c), as steer.c puts them to tc. */
#ifndef RXELAB_NETNS_KERNEL_STEER_PRIV_H
#define RXELAB_NETNS_KERNEL_STEER_PRIV_H

#include "netns/kernel/steer.h"

#define RX_STEER_NAME_IN "rxelab_in"
#define RX_STEER_NAME_OUT "rxelab_out"
#define RX_STEER_NAME_COUNT "rxelab_count"

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

#endif
