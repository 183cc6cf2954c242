/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tools/doctor/doctor.h"

#define NOBODY 65534

struct job {
	struct rx_scratch *scratch;
	void (*body)(struct rx_scratch *scratch);
	int rc;
};

static int open_inside(struct rx_scratch *scratch, struct rx_err *err)
{
	struct rx_link_info lo;
	struct rx_err no_rdma;

	if (unshare(CLONE_NEWNET))
		return rx_fail(err, "namespace-make", errno,
			       "a new network namespace was refused: %s", strerror(errno));
	scratch->netns = rx_ns_open("", err);
	if (scratch->netns < 0 || rx_nl_open(&scratch->route, NETLINK_ROUTE, "", err) ||
	    rx_scratch_raise(&scratch->route, "lo", &lo, err))
		return -err->code;
	rx_nl_open(&scratch->rdma, NETLINK_RDMA, "", &no_rdma);
	return 0;
}

/* Only this thread goes inside, and it ends there: nothing has to find its way back. */
static void *inside(void *arg)
{
	struct job *job = arg;
	struct rx_scratch *scratch = job->scratch;
	struct rx_err err = {0};

	job->rc = open_inside(scratch, &err);
	if (job->rc)
		RX_SAY(scratch->problem, "%s", err.text);
	else
		job->body(scratch);
	rx_nl_close(&scratch->route);
	rx_nl_close(&scratch->rdma);
	if (scratch->netns >= 0)
		close(scratch->netns);
	return NULL;
}

int rx_scratch_run(struct rx_scratch *scratch, void (*body)(struct rx_scratch *scratch))
{
	struct job job = {.scratch = scratch, .body = body};
	struct rx_err err = {0}, no_rdma;
	pthread_t thread;

	scratch->route = scratch->rdma = scratch->host_route = scratch->host_rdma = RX_NL_CLOSED;
	scratch->netns = -1;
	job.rc = rx_nl_open(&scratch->host_route, NETLINK_ROUTE, "", &err);
	rx_nl_open(&scratch->host_rdma, NETLINK_RDMA, "", &no_rdma);
	if (!job.rc && pthread_create(&thread, NULL, inside, &job))
		job.rc = rx_fail(&err, "process-start", EAGAIN, "no thread can be started");
	else if (!job.rc)
		pthread_join(thread, NULL);
	if (job.rc && !*scratch->problem)
		RX_SAY(scratch->problem, "%s", err.text);
	rx_nl_close(&scratch->host_route);
	rx_nl_close(&scratch->host_rdma);
	return job.rc;
}

int rx_scratch_raise(struct rx_nl *nl, const char *name, struct rx_link_info *info,
		     struct rx_err *err)
{
	static const struct rx_link_change up = {.up = true};
	int rc = rx_link_get(nl, name, info, err);

	return rc ? rc : rx_link_change(nl, info->ifindex, name, &up, err);
}

int rx_scratch_link(struct rx_nl *nl, const struct rx_link_spec *spec, unsigned *ifindex,
		    struct rx_err *err)
{
	struct rx_link_info info;

	if (rx_link_add(nl, spec, err) || rx_scratch_raise(nl, spec->name, &info, err))
		return -err->code;
	if (ifindex)
		*ifindex = info.ifindex;
	return spec->peer ? rx_scratch_raise(nl, spec->peer, &info, err) : 0;
}

struct rx_nl *rx_scratch_find(struct rx_scratch *scratch, const char *rdma_dev, uint32_t *index)
{
	struct rx_err ignored;

	if (scratch->rdma.fd >= 0 && !rx_rdma_find(&scratch->rdma, rdma_dev, index, &ignored))
		return &scratch->rdma;
	if (scratch->host_rdma.fd >= 0 &&
	    !rx_rdma_find(&scratch->host_rdma, rdma_dev, index, &ignored))
		return &scratch->host_rdma;
	return NULL;
}

void rx_scratch_delete(struct rx_scratch *scratch, const char *rdma_dev)
{
	struct rx_err ignored;
	uint32_t index;
	struct rx_nl *nl = rx_scratch_find(scratch, rdma_dev, &index);

	if (nl)
		rx_rdma_link_delete(nl, index, rdma_dev, &ignored);
}

int rx_host_socket(int domain, int type, int protocol)
{
	struct rx_err ignored;
	int home, fd;

	if (rx_ns_enter("/proc/self/ns/net", &home, &ignored))
		return -1;
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	rx_ns_leave(&home);
	return fd;
}

int rx_as_nobody(int (*fn)(const void *arg), const void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
				      setresuid(NOBODY, NOBODY, NOBODY)
			      ? EPERM
			      : fn(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EAGAIN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

int rx_try_lock(const void *unused)
{
	void *area = mmap(NULL, RX_PINNED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	int rc = area == MAP_FAILED || mlock(area, RX_PINNED) ? errno : 0;

	(void)unused;
	if (area != MAP_FAILED)
		munmap(area, RX_PINNED);
	return rc;
}
