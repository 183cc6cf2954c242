/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdma_cm across hosts, the prover's side. Each end is a process of its own (cm-child.h). */
#include <stdio.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/verify/remote/session.h"

static struct rx_cm_ending read_ending(const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "text"));
	struct rx_cm_ending ending = {
		.heard = json_is_true(json_object_get(answer, "heard")),
		.failed = json_is_true(json_object_get(answer, "failed")),
		.lacks_qp1 = json_is_true(json_object_get(answer, "lacks_qp1")),
	};

	snprintf(ending.text, sizeof(ending.text), "%s", text ? text : "");
	return ending;
}

/* We are the client: the responder listens, we connect, it reports. */
static int outward(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	struct rx_cm_ending client = {0}, server;
	struct rx_cm_child child = {.fd = -1};
	json_t *answer;
	uint16_t port;
	int rc = rx_remote_do(p, pair, "cm-listen", &answer, err);

	if (rc)
		return rc;
	port = (uint16_t)json_integer_value(json_object_get(answer, "port"));
	if (port) {
		json_decref(answer);
		rx_remote_cm(&pair->end, port, &child);
		rx_cm_finish(&child, &client, rx_now() + RX_CM_WAIT);
		rc = rx_remote_do(p, pair, "cm-report", &answer, err);
		if (rc)
			return rc;
	}
	server = read_ending(answer);
	json_decref(answer);
	rx_cm_judge(&pair->end.m.fault[RX_OUT], pair->end.m.end[0]->node->want->name, &client,
		    pair->theirs, &server);
	return 0;
}

/* The responder is the client: we listen, it connects and reports. */
static int inward(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	struct rx_cm_ending client = {0}, server = {0};
	struct rx_cm_child child = {.fd = -1};
	double deadline = rx_now() + RX_CM_WAIT;
	json_t *answer = NULL, *request;
	uint16_t port;
	int rc = rx_remote_cm(&pair->end, 0, &child);

	if (rc)
		return rx_fail(err, "process-start", -rc, "rdma_cm: starting a process: %s",
			       strerror(-rc));
	port = rx_cm_port(&child, deadline);
	if (port) {
		request = rx_remote_request(pair, "cm-connect");
		json_object_set_new(request, "port", json_integer(port));
		rc = rx_remote_ask(p, request, &answer, err);
		client = read_ending(answer);
		json_decref(answer);
		if (client.failed)
			deadline = rx_now() + RX_CM_ALONE;
	}
	rx_cm_finish(&child, rc ? NULL : &server, deadline);
	if (!rc)
		rx_cm_judge(&pair->their[RX_OUT], pair->theirs, &client,
			    pair->end.m.end[0]->node->want->name, &server);
	return rc;
}

int rx_remote_connect(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	int rc;

	if (pair->end.m.end[0]->problem[0]) {
		rx_fault(&pair->end.m.fault[RX_OUT], RX_FAULT_SETUP, 0, "%s",
			 pair->end.m.end[0]->problem);
		pair->their[RX_OUT] = pair->end.m.fault[RX_OUT];
		return 0;
	}
	rc = outward(p, pair, err);
	return rc ? rc : inward(p, pair, err);
}
