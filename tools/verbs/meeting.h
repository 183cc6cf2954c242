/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two endpoints with nobody else on them: what every test of a pair runs on. */
#ifndef RXELAB_TOOLS_VERBS_MEETING_H
#define RXELAB_TOOLS_VERBS_MEETING_H

#include "tools/verbs/conn.h"
#include "tools/verbs/pairs.h"

struct rx_area {
	uint8_t *tx, *rx;
	struct ibv_mr *mr; /* NULL on another host, where tx and rx are its addresses */
	uint32_t rkey;
};

struct rx_meeting {
	struct rx_fabric *fabric;
	unsigned number[2]; /* the endpoints */
	struct rx_port *end[2];
	bool routed;         /* no common network: routers stand between */
	unsigned directions; /* RX_FORWARD, RX_BACKWARD: those to try now */
	unsigned test;       /* its number, for the payload's seed */
	uint64_t salt;
	const atomic_bool *stop;
	struct rx_conn conn[RX_QP_KINDS];
	struct rx_fault fault[2]; /* of the test that runs, by direction */
};

struct rx_transfer {
	enum rx_qp_kind kind;
	enum rx_family family;
	enum ibv_wr_opcode opcode; /* SEND, WRITE, READ and those with immediate data */
	unsigned messages;
	uint32_t size; /* bytes of each message */
	bool inlined;
	double wait;          /* seconds; 0: RX_WAIT */
	struct rx_area *area; /* of both ends; NULL: the ports' own */
};

void rx_meeting_begin(struct rx_meeting *m, struct rx_fabric *fabric, const struct rx_pair *pair);
void rx_meeting_end(struct rx_meeting *m);
/* The connection of this kind, up. NULL: fault filled for each direction to try. */
struct rx_conn *rx_meeting_conn(struct rx_meeting *m, enum rx_qp_kind kind, enum rx_family family);
/* Something failed on it: nothing of it may be used again. */
void rx_meeting_break(struct rx_meeting *m, enum rx_qp_kind kind);
/* And neither direction to try was done. */
void rx_meeting_fail(struct rx_meeting *m, enum rx_qp_kind kind);
bool rx_meeting_tries(const struct rx_meeting *m, unsigned direction);
/* The step in every direction to try, whatever becomes of the other one. 0, or -1 if one failed. */
int rx_meeting_each(struct rx_meeting *m, int (*step)(void *context, unsigned direction),
		    void *context);
/* The same fault for every direction to try that has no verdict yet. */
void rx_meeting_fault(struct rx_meeting *m, const struct rx_fault *fault);
void rx_meeting_skip(struct rx_meeting *m, const char *reason);
uint64_t rx_meeting_seed(const struct rx_meeting *m, unsigned direction, unsigned sequence);
/* Compare size bytes at buf with what direction's message carried. 0, or -1 with fault[direction]
 * filled. */
int rx_meeting_check(struct rx_meeting *m, unsigned direction, unsigned sequence, const void *buf,
		     size_t size);
/* Move the messages in every direction to try, at once, and check each byte at the receiver. 0, or
 * -1. */
int rx_transfer(struct rx_meeting *m, const struct rx_transfer *transfer);

/* A transfer in its steps, for two processes that each have one end: ready in both, then move, then
 * check. Each does what there is to do at the ends that are here. 0, or -1 with a fault. */
struct rx_exchange {
	struct rx_meeting *m;
	const struct rx_transfer *t;
	struct rx_conn *conn;
	struct rx_area area[2];
	struct rx_expect expect;
};
int rx_exchange_ready(struct rx_exchange *x);
int rx_exchange_move(struct rx_exchange *x);
int rx_exchange_check(struct rx_exchange *x);
struct rx_area rx_area(const struct rx_port *port); /* its own */

#endif
