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
			   json_pack("{s:i,s:s,s:i,s:i,s:s}", "rxelab", RX_REMOTE_PROTOCOL, "lab",
				     lab->name, "host", (int)lab->host, "hosts", (int)lab->hosts,
				     "salt", salt),
			   &answer, err);
	if (!rc)
		rc = judge_answer(p, answer, err);
	json_decref(answer);
	return rc;
}

/* ---- looking at the endpoints ---- */

static const char *network_of(const struct rx_lab *lab, const char *name)
{
	for (size_t i = 0; name && i < lab->n_networks; i++)
		if (!strcmp(lab->networks[i].name, name))
			return lab->networks[i].name;
	return NULL;
}

static int endpoint_of(const struct rx_view *whole, const char *name)
{
	for (size_t i = 0; name && i < whole->n_endpoints; i++)
		if (!strcmp(whole->nodes[i].want->name, name))
			return (int)i;
	return RX_NOBODY;
}

static void add_looked(struct rx_verify *v, const struct rx_verify *from, const struct rx_result *r)
{
	const struct rx_view *view = from->view;
	struct rx_subject of = r->of;

	if (of.from != RX_NOBODY)
		of.from = endpoint_of(v->view, view->nodes[of.from].want->name);
	if (of.to != RX_NOBODY)
		of.to = endpoint_of(v->view, view->nodes[of.to].want->name);
	rx_results_add(&v->results, &of, r->outcome, r->seconds, r->detail ? "%s" : NULL,
		       r->detail);
}

/* At our own. */
static void look_here(struct rx_prover *p)
{
	struct rx_verify mine = {.view = (struct rx_view *)p->own,
				 .fabric = p->fabric,
				 .until = p->v->until};

	memcpy(mine.selected, p->v->selected, sizeof(mine.selected));
	rx_results_init(&mine.results);
	rx_verify_look(&mine);
	for (size_t i = 0; i < mine.results.n; i++)
		add_looked(p->v, &mine, &mine.results.result[i]);
	rx_results_free(&mine.results);
	rx_verify_stopped(p->v);
}

/* NULL where there is none, or null. */
static const char *member(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static bool read_looked(struct rx_prover *p, const json_t *json)
{
	const char *test = member(json, "test"), *status = member(json, "status"),
		   *detail = member(json, "detail");
	struct rx_subject of = {0};
	enum rx_outcome outcome;

	if (!test || !status || !rx_outcome_from_word(status, &outcome))
		return false;
	of.test = rx_test_number(test);
	/* it was asked for these alone */
	if (of.test == rx_n_tests || !p->v->selected[of.test] ||
	    rx_tests[of.test].scope != RX_SCOPE_LAB)
		return false;
	of.from = endpoint_of(p->v->view, member(json, "from"));
	of.to = endpoint_of(p->v->view, member(json, "to"));
	of.network = network_of(&p->own->lab, member(json, "network"));
	rx_results_add(&p->v->results, &of, outcome,
		       json_number_value(json_object_get(json, "seconds")), detail ? "%s" : NULL,
		       detail);
	return true;
}

/* No endpoint there has a GID of one here. */
static void judge_gids(struct rx_prover *p, const json_t *theirs)
{
	unsigned test = rx_test_number("gid-distinct");
	const char *name, *gid;
	char text[40];

	for (size_t i = 0; i < p->fabric.n_ports && p->v->selected[test]; i++)
		for (size_t k = 0; k < RX_LAB_FAMILIES * json_array_size(theirs); k++) {
			const struct rx_port *port = &p->fabric.ports[i];
			unsigned family = k % RX_LAB_FAMILIES;

			if (port->gid[family].index < 0 ||
			    (family && !port->iface->want->ipv6.family) ||
			    json_unpack(json_array_get(theirs, k / RX_LAB_FAMILIES), "{s:s,s:s}",
					"name", &name, "gid", &gid) ||
			    strcmp(gid, rx_gid_text(&port->gid[family].gid, text)))
				continue;
			rx_results_add(&p->v->results,
				       &(struct rx_subject){
					       test,
					       endpoint_of(p->v->view, port->node->want->name),
					       endpoint_of(p->v->view, name), port->iface->network},
				       RX_FAIL, 0,
				       "GID %s of endpoint %s is that of endpoint %s at %s too",
				       gid, port->node->want->name, name, p->wire.peer);
		}
}

/* At those of the responder. */
static int look_there(struct rx_prover *p, struct rx_err *err)
{
	json_t *names = json_array(), *answer, *results;
	bool good;
	int rc;

	for (unsigned test = 0; test < rx_n_tests; test++)
		if (p->v->selected[test] && rx_tests[test].scope == RX_SCOPE_LAB)
			json_array_append_new(names, json_string(rx_tests[test].name));
	if (!json_array_size(names)) {
		json_decref(names);
		return 0;
	}
	rc = rx_remote_ask(p, json_pack("{s:s,s:o}", "do", "look", "tests", names), &answer, err);
	if (rc)
		return rc;
	results = json_object_get(answer, "results");
	good = json_is_array(results);
	for (size_t i = 0; good && i < json_array_size(results); i++)
		good = read_looked(p, json_array_get(results, i));
	judge_gids(p, json_object_get(answer, "gids"));
	json_decref(answer);
	return good ? 0 : nonsense(p, err);
}

/* ---- pairs ---- */

/* What fails is repeated once, in the directions that failed, unless that is final. */
static void prove_test(struct rx_prover *p, struct rx_meeting *m, unsigned test)
{
	struct rx_fault attempts[2][RX_ATTEMPTS] = {0};
	unsigned n[2] = {0}, directions = m->directions;
	double began = rx_now();
	bool over;

	for (m->attempt = 0; m->directions && m->attempt < RX_ATTEMPTS; m->attempt++) {
		unsigned again = 0;

		rx_test_run(m, test);
		/* a child of ours hears the signal, too: what failed then says nothing */
		over = rx_verify_stopped(p->v) || p->gone.code;
		for (unsigned d = 0; d < 2; d++) {
			if (!rx_meeting_tries(m, d) || (over && rx_fault_may_pass(&m->fault[d])))
				continue;
			rx_remote_blame(m, &m->fault[d]);
			attempts[d][n[d]++] = m->fault[d];
			if (rx_fault_may_pass(&m->fault[d]))
				again |= RX_DIRECTION(d);
		}
		m->directions = over ? 0 : again;
	}
	m->directions = directions;
	for (unsigned d = 0; d < 2; d++)
		if (rx_meeting_tries(m, d))
			rx_results_fault(&p->v->results,
					 &(struct rx_subject){test, (int)m->number[d],
							      (int)m->number[1 - d], m->network},
					 rx_now() - began, attempts[d], n[d]);
}

static void skip_pair(struct rx_prover *p, const struct rx_pair *ends)
{
	for (unsigned test = 0; test < rx_n_tests; test++)
		for (unsigned d = 0; d < 2 && rx_test_applies(p->v, test, ends); d++)
			if (ends->directions & RX_DIRECTION(d))
				rx_results_add(
					&p->v->results,
					&(struct rx_subject){test, (int)(d ? ends->b : ends->a),
							     (int)(d ? ends->a : ends->b), NULL},
					RX_SKIP, 0, "not connected by the topology");
}

static void prove_pair(struct rx_prover *p, const struct rx_pair *ends)
{
	const struct rx_view *whole = p->v->view;
	const char *const names[2] = {whole->nodes[ends->a].want->name,
				      whole->nodes[ends->b].want->name};
	struct rx_meeting m = {.fabric = &p->fabric,
			       .salt = p->v->salt,
			       .until = &p->v->until,
			       .away = &p->away,
			       .directions = ends->directions};

	if (!ends->network ||
	    !rx_remote_ends(&p->fabric, names, whole->lab.networks[ends->network - 1].name, &m)) {
		skip_pair(p, ends);
		return;
	}
	rx_progress("verify %s: %s and %s", whole->lab.name, names[0], names[1]);
	rx_verify_turn(p->v, (size_t)(ends - p->v->pairs.pair), &m);
	rx_remote_prime(&p->fabric, &m);
	rx_meeting_link(&m);
	for (unsigned test = 0; test < rx_n_tests && !p->gone.code; test++)
		if (rx_test_applies(p->v, test, ends) && !rx_verify_stopped(p->v))
			prove_test(p, &m, test);
}

/* One of ours and one of this responder's. */
static bool is_between(const void *of, const struct rx_pair *ends)
{
	const struct rx_prover *p = of;
	const struct rx_lab *lab = &p->own->lab;
	unsigned a = rx_lab_host_of(lab, ends->a + 1), b = rx_lab_host_of(lab, ends->b + 1);

	return (a == lab->host && b == p->host) || (b == lab->host && a == p->host);
}

static bool is_connected(const void *of, const struct rx_pair *ends)
{
	return ends->network && is_between(of, ends);
}

static void prove_pairs(struct rx_prover *p)
{
	rx_verify_number(p->v, is_connected, p);
	for (size_t i = 0; i < p->v->pairs.n && !p->gone.code && !rx_verify_stopped(p->v); i++) {
		const struct rx_pair *ends = &p->v->pairs.pair[i];

		if (is_between(p, ends))
			prove_pair(p, ends);
	}
	free(p->v->turn);
	p->v->turn = NULL;
}

static void say_bye(struct rx_prover *p)
{
	struct rx_err ignored;
	json_t *answer;

	rx_remote_ask(p,
		      json_pack("{s:s,s:I,s:I}", "do", "bye", "passed",
				(json_int_t)p->v->results.count[RX_PASS], "failed",
				(json_int_t)p->v->results.count[RX_FAIL]),
		      &answer, &ignored);
	json_decref(answer);
}

static int prove_host(struct rx_prover *p, const char *address, double wait, struct rx_err *err)
{
	int rc;

	memset(&p->gone, 0, sizeof(p->gone));
	p->host = 0;
	rc = rx_wire_connect(&p->wire, address, rx_now() + wait, err);
	if (!rc)
		rc = greet(p, err);
	if (!rc) {
		struct rx_err looked = {0};

		/* one that refuses to be looked at has pairs nevertheless */
		rc = look_there(p, &looked);
		*err = looked;
		if (!p->gone.code)
			prove_pairs(p);
	}
	if (p->gone.code && !rc) {
		*err = p->gone;
		rc = -err->code;
	}
	if (!p->gone.code && !atomic_load(&p->v->stop) && p->host)
		say_bye(p);
	rx_wire_close(&p->wire);
	return rc;
}

int rx_remote_prove(struct rx_verify *v, const struct rx_view *own, const struct rx_prove *prove,
		    struct rx_err *err)
{
	struct rx_prover p = {.v = v, .own = own, .wire = {.fd = -1, .stop = v->until.signal}};
	struct rx_err one;
	int rc = 0;

	v->salt = rx_verify_salt();
	rx_remote_half(&p);
	rx_fabric_open(own, &p.fabric);
	look_here(&p);
	for (size_t i = 0; i < prove->remotes->n && !rx_verify_stopped(v); i++) {
		if (!prove_host(&p, prove->remotes->item[i], prove->wait, &one) || rc ||
		    rx_verify_stopped(v))
			continue;
		*err = one;
		rc = one.code ? -one.code : -EIO;
		snprintf(v->cut, sizeof(v->cut), "%s", one.text);
	}
	rx_fabric_close(&p.fabric);
	rx_results_sort(&v->results);
	if (atomic_load(&v->stop))
		return v->until.signal && *v->until.signal ? -EINTR : -ETIME;
	return rc;
}
