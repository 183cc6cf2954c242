/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The responder: does with the endpoints of this host what a prover on another one asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/remote/remote.h"

#define IDLE 60.0   /* seconds without a request after which a prover is given up */
#define ANSWER 30.0 /* seconds for it to take an answer */

struct session {
	const struct rx_serve *serve;
	struct rx_wire wire;
	struct rx_view view;
	struct rx_fabric fabric;
	struct rx_remote_end end;
	struct rx_cm_child cm;
	uint64_t salt;
	bool over; /* the prover has said so */
	long long passed, failed;
};

static json_t *error_json(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

/* ---- the beginning ---- */

static json_t *endpoints_json(const struct session *s)
{
	json_t *list = json_array();
	char mac[18];

	for (size_t i = 0; i < s->fabric.n_ports; i++) {
		const struct rx_port *port = &s->fabric.ports[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s}", "name", port->node->want->name,
						"network", port->iface->network, "mac",
						rx_mac_text(port->iface->want->mac, mac)));
	}
	return list;
}

static json_t *greet(struct session *s, const json_t *hello)
{
	const struct rx_lab *lab = &s->view.lab;
	const char *name, *salt;
	int version, host, hosts;
	char text[300];

	if (json_unpack((json_t *)hello, "{s:i,s:s,s:i,s:i,s:s}", "rxelab", &version, "lab", &name,
			"host", &host, "hosts", &hosts, "salt", &salt))
		return error_json("this is not rxelab verify --remote");
	if (version != 1 || strcmp(name, lab->name) || (unsigned)hosts != lab->hosts || host < 1 ||
	    host > hosts || (unsigned)host == lab->host) {
		snprintf(text, sizeof(text),
			 "this is host %u of %u of lab %s; a prover for host %d of %d of lab %.40s "
			 "has no pairs with it",
			 lab->host, lab->hosts, lab->name, host, hosts, name);
		return error_json(text);
	}
	s->salt = strtoull(salt, NULL, 16);
	return json_pack("{s:i,s:i,s:s,s:s,s:o}", "host", (int)lab->host, "hosts", (int)lab->hosts,
			 "plane", rx_plane_name(s->view.plane), "kernel", s->view.kernel,
			 "endpoints", endpoints_json(s));
}

/* ---- a pair ---- */

/* Which of our ports and which foreign interface a request is about. */
static bool find_pair(struct session *s, const json_t *request, struct rx_remote_end *end)
{
	const char *yours, *mine, *network, *test;
	const struct rx_remote_test *found;

	if (json_unpack((json_t *)request, "{s:s,s:s,s:s,s:s}", "yours", &yours, "mine", &mine,
			"network", &network, "test", &test))
		return false;
	*end = (struct rx_remote_end){.lab = &s->view.lab,
				      .m = {.fabric = &s->fabric, .salt = s->salt}};
	end->m.end[0] = rx_remote_port(&s->fabric, yours, network);
	end->peer = rx_remote_iface(&s->view.lab, mine, network, &end->m.number[1]);
	found = rx_remote_test(test);
	if (!end->m.end[0] || !end->peer || !found)
		return false;
	end->m.number[0] = (unsigned)end->m.end[0]->node->want->number;
	rx_remote_begin(end, found);
	return true;
}

static json_t *faults_json(struct rx_remote_end *end)
{
	rx_remote_blame(end);
	return json_pack("{s:o,s:o}", "out", rx_fault_json(&end->m.fault[RX_OUT]), "in",
			 rx_fault_json(&end->m.fault[RX_IN]));
}

static json_t *join(struct session *s, const json_t *request)
{
	struct rx_far own;

	rx_meeting_break(&s->end.m, RX_QP_RC);
	if (!find_pair(s, request, &s->end) || s->end.test->cm ||
	    !rx_far_read(json_object_get(request, "far"), &s->end.far)) {
		s->end.m.end[0] = NULL;
		return error_json("there is no such endpoint, network or test here");
	}
	if (rx_remote_open(&s->end, &own) || rx_remote_join(&s->end))
		return faults_json(&s->end);
	return json_pack("{s:o}", "far", rx_far_json(&own));
}

static json_t *run(struct session *s)
{
	rx_exchange_move(&s->end.exchange);
	return faults_json(&s->end);
}

static json_t *check(struct session *s)
{
	struct rx_moved moved;
	json_t *answer;

	rx_remote_check(&s->end, &moved);
	answer = faults_json(&s->end);
	json_object_set_new(answer, "moved", rx_moved_json(&moved));
	return answer;
}

/* ---- rdma_cm ---- */

static json_t *report_json(struct session *s, double deadline)
{
	struct rx_cm_ending ending = {0};

	rx_cm_finish(&s->cm, &ending, deadline);
	return json_pack("{s:b,s:b,s:s,s:b}", "heard", ending.heard, "failed", ending.failed,
			 "text", ending.text, "lacks_qp1", ending.lacks_qp1);
}

/* Our end of a connection, as a process: the server's port, or the client's report. */
static json_t *connect_cm(struct session *s, const json_t *request, bool server)
{
	uint16_t port = (uint16_t)json_integer_value(json_object_get(request, "port"));
	double deadline = rx_now() + RX_CM_WAIT;

	rx_cm_finish(&s->cm, NULL, 0);
	if (!find_pair(s, request, &s->end))
		return error_json("there is no such endpoint or network here");
	if (s->end.m.end[0]->problem[0])
		return json_pack("{s:b,s:b,s:s,s:b}", "heard", true, "failed", true, "text",
				 s->end.m.end[0]->problem, "lacks_qp1", false);
	if (!server && !port)
		return error_json("a connection without a port");
	if (rx_remote_cm(&s->end, server ? 0 : port, &s->cm))
		return error_json("a process could not be started");
	if (!server)
		return report_json(s, deadline);
	port = rx_cm_port(&s->cm, deadline);
	return port ? json_pack("{s:i}", "port", (int)port)
		    : report_json(s, rx_now() + RX_CM_ALONE);
}

/* ---- requests ---- */

static json_t *bye(struct session *s, const json_t *request)
{
	s->over = true;
	s->passed = json_integer_value(json_object_get(request, "passed"));
	s->failed = json_integer_value(json_object_get(request, "failed"));
	return json_object();
}

static json_t *answer(struct session *s, const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));
	bool joined = s->end.m.conn[RX_QP_RC].up;

	if (!what)
		return error_json("a request without \"do\"");
	if (!strcmp(what, "join"))
		return join(s, request);
	if (!strcmp(what, "run") && joined)
		return run(s);
	if (!strcmp(what, "check") && joined)
		return check(s);
	if (!strcmp(what, "part")) {
		rx_meeting_break(&s->end.m, RX_QP_RC);
		return json_object();
	}
	if (!strcmp(what, "cm-listen") || !strcmp(what, "cm-connect"))
		return connect_cm(s, request, !strcmp(what, "cm-listen"));
	if (!strcmp(what, "cm-report") && s->cm.fd >= 0)
		return report_json(s, rx_now() + RX_CM_WAIT);
	if (!strcmp(what, "bye"))
		return bye(s, request);
	return error_json("a request that does not fit here");
}

static int converse(struct session *s, struct rx_err *err)
{
	json_t *request;
	int rc = rx_wire_receive(&s->wire, &request, rx_now() + IDLE, err);

	if (rc)
		return rc;
	rc = rx_wire_send(&s->wire, greet(s, request), rx_now() + ANSWER, err);
	json_decref(request);
	while (!rc && !s->over) {
		rc = rx_wire_receive(&s->wire, &request, rx_now() + IDLE, err);
		if (rc)
			return rc;
		rc = rx_wire_send(&s->wire, answer(s, request), rx_now() + ANSWER, err);
		json_decref(request);
	}
	return rc;
}

/* The lab is opened for each prover anew, and held open only as long: it may be made anew in
 * between. */
static int serve_one(struct session *s, struct rx_err *err)
{
	int rc = rx_view_open(s->serve->lab, &s->view, err);

	if (rc)
		return rc;
	rx_fabric_open(&s->view, &s->fabric);
	rc = converse(s, err);
	rx_cm_finish(&s->cm, NULL, 0);
	rx_meeting_break(&s->end.m, RX_QP_RC);
	rx_fabric_close(&s->fabric);
	rx_view_close(&s->view);
	return rc;
}

/* 0: the prover came to its end and found nothing failed. */
static int take_prover(const struct rx_serve *serve, int listener, struct rx_err *err)
{
	struct session s = {.serve = serve, .cm = {.fd = -1}};
	int rc = rx_wire_accept(listener, &s.wire, serve->deadline, serve->stop, err);

	if (rc)
		return rc;
	rc = serve_one(&s, err);
	if (rc)
		rx_note("verify %s: the prover at %s is given up: %s", serve->lab, s.wire.peer,
			err->text);
	else
		rx_note("verify %s: the prover at %s is done: %lld passed, %lld failed", serve->lab,
			s.wire.peer, s.passed, s.failed);
	rx_wire_close(&s.wire);
	return rc || s.failed || !s.passed ? RX_FAILED : RX_OK;
}

int rx_remote_serve(const struct rx_serve *serve, struct rx_err *err)
{
	char name[96];
	int listener = rx_wire_listen(serve->address, name, sizeof(name), err), rc;

	if (listener < 0)
		return listener;
	rx_note("verify %s: answering on %s", serve->lab, name);
	do {
		rc = take_prover(serve, listener, err);
	} while (rc >= 0 && !serve->once);
	close(listener);
	if (rc == -EINTR)
		return RX_OK;
	if (rc == -ETIMEDOUT) {
		rx_note("verify %s: the limit has passed", serve->lab);
		return RX_TIMEOUT;
	}
	return rc;
}
