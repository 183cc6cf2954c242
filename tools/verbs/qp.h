/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QP from RESET to RTS, given what its peer says of itself: the peer may be in this process or on
 * another host. */
#ifndef RXELAB_TOOLS_VERBS_QP_H
#define RXELAB_TOOLS_VERBS_QP_H

#include "tools/verbs/fabric.h"

/* What one end tells the other. */
struct rx_far {
	uint32_t qp_num;
	enum ibv_mtu mtu;           /* its port's active MTU: the path's is the smaller of both */
	union ibv_gid gid;
	uint64_t address;           /* of its tx area; its rx area lies RX_AREA bytes above */
	uint32_t rkey;
	uint32_t psn;               /* of the first packet that it sends */
};

/* Return 0, or -1 with fault filled: endpoint, step and errno, in words. */
int rx_qp_init(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind,
	       struct rx_fault *fault);
int rx_qp_rtr(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, enum rx_family family,
	      const struct rx_far *peer, uint8_t rd_atomic, struct rx_fault *fault);
/* psn: of the first packet; what the peer's rx_qp_rtr was told. */
int rx_qp_rts(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, uint8_t rd_atomic,
	      uint32_t psn, struct rx_fault *fault);
/* What port's qp is to its peer. */
void rx_qp_tell(const struct rx_port *port, const struct ibv_qp *qp, enum rx_family family,
		struct rx_far *far);
/* A verb that was refused, with what the errno means here. Returns -1. */
int rx_qp_refused(const struct rx_port *port, const char *what, int code, struct rx_fault *fault);

#endif
