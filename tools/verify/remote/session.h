/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prover's side of the conversation: who it talks to, and one question. */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_SESSION_H
#define RXELAB_TOOLS_VERIFY_REMOTE_SESSION_H

#include "tools/verify/remote/remote.h"

#define RX_REMOTE_ANSWER 30.0 /* seconds, beside what a play of the responder may wait */

struct rx_prover {
	struct rx_verify *v; /* its view is the whole lab */
	const struct rx_view *own;
	struct rx_fabric fabric;
	struct rx_wire wire;
	unsigned host;      /* the responder's; 0: not yet known */
	struct rx_err gone; /* code: why there is no responder any more; 0: there is */
	struct rx_away away;
};

/* Send a request, and hear the answer, which the caller owns, within so many seconds. 0; -EPROTO:
 * it is an error; else p->gone. *answer is NULL on failure. */
int rx_remote_say(struct rx_prover *p, json_t *request);
int rx_remote_hear(struct rx_prover *p, json_t **answer, double seconds, struct rx_err *err);
int rx_remote_ask(struct rx_prover *p, json_t *request, json_t **answer, struct rx_err *err);

/* half.c: p->away. */
void rx_remote_half(struct rx_prover *p);

#endif
