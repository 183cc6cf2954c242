/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdma_cm between two endpoints. Each end is a child process inside the endpoint's namespace:
 * librdmacm keeps one list of devices for the whole process, and in exclusive mode no single
 * namespace sees both devices. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/verbs/cm-child.h"
#include "tools/verify/verify.h"

struct ends {
	struct rx_cm_child server;
	struct rx_fault client; /* told when the server's is known, too */
};

/* The peer may be on another host: what the lab file says of it is enough. */
static int start(const struct rx_half *half, struct rx_cm_child *child)
{
	const struct rx_meeting *m = half->drive->m;
	unsigned end = half->role == RX_SENDER ? half->direction : 1 - half->direction;
	const struct rx_iface_view iface = {.want = m->want[1 - end]};
	const struct rx_port peer = {.iface = &iface};
	const struct rx_cm_end own = {.own = half->port,
				      .peer = &peer,
				      .server = half->role == RX_RECEIVER,
				      .port = (uint16_t)half->heard->value,
				      .seed = rx_meeting_seed(m, half->direction, 0),
				      .until = m->until};
	int rc = rx_cm_start(child, &own);

	return rc ? rx_fault(half->fault, RX_FAULT_REFUSED, -rc, "rdma_cm: starting a process: %s",
			     strerror(-rc))
		  : 0;
}

static int listen_there(struct rx_half *half)
{
	struct ends *ends = half->drive->state;

	if (half->role == RX_SENDER)
		return 0;
	ends->server.fd = -1;
	if (start(half, &ends->server))
		return -1;
	half->word->value = rx_cm_port(&ends->server, rx_now() + RX_CM_WAIT);
	if (half->word->value)
		return 0;
	rx_cm_finish(&ends->server, half->fault, rx_now() + RX_CM_ALONE);
	return -1;
}

/* The word tells the server whether anybody came. */
static int connect_here(struct rx_half *half)
{
	struct ends *ends = half->drive->state;
	struct rx_cm_child client = {.fd = -1};

	if (half->role == RX_RECEIVER)
		return 0;
	if (start(half, &client))
		return -1;
	rx_cm_finish(&client, &ends->client, rx_now() + RX_CM_WAIT);
	half->word->value = ends->client.kind != RX_FAULT_NONE;
	return 0;
}

static int hear_ends(struct rx_half *half)
{
	struct ends *ends = half->drive->state;

	if (half->role == RX_SENDER)
		*half->fault = ends->client;
	else
		rx_cm_finish(&ends->server, half->fault,
			     rx_now() + (half->heard->value ? RX_CM_ALONE : RX_CM_WAIT));
	return half->fault->kind ? -1 : 0;
}

static void end_server(struct rx_half *half)
{
	struct ends *ends = half->drive->state;

	if (half->role == RX_RECEIVER)
		rx_cm_finish(&ends->server, NULL, 0);
}

const struct rx_play rx_play_cm = {.prepare = listen_there,
				   .post = connect_here,
				   .check = hear_ends,
				   .finish = end_server,
				   .no_qp = true,
				   .turns = true,
				   .state = sizeof(struct ends)};
