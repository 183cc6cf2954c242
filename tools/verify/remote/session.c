/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/remote/session.h"

#include <errno.h>

#include "netns/base/clock.h"

#define LONG_ANSWER 120.0 /* seconds: it opens or looks at every device of its share */

static double limit(const struct rx_prover *p, double seconds)
{
	double deadline = rx_now() + seconds, own = p->v->until.deadline;

	return own > 0 && own < deadline ? own : deadline;
}

int rx_remote_say(struct rx_prover *p, json_t *request)
{
	if (!p->gone.code)
		return rx_wire_send(&p->wire, request, limit(p, RX_REMOTE_ANSWER), &p->gone);
	json_decref(request);
	return -p->gone.code;
}

int rx_remote_hear(struct rx_prover *p, json_t **answer, double seconds, struct rx_err *err)
{
	const char *error;
	int rc = rx_wire_receive(&p->wire, answer, limit(p, seconds), &p->gone);

	if (rc) {
		*err = p->gone;
		return rc;
	}
	error = json_string_value(json_object_get(*answer, "error"));
	if (!error)
		return 0;
	rc = rx_fail(err, "remote-refused", EPROTO, "%s: %.400s", p->wire.peer, error);
	json_decref(*answer);
	*answer = NULL;
	return rc;
}

int rx_remote_ask(struct rx_prover *p, json_t *request, json_t **answer, struct rx_err *err)
{
	int rc = rx_remote_say(p, request);

	*answer = NULL;
	if (!rc)
		return rx_remote_hear(p, answer, LONG_ANSWER, err);
	*err = p->gone;
	return rc;
}
