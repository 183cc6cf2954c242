/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prover: every pair of an endpoint here and one on the responder's host, in both
 * directions. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/remote/session.h"

static int nonsense(const struct rx_prover *p, struct rx_err *err)
{
	return rx_fail(err, "remote-answer", EPROTO, "%s: unexpected reply: is this rxelab verify?",
		       p->wire.peer);
}

/* ---- the beginning ---- */

/* The same file on both sides gives the same MAC on both sides. */
static int judge_endpoint(const struct rx_prover *p, const struct rx_node *node,
			  const json_t *theirs, struct rx_err *err)
{
	const struct rx_lab *lab = &p->own->lab;
	char text[18];

	for (size_t k = 0; k < node->n_ifaces; k++) {
		const char *network = lab->networks[node->ifaces[k].network].name, *name, *on,
			   *mac = NULL, *found;
		size_t i;

		for (i = 0; i < json_array_size(theirs); i++)
			if (!json_unpack(json_array_get(theirs, i), "{s:s,s:s,s:s}", "name", &name,
					 "network", &on, "mac", &found) &&
			    !strcmp(name, node->name) && !strcmp(on, network))
				mac = found;
		rx_mac_text(node->ifaces[k].mac, text);
		if (!mac || strcmp(mac, text))
			return rx_fail(err, "remote-differs", ESTALE,
				       "%s: endpoint \"%s\" %s%.20s there, and the lab file of "
				       "this host gives it %s: bring both hosts up from the same "
				       "file",
				       p->wire.peer, node->name, mac ? "has MAC " : "is not",
				       mac ? mac : "", text);
	}
	return 0;
}

static int judge_answer(struct rx_prover *p, const json_t *answer, struct rx_err *err)
{
	const struct rx_lab *lab = &p->own->lab;
	const char *plane = "?", *kernel = "?";
	json_t *theirs = NULL;
	int host = 0, hosts = 0;

	if (json_unpack((json_t *)answer, "{s:i,s:i,s:s,s:s,s:o}", "host", &host, "hosts", &hosts,
			"plane", &plane, "kernel", &kernel, "endpoints", &theirs))
		return nonsense(p, err);
	if (host < 1 || (unsigned)hosts != lab->hosts || host > hosts ||
	    (unsigned)host == lab->host)
		return rx_fail(err, "remote-differs", EPROTO,
			       "%s: it is host %d of %d, this is host %u of %u", p->wire.peer, host,
			       hosts, lab->host, lab->hosts);
	p->host = (unsigned)host;
	for (size_t i = 0; i < lab->n_remote; i++)
		if (rx_lab_host_of(lab, lab->remote[i].number) == p->host &&
		    judge_endpoint(p, &lab->remote[i], theirs, err))
			return -err->code;
	rx_note("verify %s: host %d of %d at %s: plane %s, kernel %.64s", lab->name, host, hosts,
		p->wire.peer, plane, kernel);
	return 0;
}

static int greet(struct rx_prover *p, struct rx_err *err)
{
	const struct rx_lab *lab = &p->own->lab;
	char salt[20];
	json_t *answer;
	int rc;

	snprintf(salt, sizeof(salt), "%016" PRIx64, p->v->salt);
	rc = rx_remote_ask(p,
			   json_pack("{s:i,s:s,s:i,s:i,s:s}", "rxelab", 1, "lab", lab->name, "host",
				     (int)lab->host, "hosts", (int)lab->hosts, "salt", salt),
			   &answer, err);
	if (!rc)
		rc = judge_answer(p, answer, err);
	json_decref(answer);
	return rc;
}

/* ---- one test of one pair ---- */

/* Whether anything is wrong at either end so far; a skip is no failure. */
static bool any_fault(const struct rx_remote_pair *pair, bool failures)
{
	for (unsigned i = 0; i < 4; i++) {
		const struct rx_fault *fault = i < 2 ? &pair->end.m.fault[i] : &pair->their[i - 2];

		if (failures ? rx_fault_failed(fault) : fault->kind != RX_FAULT_NONE)
			return true;
	}
	return false;
}

static int read_faults(const struct rx_prover *p, struct rx_remote_pair *pair, const json_t *answer,
		       struct rx_err *err)
{
	if (rx_fault_read(json_object_get(answer, "out"), &pair->their[RX_OUT]) &&
	    rx_fault_read(json_object_get(answer, "in"), &pair->their[RX_IN]))
		return 0;
	return nonsense(p, err);
}

static int join(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	json_t *request = rx_remote_request(pair, "join"), *answer;
	struct rx_far own;
	int rc;

	if (rx_remote_open(&pair->end, &own)) {
		json_decref(request);
		return 0;
	}
	json_object_set_new(request, "far", rx_far_json(&own));
	rc = rx_remote_ask(p, request, &answer, err);
	if (rc)
		return rc;
	if (rx_far_read(json_object_get(answer, "far"), &pair->end.far))
		rx_remote_join(&pair->end);
	else
		rc = read_faults(p, pair, answer, err);
	json_decref(answer);
	return rc;
}

/* Both ends send at once: the request goes first, then our own. */
static int run(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	double deadline = rx_now() + RX_REMOTE_ANSWER;
	json_t *answer;
	int rc = rx_wire_send(&p->wire, rx_remote_request(pair, "run"), deadline, err);

	if (rc)
		return rc;
	rx_exchange_move(&pair->end.exchange);
	rc = rx_wire_receive(&p->wire, &answer, deadline, err);
	if (rc)
		return rc;
	rc = read_faults(p, pair, answer, err);
	json_decref(answer);
	return rc;
}

static int check(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	enum ibv_mtu mtu = rx_path_mtu(pair->end.m.end[0]->port.active_mtu, pair->end.far.mtu);
	struct rx_crossing here = {pair->end.m.end[0]->node->want->name,
				   pair->end.m.end[0]->iface->want},
			   there = {pair->theirs, pair->end.peer};
	json_t *answer;
	int rc = rx_remote_do(p, pair, "check", &answer, err);

	if (rc)
		return rc;
	rx_remote_check(&pair->end, &here.moved);
	rc = read_faults(p, pair, answer, err);
	if (!rc && !rx_moved_read(json_object_get(answer, "moved"), &there.moved))
		rc = nonsense(p, err);
	if (!rc && pair->end.test->counters) {
		rx_judge_path(&pair->end.m.fault[RX_OUT], &here, &there, mtu);
		rx_judge_path(&pair->their[RX_OUT], &there, &here, mtu);
	}
	pair->whole = !rc;
	json_decref(answer);
	return rc;
}

/* Returns 0 with the faults in pair, or -errno: there is nobody to talk to any more. */
static int attempt(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	int rc;

	rx_remote_begin(&pair->end, pair->end.test);
	memset(pair->their, 0, sizeof(pair->their));
	pair->whole = false;
	if (pair->end.test->cm) {
		rc = rx_remote_connect(p, pair, err);
		pair->whole = !rc;
		return rc;
	}
	rc = join(p, pair, err);
	if (!rc && !any_fault(pair, false))
		rc = run(p, pair, err);
	if (!rc && !any_fault(pair, false))
		rc = check(p, pair, err);
	rx_remote_blame(&pair->end);
	rx_meeting_break(&pair->end.m, RX_QP_RC);
	return rc ? rc : rx_remote_do(p, pair, "part", NULL, err);
}

/* ---- results ---- */

/* The fault of a direction: its sender's, its receiver's, else what kept both from being tried to
 * the end. A direction without a fault has passed only if every step was done. */
static const struct rx_fault *fault_of(const struct rx_remote_pair *pair, unsigned direction)
{
	static const struct rx_fault unfinished = {RX_FAULT_SETUP, 0,
						   "it was not tried to its end"};
	const struct rx_fault *in_turn[2][4] = {
		{&pair->end.m.fault[RX_OUT], &pair->their[RX_IN], &pair->their[RX_OUT],
		 &pair->end.m.fault[RX_IN]},
		{&pair->their[RX_OUT], &pair->end.m.fault[RX_IN], &pair->end.m.fault[RX_OUT],
		 &pair->their[RX_IN]},
	};

	for (unsigned i = 0; i < 4; i++)
		if (in_turn[direction][i]->kind || (i == 1 && pair->whole))
			return in_turn[direction][i];
	return &unfinished;
}

/* What fails is repeated once. A responder that is gone fails everything that was to come. */
static void prove(struct rx_prover *p, struct rx_remote_pair *pair, unsigned test,
		  const struct rx_pair *ends)
{
	unsigned self = pair->end.m.number[0] - 1, other = pair->end.m.number[1] - 1;
	double began = rx_now();
	struct rx_err err = {0};
	int rc = 0;

	pair->end.test = rx_remote_test(rx_tests[test].name);
	for (int round = 0; round < 2 && !rc && !p->gone.kind; round++) {
		rc = attempt(p, pair, &err);
		if (!any_fault(pair, true))
			break;
	}
	if (rc)
		rx_fault(&p->gone, RX_FAULT_SETUP, -rc, "%s", err.text);
	if (p->gone.kind)
		pair->end.m.fault[RX_OUT] = pair->their[RX_OUT] = p->gone;
	for (unsigned direction = 0; direction < 2; direction++)
		if (ends->directions & RX_DIRECTION(ends->a == self ? direction : 1 - direction))
			rx_results_fault(&p->v->results, test, direction ? other : self,
					 direction ? self : other, rx_now() - began,
					 fault_of(pair, direction));
}

/* By which of our ports, and to which of its interfaces, an endpoint reaches another: on a common
 * network. */
static bool find_way(struct rx_prover *p, unsigned self, unsigned other,
		     struct rx_remote_pair *pair)
{
	const struct rx_node *mine = p->v->view->nodes[self].want,
			     *theirs = p->v->view->nodes[other].want;

	for (size_t i = 0; i < mine->n_ifaces; i++)
		for (size_t k = 0; k < theirs->n_ifaces; k++)
			if (mine->ifaces[i].network == theirs->ifaces[k].network) {
				pair->end.m.end[0] = rx_remote_port(
					&p->fabric, mine->name,
					p->own->lab.networks[mine->ifaces[i].network].name);
				pair->end.peer = &theirs->ifaces[k];
				return pair->end.m.end[0];
			}
	return false;
}

static void skip_pair(struct rx_prover *p, const struct rx_pair *ends)
{
	for (unsigned test = 0; test < rx_n_tests; test++)
		if (p->v->selected[test])
			rx_results_add(&p->v->results, test, (int)ends->a, (int)ends->b, RX_SKIP, 0,
				       "not connected by the topology");
}

/* Of one responder: pairs of one of ours and one of its. */
static int prove_pairs(struct rx_prover *p)
{
	const struct rx_lab *lab = &p->own->lab;

	for (size_t i = 0; i < p->v->pairs.n; i++) {
		const struct rx_pair *ends = &p->v->pairs.pair[i];
		bool a_is_ours = rx_lab_host_of(lab, ends->a + 1) == lab->host;
		unsigned self = a_is_ours ? ends->a : ends->b,
			 other = a_is_ours ? ends->b : ends->a;
		struct rx_remote_pair pair = {.end = {.lab = lab,
						      .m = {.fabric = &p->fabric,
							    .salt = p->v->salt,
							    .number = {self + 1, other + 1}}},
					      .theirs = p->v->view->nodes[other].want->name};

		if (rx_lab_host_of(lab, self + 1) != lab->host ||
		    rx_lab_host_of(lab, other + 1) != p->host)
			continue;
		if (!find_way(p, self, other, &pair)) {
			skip_pair(p, ends);
			continue;
		}
		rx_progress("verify %s: %s and %s", lab->name, p->v->view->nodes[self].want->name,
			    pair.theirs);
		for (unsigned test = 0; test < rx_n_tests; test++) {
			if (p->v->selected[test])
				prove(p, &pair, test, ends);
			if ((p->v->deadline > 0 && rx_now() > p->v->deadline) ||
			    (p->wire.stop && *p->wire.stop))
				return -ETIME;
		}
	}
	return 0;
}

static void say_bye(struct rx_prover *p)
{
	struct rx_err ignored;

	rx_remote_ask(p,
		      json_pack("{s:s,s:I,s:I}", "do", "bye", "passed",
				(json_int_t)p->v->results.count[RX_PASS], "failed",
				(json_int_t)p->v->results.count[RX_FAIL]),
		      NULL, &ignored);
}

static int prove_host(struct rx_prover *p, const char *address, double wait, struct rx_err *err)
{
	double deadline = rx_now() + wait;
	int rc;

	memset(&p->gone, 0, sizeof(p->gone));
	p->host = 0;
	rc = rx_wire_connect(&p->wire, address, deadline, err);
	if (!rc)
		rc = greet(p, err);
	if (!rc)
		rc = prove_pairs(p);
	if (!rc && !p->gone.kind)
		say_bye(p);
	rx_wire_close(&p->wire);
	return rc;
}

int rx_remote_prove(struct rx_verify *v, const struct rx_view *own,
		    const struct rx_prove *prove_what, struct rx_err *err)
{
	struct rx_prover p = {.v = v, .own = own, .wire = {.fd = -1, .stop = prove_what->stop}};
	int rc = 0;

	v->salt = rx_verify_salt();
	rx_fabric_open(own, &p.fabric);
	for (size_t i = 0; i < prove_what->remotes->n && !rc; i++)
		rc = prove_host(&p, prove_what->remotes->item[i], prove_what->wait, err);
	rx_fabric_close(&p.fabric);
	rx_results_sort(&v->results);
	return rc;
}
