/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdma_cm between two endpoints. Each end is a child process inside the endpoint's namespace: librdmacm keeps one list
 * of devices for the whole process, and in exclusive mode no single namespace sees both devices. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../netns/cleanup.h"
#include "../../netns/rdma-qp.h"
#include "../output.h"
#include "cm-end.h"
#include "verify.h"

#define CM_WAIT 15.0    /* seconds for one connection, both processes included */

struct child {
	pid_t pid;
	int fd;         /* our end of its socket */
	bool heard;
	struct rx_cm_report report;
};

static int start(struct child *child, const struct rx_cm_end *end)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	child->fd = pair[0];
	child->pid = fork();
	if (!child->pid) {
		close(pair[0]);
		_exit(rx_cm_run(end, pair[1]));
	}
	close(pair[1]);
	return child->pid < 0 ? -errno : 0;
}

static void finish(struct child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	rx_cleanup_fd(&child->fd);
}

/* A child says two things: its port, once it listens, and its report. */
static int hear(struct child *child, void *what, size_t size, double deadline)
{
	struct pollfd ready = {.fd = child->fd, .events = POLLIN};
	double rest = deadline - rx_now();
	ssize_t got;

	if (rest <= 0 || poll(&ready, 1, (int)(rest * 1000) + 1) <= 0)
		return -1;
	got = recv(child->fd, what, size, 0);
	return got == (ssize_t)size ? 0 : -1;
}

/* After a move the stock 7.2 and 7.3 cannot make QP1 again (docs/verify.md): nothing that rdma_cm sends gets out. */
static bool lacks_qp1(struct rx_port *port)
{
	struct rx_err err;

	return rx_port_meter(port) && rx_rdma_has_gsi(&port->meter.rdma, port->iface->rdma_index, &err) == 0;
}

static void judge(struct rx_meeting *m, unsigned direction, const struct child *client, const struct child *server)
{
	struct rx_fault *fault = &m->fault[direction];
	unsigned end;

	if (client->heard && !client->report.failed && server->heard && !server->report.failed)
		return;
	for (end = 0; end < 2; end++)
		if (lacks_qp1(m->end[end])) {
			rx_fault(fault, RX_FAULT_SKIP, 0,
				 "RXE device %s has lost its QP1 (GSI), which rdma_cm needs, when it was moved into its "
				 "namespace; shared RDMA mode or `rxelab module install` cures it",
				 m->end[end]->iface->want->rdma_dev);
			return;
		}
	if (client->heard && client->report.failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "client %s: %s", m->end[direction]->node->want->name,
			 client->report.text);
	else if (server->heard && server->report.failed)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "server %s: %s", m->end[1 - direction]->node->want->name,
			 server->report.text);
	else
		rx_fault(fault, RX_FAULT_DEADLINE, 0, "rdma_cm: the %s did not come to an end within %.0f s",
			 client->heard ? "server" : "client", CM_WAIT);
}

static void connect_direction(struct rx_meeting *m, unsigned direction)
{
	struct child client = {.fd = -1}, server = {.fd = -1};
	struct rx_cm_end end = {.own = m->end[1 - direction], .peer = m->end[direction], .server = true,
				.seed = rx_meeting_seed(m, direction, 0)};
	double deadline = rx_now() + CM_WAIT;
	int rc = start(&server, &end);

	if (!rc && !hear(&server, &end.port, sizeof(end.port), deadline) && end.port) {
		end.own = m->end[direction];
		end.peer = m->end[1 - direction];
		end.server = false;
		rc = start(&client, &end);
		client.heard = !rc && !hear(&client, &client.report, sizeof(client.report), deadline);
		/* a client that failed leaves the server waiting for nobody */
		if (client.heard && client.report.failed)
			deadline = rx_now() + 0.1;
	}
	server.heard = !rc && !hear(&server, &server.report, sizeof(server.report), deadline);
	finish(&client);
	finish(&server);
	if (rc)
		rx_fault(&m->fault[direction], RX_FAULT_SETUP, -rc, "rdma_cm: starting a process: %s", strerror(-rc));
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
