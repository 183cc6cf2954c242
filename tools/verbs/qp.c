/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/qp.h"

#include <errno.h>
#include <string.h>

int rx_qp_refused(const struct rx_port *port, const char *what, int code, struct rx_fault *fault)
{
	const char *why = code == ENETUNREACH ? " (its netdev is down or has no route to the peer)"
			  : code == ETIMEDOUT ? " (the peer's address was not resolved: it does "
						"not answer ARP or ND)"
					      : "";

	return rx_fault(fault, RX_FAULT_SETUP, code, "endpoint %s: %s on %s: %s%s",
			port->node->want->name, what, port->iface->want->rdma_dev, strerror(code),
			why);
}

static bool is_reliable(enum rx_qp_kind kind)
{
	return kind == RX_QP_RC || kind == RX_QP_SRQ || kind == RX_QP_EXTENDED;
}

int rx_qp_init(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind,
	       struct rx_fault *fault)
{
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = RX_PORT_NUM,
		.qkey = RX_QKEY,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
	};

	if (kind == RX_QP_UD)
		mask |= IBV_QP_QKEY;
	else
		mask |= IBV_QP_ACCESS_FLAGS;
	if (is_reliable(kind))
		attr.qp_access_flags |= IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC |
					IBV_ACCESS_MW_BIND;
#if RX_BUILT_FLUSH
	if (kind == RX_QP_EXTENDED && (port->offers & RX_OFFERS_FLUSH))
		attr.qp_access_flags |= IBV_ACCESS_FLUSH_GLOBAL;
#endif
	rc = ibv_modify_qp(qp, &attr, mask);
	if (rc && is_reliable(kind)) {
		attr.qp_access_flags &= ~IBV_ACCESS_MW_BIND;
		rc = ibv_modify_qp(qp, &attr, mask);
	}
	return rc ? rx_qp_refused(port, "readying the QP (INIT)", rc, fault) : 0;
}

int rx_qp_rtr(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, enum rx_family family,
	      const struct rx_far *peer, uint8_t rd_atomic, uint8_t rnr_timer,
	      struct rx_fault *fault)
{
	int mask = IBV_QP_STATE, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = rx_path_mtu(port->port.active_mtu, peer->mtu),
		.dest_qp_num = peer->qp_num,
		.rq_psn = peer->psn,
		.max_dest_rd_atomic = rd_atomic,
		.min_rnr_timer = rnr_timer,
		.ah_attr =
			{
				.is_global = 1,
				.port_num = RX_PORT_NUM,
				.grh = {.dgid = peer->gid,
					.hop_limit = 64,
					.sgid_index = (uint8_t)port->gid[family].index},
			},
	};

	if (kind != RX_QP_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
	if (is_reliable(kind))
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	rc = ibv_modify_qp(qp, &attr, mask);
	return rc ? rx_qp_refused(port, "joining the QP to its peer (RTR)", rc, fault) : 0;
}

int rx_qp_rts(struct rx_port *port, struct ibv_qp *qp, enum rx_qp_kind kind, uint8_t rd_atomic,
	      uint32_t psn, struct rx_fault *fault)
{
	int mask = IBV_QP_STATE | IBV_QP_SQ_PSN, rc;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.sq_psn = psn,
		.timeout = RX_ACK_TIMEOUT,
		.retry_cnt = RX_RETRY_COUNT,
		.rnr_retry = RX_RNR_RETRY,
		.max_rd_atomic = rd_atomic,
	};

	if (is_reliable(kind))
		mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			IBV_QP_MAX_QP_RD_ATOMIC;
	rc = ibv_modify_qp(qp, &attr, mask);
	return rc ? rx_qp_refused(port, "readying the QP to send (RTS)", rc, fault) : 0;
}

void rx_qp_tell(const struct rx_port *port, const struct ibv_qp *qp, enum rx_family family,
		struct rx_far *far)
{
	*far = (struct rx_far){
		.qp_num = qp->qp_num,
		.mtu = port->port.active_mtu,
		.gid = port->gid[family].gid,
		.address = (uintptr_t)port->tx,
		.rkey = port->mr->rkey,
	};
}
