/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prover's side of the conversation: who it talks to, about which pair, and one question. */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_SESSION_H
#define RXELAB_TOOLS_VERIFY_REMOTE_SESSION_H

#include "tools/verify/remote/remote.h"

#define RX_REMOTE_ANSWER 30.0 /* seconds, those waits of the responder included that are RX_WAIT */

struct rx_prover {
	struct rx_verify *v; /* its view is the whole lab */
	const struct rx_view *own;
	struct rx_fabric fabric;
	struct rx_wire wire;
	unsigned host;        /* the responder's; 0: not yet known */
	struct rx_fault gone; /* why there is no responder any more */
};

struct rx_remote_pair {
	struct rx_remote_end end; /* ours */
	const char *theirs;       /* the other endpoint's name */
	struct rx_fault their[2]; /* by direction, as the other end sees it */
	bool whole; /* every step was done at both ends: only then no fault means passed */
};

/* Ask, and wait for the answer, which the caller owns; answer NULL: nobody wants it. -EPROTO: it is
 * an error. *answer is NULL on failure. */
int rx_remote_ask(struct rx_prover *p, json_t *request, json_t **answer, struct rx_err *err);
/* {"do":what} about this pair. */
json_t *rx_remote_request(const struct rx_remote_pair *pair, const char *what);
/* The answer to such a request. The caller owns it. */
int rx_remote_do(struct rx_prover *p, const struct rx_remote_pair *pair, const char *what,
		 json_t **answer, struct rx_err *err);

/* cm.c: rdma_cm in both directions. The faults are in pair; -errno: the responder is gone. */
int rx_remote_connect(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err);

#endif
