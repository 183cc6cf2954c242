/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two endpoints with nobody else on them: what every test of a pair runs on. */
#ifndef RXELAB_TOOLS_VERBS_MEETING_H
#define RXELAB_TOOLS_VERBS_MEETING_H

#include "tools/verbs/conn.h"
#include "tools/verbs/pairs.h"

struct rx_away;

struct rx_meeting {
	struct rx_fabric *fabric;
	unsigned number[2];             /* the endpoints, in the whole lab */
	struct rx_port *end[2];         /* NULL: on another host, which away asks */
	const struct rx_iface *want[2]; /* of both ends; NULL: the topology does not connect them */
	const char *name[2];
	const char *network; /* that both are on; NULL: routers stand between, or it has no name */
	struct rx_away *away;
	bool routed;          /* no common network: routers stand between */
	unsigned directions;  /* RX_FORWARD, RX_BACKWARD: those to try now */
	unsigned turn, turns; /* of the pairs that share the rounds of a test; 0: it has all */
	unsigned test, attempt, round; /* for the payload's seed: each has a pattern of its own */
	uint64_t salt;
	const struct rx_until *until;
	struct rx_conn conn[RX_QP_KINDS];
	struct rx_fault fault[2]; /* of the test that runs, by direction */
};

struct rx_transfer {
	enum rx_qp_kind kind;
	enum rx_family family;
	enum ibv_wr_opcode opcode; /* SEND, WRITE, READ and those with immediate data */
	unsigned messages;
	uint32_t size; /* bytes of each message, beside: */
	unsigned mtus; /* so many path MTUs more */
	int more;      /* and so many bytes */
	unsigned sges; /* that each message is sent from, or read into; 0: one */
	uint32_t psn;  /* see rx_play */
	bool inlined;
	bool own_memory; /* too large for the ports' areas; for SEND */
	double wait;     /* seconds; 0: RX_WAIT */
};

void rx_meeting_begin(struct rx_meeting *m, struct rx_fabric *fabric, const struct rx_pair *pair);
void rx_meeting_end(struct rx_meeting *m);
/* Begin with two ends that are given: m->end, want, name, number, away. */
void rx_meeting_link(struct rx_meeting *m);
/* The connection of this kind, joined, or offered and yet to be joined. NULL: fault filled. */
struct rx_conn *rx_meeting_offer(struct rx_meeting *m, enum rx_qp_kind kind, enum rx_family family,
				 struct rx_fault *fault);
/* Something failed on it: nothing of it may be used again. */
void rx_meeting_break(struct rx_meeting *m, enum rx_qp_kind kind);
bool rx_meeting_tries(const struct rx_meeting *m, unsigned direction);
/* The same fault for every direction to try that has no verdict yet. */
void rx_meeting_fault(struct rx_meeting *m, const struct rx_fault *fault);
void rx_meeting_skip(struct rx_meeting *m, const char *reason);
uint64_t rx_meeting_seed(const struct rx_meeting *m, unsigned direction, unsigned sequence);
/* Compare size bytes at buf with what direction's message carried. Bytes that are as they were
 * before are missing, which lossy (UC, UD) allows. 0, or -1 with fault filled. */
int rx_meeting_check(struct rx_meeting *m, unsigned direction, unsigned sequence, const void *buf,
		     size_t size, bool lossy, struct rx_fault *fault);
/* Move the messages in every direction to try, at once, and check each byte at the receiver. 0, or
 * -1. */
int rx_transfer(struct rx_meeting *m, const struct rx_transfer *transfer);

#endif
