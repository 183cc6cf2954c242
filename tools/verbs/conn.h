/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two ports and a QP on each, joined; what flows between them is waited for to a deadline. */
#ifndef RXELAB_TOOLS_VERBS_CONN_H
#define RXELAB_TOOLS_VERBS_CONN_H

#include <signal.h>
#include <stdatomic.h>

#include "tools/verbs/fabric.h"
#include "tools/verbs/qp.h"

#define RX_WAIT 5.0      /* seconds for anything small; the retries above end long before */
#define RX_WAIT_LOST 2.0 /* where a lost frame is not repeated: UC, UD */

/* When the command ends, whatever is under way. */
struct rx_until {
	const volatile sig_atomic_t *signal; /* one came; NULL: nobody catches any */
	double deadline;                     /* rx_now(); 0: none */
	const atomic_bool *stop;             /* somebody says so; NULL: nobody does */
};
bool rx_is_over(const struct rx_until *until);

struct rx_conn {
	struct rx_port *end[2]; /* NULL: it is on another host */
	struct ibv_qp *qp[2];
	struct rx_far far[2]; /* what each end tells the other */
	enum rx_qp_kind kind;
	enum rx_family family;
	bool routed; /* over routers */
	bool up, joined;
	bool late;           /* its receivers' NAK lasts RX_RNR_LONG */
	uint32_t psn;        /* of the first packet of both ends; 0: one of its own */
	uint32_t generation; /* of the work requests; completions of earlier ones are ignored */
	const struct rx_until *until; /* NULL: it does not end */
};

/* Direction d goes from end[d] to end[1 - d]. */
struct rx_expect {
	unsigned sends[2];              /* completions that direction d's sender still owes */
	unsigned recvs[2];              /* and its receiver */
	struct ibv_wc wc[2][RX_MAX_WR]; /* of the receives of direction d, by index */
};

/* Joining two ends takes two steps, which each host does with the ends that are here: ready its
 * QPs (INIT) and fill far; then, with the far of both, take them to RTS. 0, or -1 with fault
 * filled. */
int rx_conn_offer(struct rx_conn *conn, struct rx_fault *fault);
int rx_conn_accept(struct rx_conn *conn, struct rx_fault *fault);
/* Take conn->qp, both here and in RESET, to RTS. rd_atomic: READs and atomics in flight. 0, or -1
 * with fault filled. */
int rx_conn_join(struct rx_conn *conn, uint8_t rd_atomic, struct rx_fault *fault);
/* Back to RESET for the next pair; after a failure (broken) the QPs are destroyed. So are those
 * that went by IPv6 or over a router: an RC QP of RXE keeps its route until it is destroyed
 * (rxe_find_route, rxe_qp_do_cleanup), and the next peer would be sent to by the old one. Between
 * neighbours of one IPv4 network that is the same route. */
void rx_conn_down(struct rx_conn *conn, bool broken);

uint64_t rx_wr_id(const struct rx_conn *conn, unsigned direction, bool receive, unsigned index);
/* Post a receive for direction d at its receiver. 0, or -1 with fault filled. */
int rx_conn_recv(struct rx_conn *conn, unsigned direction, unsigned index, void *buf, uint32_t size,
		 struct ibv_mr *mr, struct rx_fault *fault);
/* Bytes at one end, inside an MR. */
struct rx_slice {
	const void *at;
	uint32_t size;
	struct ibv_mr *mr;
};
struct rx_chain {
	struct ibv_send_wr wr[RX_MAX_WR];
	struct ibv_sge sge[RX_MAX_WR];
};
/* Requests of direction d for n slices that lie behind each other from local on. They are posted in
 * one system call; only the last is signalled, and errors always are. The caller sets opcodes.
 * Returns the first. */
struct ibv_send_wr *rx_chain(struct rx_chain *chain, const struct rx_conn *conn, unsigned direction,
			     unsigned n, const struct rx_slice *local);
/* Their opcode, and where the slices lie at the other end, behind each other too. */
void rx_chain_rdma(struct rx_chain *chain, unsigned n, enum ibv_wr_opcode opcode, uint64_t address,
		   uint32_t rkey);
/* Post a chain of sends for direction d. */
int rx_conn_send(struct rx_conn *conn, unsigned direction, struct ibv_send_wr *chain,
		 struct rx_fault *fault);
/* Wait until everything expected is there, a sender has its first bad completion, or the deadline
 * (rx_now) passes. The receiver of a lost message never hears of it. Fills fault[d] of the
 * direction that failed, COLLATERAL in the other one if it was not done. 0, or -1. */
int rx_conn_wait(struct rx_conn *conn, struct rx_expect *expect, double deadline,
		 struct rx_fault fault[2]);

#endif
