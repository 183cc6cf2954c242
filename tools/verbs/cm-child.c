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

int rx_cm_start(struct rx_cm_child *child, const struct rx_cm_end *end)
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

void rx_cm_finish(struct rx_cm_child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	rx_cleanup_fd(&child->fd);
}

int rx_cm_hear(struct rx_cm_child *child, void *what, size_t size, double deadline)
{
	struct pollfd ready = {.fd = child->fd, .events = POLLIN};
	double rest = deadline - rx_now();
	ssize_t got;

	if (rest <= 0 || poll(&ready, 1, (int)(rest * 1000) + 1) <= 0)
		return -1;
	got = recv(child->fd, what, size, 0);
	return got == (ssize_t)size ? 0 : -1;
}

bool rx_cm_lacks_qp1(struct rx_port *port)
{
	struct rx_err err;

	return rx_port_meter(port) &&
	       rx_rdma_has_gsi(&port->meter.rdma, port->iface->rdma_index, &err) == 0;
}
