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

static int connect_direction(void *context, unsigned direction)
{
	struct rx_meeting *m = context;
	struct rx_port *from = m->end[direction], *to = m->end[1 - direction];
	struct rx_cm_child client = {.fd = -1}, server = {.fd = -1};
	struct rx_cm_ending client_end = {0}, server_end = {0};
	struct rx_cm_end end = {
		.own = to, .peer = from, .server = true, .seed = rx_meeting_seed(m, direction, 0)};
	double deadline = rx_now() + RX_CM_WAIT;
	int rc = rx_cm_start(&server, &end);

	if (!rc && (end.port = rx_cm_port(&server, deadline))) {
		end.own = from;
		end.peer = to;
		end.server = false;
		rc = rx_cm_start(&client, &end);
		rx_cm_finish(&client, &client_end, deadline);
		if (client_end.failed)
			deadline = rx_now() + RX_CM_ALONE;
	}
	rx_cm_finish(&server, &server_end, deadline);
	if (rc)
		return rx_fault(&m->fault[direction], RX_FAULT_SETUP, -rc,
				"rdma_cm: starting a process: %s", strerror(-rc));
	rx_cm_judge(&m->fault[direction], from->node->want->name, &client_end, to->node->want->name,
		    &server_end);
	return 0;
}

void rx_test_cm(struct rx_meeting *m)
{
	struct rx_fault fault = {0};

	for (unsigned end = 0; end < 2; end++)
		if (m->end[end]->problem[0])
			rx_fault(&fault, RX_FAULT_SETUP, ENODEV, "%s", m->end[end]->problem);
	if (fault.kind)
		rx_meeting_fault(m, &fault);
	else
		rx_meeting_each(m, connect_direction, m);
}
