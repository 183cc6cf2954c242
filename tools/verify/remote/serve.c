/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The responder: does with the endpoints of this host what a prover on another one asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/remote/remote.h"

#define IDLE 120.0  /* seconds without a request after which a prover is given up */
#define ANSWER 30.0 /* seconds for it to take an answer */

struct session {
	const struct rx_serve *serve;
	struct rx_wire wire;
	struct rx_view view;
	struct rx_verify v; /* of the view: its fabric, and what looking at it finds */
	struct rx_meeting m;
	struct rx_play play;
	struct rx_drive drive;
	bool driving; /* drive has begun */
	bool ready;   /* and is prepared */
	bool over;    /* the prover has said so */
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

	for (size_t i = 0; i < s->v.fabric.n_ports; i++) {
		const struct rx_port *port = &s->v.fabric.ports[i];

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

	if (!json_unpack((json_t *)hello, "{s:i}", "rxelab", &version) &&
	    version != RX_REMOTE_PROTOCOL) {
		snprintf(text, sizeof(text),
			 "this host speaks protocol %d of rxelab verify, not %d; use one version "
			 "of rxelab on all hosts",
			 RX_REMOTE_PROTOCOL, version);
		return error_json(text);
	}
	if (json_unpack((json_t *)hello, "{s:i,s:s,s:i,s:i,s:s}", "rxelab", &version, "lab", &name,
			"host", &host, "hosts", &hosts, "salt", &salt))
		return error_json("this is not rxelab verify --remote");
	if (strcmp(name, lab->name) || (unsigned)hosts != lab->hosts || host < 1 || host > hosts ||
	    (unsigned)host == lab->host) {
		snprintf(text, sizeof(text),
			 "this is host %u of %u of lab %s; a prover for host %d of %d of lab "
			 "%.40s has no pairs with it",
			 lab->host, lab->hosts, lab->name, host, hosts, name);
		return error_json(text);
	}
	s->v.salt = strtoull(salt, NULL, 16);
	return json_pack("{s:i,s:i,s:s,s:s,s:o}", "host", (int)lab->host, "hosts", (int)lab->hosts,
			 "plane", rx_plane_name(s->view.plane), "kernel", s->view.kernel,
			 "endpoints", endpoints_json(s));
}

/* ---- looking at the endpoints ---- */

static json_t *looked_json(const struct rx_verify *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];
		const struct rx_node_view *nodes = v->view->nodes;

		json_array_append_new(
			list,
			json_pack("{s:s,s:s,s:f,s:s?,s:s?,s:s?,s:o}", "test",
				  rx_tests[r->of.test].name, "status", rx_outcome_word(r->outcome),
				  "seconds", r->seconds, "from",
				  r->of.from == RX_NOBODY ? NULL : nodes[r->of.from].want->name,
				  "to", r->of.to == RX_NOBODY ? NULL : nodes[r->of.to].want->name,
				  "network", r->of.network, "detail", rx_json_string(r->detail)));
	}
	return list;
}

static json_t *gids_json(const struct rx_fabric *fabric)
{
	json_t *list = json_array();
	char text[40];

	for (size_t i = 0; i < RX_LAB_FAMILIES * fabric->n_ports; i++) {
		const struct rx_port *port = &fabric->ports[i / RX_LAB_FAMILIES];
		unsigned family = i % RX_LAB_FAMILIES;

		if (port->gid[family].index >= 0)
			json_array_append_new(
				list, json_pack("{s:s,s:s}", "name", port->node->want->name, "gid",
						rx_gid_text(&port->gid[family].gid, text)));
	}
	return list;
}

static json_t *look(struct session *s, const json_t *request)
{
	const json_t *names = json_object_get(request, "tests");
	json_t *answer;

	memset(s->v.selected, 0, sizeof(s->v.selected));
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		unsigned test = name ? rx_test_number(name) : rx_n_tests;

		if (test < rx_n_tests)
			s->v.selected[test] = true;
	}
	rx_results_init(&s->v.results);
	rx_verify_look(&s->v);
	answer = json_pack("{s:o,s:o}", "results", looked_json(&s->v), "gids",
			   gids_json(&s->v.fabric));
	rx_results_free(&s->v.results);
	return answer;
}

/* ---- a half ---- */

static void part(struct session *s)
{
	if (s->driving)
		rx_drive_end(&s->drive);
	s->driving = s->ready = false;
}

static json_t *halves(struct session *s)
{
	json_t *answer = json_object();

	for (unsigned i = 0; i < 2 * RX_ROLES; i++)
		rx_remote_blame(&s->m, &s->drive.fault[i / RX_ROLES][i % RX_ROLES]);
	rx_halves_json(&s->drive, answer);
	return answer;
}

/* The meeting and the play that a request is about. */
static bool find(struct session *s, const json_t *request)
{
	const char *names[2], *network, *test;
	int attempt, round, directions;

	s->m = (struct rx_meeting){.fabric = &s->v.fabric, .salt = s->v.salt, .until = &s->v.until};
	if (json_unpack((json_t *)request, "{s:s,s:s,s:s,s:s,s:i,s:i,s:i}", "a", &names[0], "b",
			&names[1], "network", &network, "test", &test, "attempt", &attempt, "round",
			&round, "directions", &directions) ||
	    attempt < 0 || attempt > 255 || round < 0 || directions < 1 ||
	    (unsigned)directions > RX_BOTH || !rx_remote_ends(&s->v.fabric, names, network, &s->m))
		return false;
	s->m.test = rx_test_number(test);
	if (s->m.test == rx_n_tests || rx_tests[s->m.test].scope == RX_SCOPE_LAB ||
	    (unsigned)round >= rx_test_rounds(&rx_tests[s->m.test]))
		return false;
	s->m.attempt = (unsigned)attempt;
	s->m.round = (unsigned)round;
	s->m.directions = (unsigned)directions;
	s->play = rx_test_play(&rx_tests[s->m.test], s->m.round);
	/* halves of both directions share what such a play breaks */
	return !s->play.turns || (unsigned)directions != RX_BOTH;
}

static json_t *open_half(struct session *s, const json_t *request)
{
	unsigned own;
	struct rx_conn *conn;
	json_t *answer;

	part(s);
	memset(&s->drive, 0, sizeof(s->drive));
	if (!find(s, request)) {
		s->m = (struct rx_meeting){0};
		return error_json("there is no such endpoint, network or test here");
	}
	own = s->m.end[0] ? 0 : 1;
	rx_remote_prime(&s->v.fabric, &s->m);
	rx_meeting_link(&s->m);
	rx_drive_begin(&s->drive, &s->m, &s->play, s->m.directions);
	s->driving = true;
	if (rx_drive_offer(&s->drive))
		return halves(s);
	conn = s->drive.conn;
	if (conn && !rx_far_read(json_object_get(request, "far"), &conn->far[1 - own]))
		return error_json("a QP without an address");
	s->ready = !rx_drive_prepare(&s->drive);
	answer = halves(s);
	if (conn)
		json_object_set_new(answer, "far", rx_far_json(&conn->far[own]));
	return answer;
}

/* Whatever the step comes to is in the faults. */
static json_t *do_step(struct session *s, const json_t *request, int (*step)(struct rx_drive *))
{
	if (!s->ready || !rx_halves_read(request, &s->drive))
		return error_json("a request that does not fit here");
	step(&s->drive);
	return halves(s);
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

	if (!what)
		return error_json("a request without \"do\"");
	if (!strcmp(what, "look"))
		return look(s, request);
	if (!strcmp(what, "open"))
		return open_half(s, request);
	if (!strcmp(what, "post"))
		return do_step(s, request, rx_drive_post);
	if (!strcmp(what, "check"))
		return do_step(s, request, rx_drive_check);
	if (!strcmp(what, "part")) {
		part(s);
		return halves(s);
	}
	if (!strcmp(what, "bye"))
		return bye(s, request);
	return error_json("a request that does not fit here");
}

static int converse(struct session *s, struct rx_err *err)
{
	json_t *request, *said;
	int rc = rx_wire_receive(&s->wire, &request, rx_now() + IDLE, err);
	bool agreed;

	if (rc)
		return rc;
	said = greet(s, request);
	agreed = !json_object_get(said, "error");
	rc = rx_wire_send(&s->wire, said, rx_now() + ANSWER, err);
	json_decref(request);
	if (!rc && !agreed)
		return rx_fail(err, "remote-answer", EPROTO, "it has no pairs with this host");
	while (!rc && !s->over) {
		rc = rx_wire_receive(&s->wire, &request, rx_now() + IDLE, err);
		if (rc)
			return rc;
		rc = rx_wire_send(&s->wire, answer(s, request), rx_now() + ANSWER, err);
		json_decref(request);
	}
	return rc;
}

/* The lab is opened for each prover again, and held open only as long: it may be made again in
 * between. */
static int serve_one(struct session *s, struct rx_err *err)
{
	int rc = rx_view_open(s->serve->lab, &s->view, err);

	if (rc)
		return rc;
	s->v.view = &s->view;
	s->v.until = (struct rx_until){.signal = s->serve->stop, .deadline = s->serve->deadline};
	rx_fabric_open(&s->view, &s->v.fabric);
	rc = converse(s, err);
	part(s);
	rx_fabric_close(&s->v.fabric);
	rx_view_close(&s->view);
	return rc;
}

/* 0: the prover came to its end and found nothing failed. */
static int take_prover(const struct rx_serve *serve, int listener, struct rx_err *err)
{
	struct session s = {.serve = serve};
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
