/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QP from RESET to RTS, given what its peer says of itself: the peer may be in this process or on
 * another host. */
#ifndef RXELAB_TOOLS_VERBS_QP_H
#define RXELAB_TOOLS_VERBS_QP_H

#include "tools/verbs/fabric.h"

/* An ACK is awaited for 4.096 us x 2^14 = 67 ms, and 7 times in all: a dead path answers after 0.48
 * s. Retry counts of 7 never give up in RXE (rxe_comp.c), and 14/3 gave false alarms on a loaded
 * machine. */
#define RX_ACK_TIMEOUT 14
#define RX_RETRY_COUNT 6
#define RX_RNR_RETRY 6      /* 7 would be for ever */
#define RX_RNR_TIMER 12     /* 0.64 ms, IBTA vol. 1 table 45 */
#define RX_QKEY 0x11111111u /* of every UD QP */
#define RX_RNR_LONG 26      /* 81.92 ms: a receiver that is late on purpose has half a second */

/* What one end tells the other. */
struct rx_far {
	uint32_t qp_num;
	enum ibv_mtu mtu; /* its port's active MTU: the path's is the smaller of both */
	union ibv_gid gid;
	uint64_t address; /* of its tx area; its rx area lies RX_AREA bytes above */
	uint32_t rkey;
	uint32_t psn; /* of the first packet that it sends */
};

/* Return 0, or -1 with fault filled: endpoint, step and errno, in words. */
int rx_qp_init(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind,
	       struct rx_fault *fault);
int rx_qp_rtr(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, enum rx_family family,
	      const struct rx_far *peer, uint8_t rd_atomic, uint8_t rnr_timer,
	      struct rx_fault *fault);
/* psn: of the first packet; what the peer's rx_qp_rtr was told. */
int rx_qp_rts(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, uint8_t rd_atomic,
	      uint32_t psn, struct rx_fault *fault);
/* What port's qp is to its peer. */
void rx_qp_tell(const struct rx_port *port, const struct ibv_qp *qp, enum rx_family family,
		struct rx_far *far);
/* A verb that was refused, with what the errno means here. Returns -1. */
int rx_qp_refused(const struct rx_port *port, const char *what, int code, struct rx_fault *fault);

#endif
