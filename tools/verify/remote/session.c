/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/remote/session.h"

#include <errno.h>

#include "netns/base/clock.h"

#define FIRST_ANSWER 120.0 /* seconds: it opens every device of its share */

int rx_remote_ask(struct rx_prover *p, json_t *request, json_t **answer, struct rx_err *err)
{
	double deadline = rx_now() + (p->host ? RX_REMOTE_ANSWER : FIRST_ANSWER);
	const char *error = NULL;
	json_t *got = NULL;
	int rc;

	if (p->v->deadline > 0 && p->v->deadline < deadline)
		deadline = p->v->deadline;
	rc = rx_wire_send(&p->wire, request, deadline, err);
	if (!rc)
		rc = rx_wire_receive(&p->wire, &got, deadline, err);
	if (!rc)
		error = json_string_value(json_object_get(got, "error"));
	if (error)
		rc = rx_fail(err, "remote-refused", EPROTO, "%s: %.400s", p->wire.peer, error);
	if (answer)
		*answer = rc ? NULL : got;
	if (rc || !answer)
		json_decref(got);
	return rc;
}

json_t *rx_remote_request(const struct rx_remote_pair *pair, const char *what)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "do", what, "test", pair->end.test->name, "yours",
			 pair->theirs, "mine", pair->end.m.end[0]->node->want->name, "network",
			 pair->end.m.end[0]->iface->network);
}

int rx_remote_do(struct rx_prover *p, const struct rx_remote_pair *pair, const char *what,
		 json_t **answer, struct rx_err *err)
{
	return rx_remote_ask(p, rx_remote_request(pair, what), answer, err);
}
