/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdma_cm between two endpoints. Each end is a child process inside the endpoint's namespace:
 * librdmacm keeps one list of devices for the whole process, and in exclusive mode no single
 * namespace sees both devices. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/cm-child.h"
#include "tools/verify/verify.h"

static void judge(struct rx_meeting *m, unsigned direction, const struct rx_cm_child *client,
		  const struct rx_cm_child *server)
{
	struct rx_fault *fault = &m->fault[direction];
	unsigned end;

	if (client->heard && !client->report.failed && server->heard && !server->report.failed)
		return;
	for (end = 0; end < 2; end++)
		if (rx_cm_lacks_qp1(m->end[end])) {
			rx_fault(fault, RX_FAULT_SKIP, 0,
				 "RXE device %s has lost its QP1 (GSI), which rdma_cm needs, when "
				 "it was moved into its namespace; shared RDMA mode or `rxelab "
				 "module install` cures it",
				 m->end[end]->iface->want->rdma_dev);
			return;
		}
	if (client->heard && client->report.failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "client %s: %s",
			 m->end[direction]->node->want->name, client->report.text);
	else if (server->heard && server->report.failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "server %s: %s",
			 m->end[1 - direction]->node->want->name, server->report.text);
	else
		rx_fault(fault, RX_FAULT_DEADLINE, 0,
			 "rdma_cm: the %s did not come to an end within %.0f s",
			 client->heard ? "server" : "client", RX_CM_WAIT);
}

static void connect_direction(struct rx_meeting *m, unsigned direction)
{
	struct rx_cm_child client = {.fd = -1}, server = {.fd = -1};
	struct rx_cm_end end = {.own = m->end[1 - direction],
				.peer = m->end[direction],
				.server = true,
				.seed = rx_meeting_seed(m, direction, 0)};
	double deadline = rx_now() + RX_CM_WAIT;
	int rc = rx_cm_start(&server, &end);

	if (!rc && !rx_cm_hear(&server, &end.port, sizeof(end.port), deadline) && end.port) {
		end.own = m->end[direction];
		end.peer = m->end[1 - direction];
		end.server = false;
		rc = rx_cm_start(&client, &end);
		client.heard = !rc && !rx_cm_hear(&client, &client.report, sizeof(client.report),
						  deadline);
		/* a client that failed leaves the server waiting for nobody */
		if (client.heard && client.report.failed)
			deadline = rx_now() + 0.1;
	}
	server.heard = !rc && !rx_cm_hear(&server, &server.report, sizeof(server.report), deadline);
	rx_cm_finish(&client);
	rx_cm_finish(&server);
	if (rc)
		rx_fault(&m->fault[direction], RX_FAULT_SETUP, -rc,
			 "rdma_cm: starting a process: %s", strerror(-rc));
	else
		judge(m, direction, &client, &server);
}

void rx_test_cm(struct rx_meeting *m)
{
	unsigned direction, end;
	struct rx_fault fault = {0};

	for (end = 0; end < 2; end++)
		if (m->end[end]->problem[0])
			rx_fault(&fault, RX_FAULT_SETUP, ENODEV, "%s", m->end[end]->problem);
	if (fault.kind)
		rx_meeting_fault(m, &fault);
	for (direction = 0; direction < 2 && !fault.kind; direction++)
		if (rx_meeting_tries(m, direction))
			connect_direction(m, direction);
}
