/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/apply/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rtnl.h"

void rx_apply_warn(const struct rx_apply *apply, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!apply->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	apply->warn(text);
}

int rx_apply_check(const struct rx_apply *apply, struct rx_err *err)
{
	if (apply->stop && *apply->stop)
		return rx_fail(err, "stopped", EINTR, "stopped by signal %d", (int)*apply->stop);
	if (apply->deadline > 0 && rx_now() > apply->deadline) {
		rx_fail(err, "timeout", ETIMEDOUT, "the command's time limit is over");
		err->status = RX_TIMEOUT;
		return -ETIMEDOUT;
	}
	return 0;
}

const char *rx_netns_path(const char *netns, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", *netns && *netns != '/' ? RX_NETNS_DIR "/" : "", netns);
	return buf;
}

bool rx_op_is_gone(const struct rx_err *err)
{
	if (err->unanswered)
		return false;
	return err->code == ENOENT || err->code == ENODEV || err->code == EINVAL ||
	       err->code == EPROTONOSUPPORT;
}

static void leave_netns(struct rx_worker *worker)
{
	rx_nl_close(&worker->netns_route);
	rx_nl_close(&worker->netns_rdma);
	rx_ns_sysfs_close(worker->netns_sysfs);
	if (worker->netns_fd >= 0)
		close(worker->netns_fd);
	worker->netns_fd = worker->netns_sysfs = -1;
	worker->netns[0] = worker->made.name[0] = 0;
	if (worker->place == RX_IN_NETNS)
		worker->place = RX_ELSEWHERE;
}

void rx_worker_init(struct rx_worker *worker, struct rx_apply *apply)
{
	memset(worker, 0, sizeof(*worker));
	worker->apply = apply;
	worker->route = worker->rdma = worker->netns_route = worker->netns_rdma = RX_NL_CLOSED;
	worker->netns_fd = worker->home = worker->sysfs = worker->netns_sysfs = -1;
}

void rx_worker_close(struct rx_worker *worker)
{
	leave_netns(worker);
	free(worker->ready.gids);
	if (worker->place != RX_AT_HOME)
		rx_ns_leave(&worker->home);
	else if (worker->home >= 0)
		close(worker->home);
	rx_ns_sysfs_close(worker->sysfs);
	rx_nl_close(&worker->route);
	rx_nl_close(&worker->rdma);
}

int rx_worker_enter(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	if (worker->netns_fd >= 0 && !strcmp(worker->netns, netns))
		return 0;
	leave_netns(worker);
	rx_netns_path(netns, worker->path, sizeof(worker->path));
	worker->netns_fd = rx_ns_open(worker->path, err);
	if (worker->netns_fd < 0)
		return worker->netns_fd;
	snprintf(worker->netns, sizeof(worker->netns), "%s", netns);
	return 0;
}

static int remember_home(struct rx_worker *worker, struct rx_err *err)
{
	if (worker->home >= 0)
		return 0;
	rx_ns_start_closer();
	worker->home = rx_ns_open("", err);
	return worker->home < 0 ? worker->home : 0;
}

int rx_worker_go(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	enum rx_place place = *netns ? RX_IN_NETNS : RX_AT_HOME;

	if (*netns && rx_worker_enter(worker, netns, err))
		return -err->code;
	if (worker->place == place)
		return 0;
	if (remember_home(worker, err))
		return -err->code;
	if (setns(*netns ? worker->netns_fd : worker->home, CLONE_NEWNET))
		return rx_fail(err, "namespace-enter", errno,
			       "network namespace %s: cannot enter it: %s",
			       *netns ? worker->path : "of this process", strerror(errno));
	worker->place = place;
	return 0;
}

int rx_worker_unshare(struct rx_worker *worker, struct rx_err *err)
{
	leave_netns(worker);
	if (remember_home(worker, err))
		return -err->code;
	if (unshare(CLONE_NEWNET))
		return rx_fail(err, "namespace-make", errno,
			       "the kernel makes no new network namespace: %s", strerror(errno));
	worker->place = RX_ELSEWHERE;
	return 0;
}

int rx_worker_named(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	if (rx_worker_enter(worker, netns, err))
		return -err->code;
	worker->place = RX_IN_NETNS;
	return 0;
}

int rx_worker_sysfs(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	int *sysfs = *netns ? &worker->netns_sysfs : &worker->sysfs;

	if (rx_worker_go(worker, netns, err))
		return -err->code;
	if (*sysfs < 0)
		*sysfs = rx_ns_sysfs("", err);
	return *sysfs;
}

/* A socket that is opened when it is first needed. */
static struct rx_nl *socket_of(struct rx_worker *worker, struct rx_nl *here, struct rx_nl *there,
			       int protocol, const char *netns, struct rx_err *err)
{
	struct rx_nl *nl = *netns ? there : here;

	if (*netns && rx_worker_enter(worker, netns, err))
		return NULL;
	if (nl->fd < 0 && (rx_worker_go(worker, netns, err) || rx_nl_open(nl, protocol, "", err)))
		return NULL;
	return nl;
}

struct rx_nl *rx_worker_route(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	return socket_of(worker, &worker->route, &worker->netns_route, NETLINK_ROUTE, netns, err);
}

struct rx_nl *rx_worker_rdma(struct rx_worker *worker, const char *netns, struct rx_err *err)
{
	return socket_of(worker, &worker->rdma, &worker->netns_rdma, NETLINK_RDMA, netns, err);
}

int rx_worker_index(struct rx_worker *worker, struct rx_nl *route, const char *netns,
		    const char *name, unsigned *ifindex, struct rx_err *err)
{
	if (netns[0] && !strcmp(worker->netns, netns) && !strcmp(worker->made.name, name)) {
		*ifindex = worker->made.ifindex;
		return 0;
	}
	return rx_link_index(route, name, ifindex, err);
}
