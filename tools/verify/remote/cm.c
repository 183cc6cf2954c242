/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdma_cm across hosts, the prover's side. Each end is a process of its own (cm-child.h). */
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/cm-child.h"
#include "tools/verbs/payload.h"
#include "tools/verify/remote/cm.h"

/* What became of an end. */
struct ending {
	bool heard, failed, lacks_qp1;
	char text[400];
};

static struct ending own_ending(struct rx_remote_pair *pair, struct rx_cm_child *child,
				double deadline)
{
	struct ending ending = {0};

	ending.heard = !rx_cm_hear(child, &child->report, sizeof(child->report), deadline);
	ending.failed = ending.heard && child->report.failed;
	if (ending.failed)
		snprintf(ending.text, sizeof(ending.text), "%s", child->report.text);
	ending.lacks_qp1 = (!ending.heard || ending.failed) && rx_cm_lacks_qp1(pair->end.port);
	return ending;
}

static struct ending read_ending(const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "text"));
	struct ending ending = {
		.heard = json_is_true(json_object_get(answer, "heard")),
		.failed = json_is_true(json_object_get(answer, "failed")),
		.lacks_qp1 = json_is_true(json_object_get(answer, "lacks_qp1")),
	};

	snprintf(ending.text, sizeof(ending.text), "%s", text ? text : "");
	return ending;
}

static void judge(struct rx_fault *fault, const struct ending *client, const char *client_name,
		  const struct ending *server, const char *server_name)
{
	bool lacks = client->lacks_qp1 || server->lacks_qp1;

	if (client->heard && !client->failed && server->heard && !server->failed)
		return;
	if (lacks)
		rx_fault(fault, RX_FAULT_SKIP, 0,
			 "the RXE device of %s has lost its QP1 (GSI), which rdma_cm needs, when "
			 "it was moved into its namespace; shared RDMA mode or `rxelab module "
			 "install` cures it",
			 client->lacks_qp1 ? client_name : server_name);
	else if (client->heard && client->failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "client %s: %s", client_name, client->text);
	else if (server->heard && server->failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "server %s: %s", server_name, server->text);
	else
		rx_fault(fault, RX_FAULT_DEADLINE, 0,
			 "rdma_cm: the %s did not come to an end within %.0f s",
			 client->heard ? "server" : "client", RX_CM_WAIT);
}

static struct rx_cm_end make_end(const struct rx_remote_pair *pair, bool server,
				 struct rx_port *peer, struct rx_iface_view *peer_iface)
{
	const struct rx_remote_end *end = &pair->end;

	memset(peer, 0, sizeof(*peer));
	memset(peer_iface, 0, sizeof(*peer_iface));
	peer_iface->want = end->peer;
	peer->iface = peer_iface;
	return (struct rx_cm_end){
		.own = end->port,
		.peer = peer,
		.server = server,
		.seed = rx_payload_seed(end->salt, end->test_number,
					server ? end->other : end->self,
					server ? end->self : end->other, 0),
	};
}

/* We are the client: the responder listens, we connect, it reports. */
static int outward(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	struct ending client = {0}, server = {0};
	struct rx_cm_child child = {.fd = -1};
	struct rx_iface_view iface;
	struct rx_port peer;
	struct rx_cm_end end = make_end(pair, false, &peer, &iface);
	json_t *answer, *port;
	int rc = rx_remote_ask(p, rx_remote_request(pair, "cm-listen"), &answer, err);

	if (rc)
		return rc;
	port = json_object_get(answer, "port");
	if (json_is_integer(port)) {
		end.port = (uint16_t)json_integer_value(port);
		rc = rx_cm_start(&child, &end);
		if (!rc)
			client = own_ending(pair, &child, rx_now() + RX_CM_WAIT);
		json_decref(answer);
		rx_cm_finish(&child);
		rc = rx_remote_ask(p, rx_remote_request(pair, "cm-report"), &answer, err);
		if (rc)
			return rc;
	}
	server = read_ending(answer);
	json_decref(answer);
	judge(&pair->end.out, &client, pair->end.port->node->want->name, &server, pair->theirs);
	return 0;
}

/* The responder is the client: we listen, it connects and reports. */
static int inward(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	struct ending client = {0}, server = {0};
	struct rx_cm_child child = {.fd = -1};
	double deadline = rx_now() + RX_CM_WAIT;
	struct rx_iface_view iface;
	struct rx_port peer;
	struct rx_cm_end end = make_end(pair, true, &peer, &iface);
	json_t *answer, *request;
	int rc = rx_cm_start(&child, &end);

	if (!rc && !rx_cm_hear(&child, &end.port, sizeof(end.port), deadline) && end.port) {
		request = rx_remote_request(pair, "cm-connect");
		json_object_set_new(request, "port", json_integer(end.port));
		rc = rx_remote_ask(p, request, &answer, err);
		if (!rc)
			client = read_ending(answer);
		json_decref(answer);
		/* a client that failed leaves the server waiting for nobody */
		if (client.failed)
			deadline = rx_now() + 0.1;
	}
	if (!rc)
		server = own_ending(pair, &child, deadline);
	rx_cm_finish(&child);
	if (!rc)
		judge(&pair->their_out, &client, pair->theirs, &server,
		      pair->end.port->node->want->name);
	return rc;
}

int rx_remote_connect(struct rx_prover *p, struct rx_remote_pair *pair, struct rx_err *err)
{
	int rc;

	if (pair->end.port->problem[0]) {
		rx_fault(&pair->end.out, RX_FAULT_SETUP, 0, "%s", pair->end.port->problem);
		pair->their_out = pair->end.out;
		return 0;
	}
	rc = outward(p, pair, err);
	return rc ? rc : inward(p, pair, err);
}
