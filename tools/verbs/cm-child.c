/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/cm-child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/rdma-qp.h"
#include "tools/cli/output.h"

#define SLICE_MS 100 /* how late the end of the command may be seen */

int rx_cm_start(struct rx_cm_child *child, const struct rx_cm_end *end)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	*child = (struct rx_cm_child){
		.fd = pair[0], .port = end->own, .server = end->server, .until = end->until};
	child->pid = fork();
	if (!child->pid) {
		close(pair[0]);
		_exit(rx_cm_run(end, pair[1]));
	}
	close(pair[1]);
	return child->pid < 0 ? -errno : 0;
}

/* One report. */
static bool hear(struct rx_cm_child *child, double deadline)
{
	struct pollfd ready = {.fd = child->fd, .events = POLLIN};
	double rest;

	do {
		rest = deadline - rx_now();
		if (rest <= 0 || rx_is_over(child->until))
			return false;
	} while (poll(&ready, 1, rest * 1000 < SLICE_MS ? (int)(rest * 1000) + 1 : SLICE_MS) <= 0);
	return recv(child->fd, &child->report, sizeof(child->report), 0) ==
	       (ssize_t)sizeof(child->report);
}

uint16_t rx_cm_port(struct rx_cm_child *child, double deadline)
{
	return hear(child, deadline) ? child->report.port : 0;
}

static bool lacks_qp1(struct rx_port *port)
{
	struct rx_err err;

	return rx_port_meter(port) &&
	       rx_rdma_has_gsi(&port->meter.rdma, port->iface->rdma_index, &err) == 0;
}

/* What its end means. After a move the stock 7.2 and 7.3 cannot make QP1 again
 * (docs/reference/verify.md), and nothing that rdma_cm sends gets out: asked only of one that did
 * not end well. */
static void judge(struct rx_cm_child *child, bool heard, struct rx_fault *fault)
{
	const struct rx_cm_report *report = &child->report;
	const char *name = child->port->node->want->name;

	if (heard && !report->failed)
		return;
	if (!heard && rx_is_over(child->until))
		rx_fault(fault, RX_FAULT_CUT, 0, "it was cut short");
	else if (lacks_qp1(child->port))
		rx_fault(fault, RX_FAULT_SKIP, 0,
			 "the RXE device of %s has lost its QP1 (GSI), which rdma_cm needs, when "
			 "it was moved into its namespace; shared RDMA mode or `rxelab module "
			 "install` cures it",
			 name);
	else if (report->failed)
		rx_fault(fault, report->wrong ? RX_FAULT_PAYLOAD : RX_FAULT_REFUSED, 0, "%s %s: %s",
			 child->server ? "server" : "client", name, report->text);
	else
		rx_fault(fault, RX_FAULT_REFUSED, 0,
			 "rdma_cm: the %s %s did not come to an end within %.0f s",
			 child->server ? "server" : "client", name, RX_CM_WAIT);
}

void rx_cm_finish(struct rx_cm_child *child, struct rx_fault *fault, double deadline)
{
	/* a server that could not listen has said its end already */
	if (fault && child->pid > 0)
		judge(child, child->report.failed || hear(child, deadline), fault);
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	rx_cleanup_fd(&child->fd);
	*child = (struct rx_cm_child){.fd = -1};
}
