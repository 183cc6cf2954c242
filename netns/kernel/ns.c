/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* include/uapi/asm-generic/socket.h */
#endif

#define CLOSER_STACK 65536 /* bytes; it calls close(2) and nothing else */
#define CLOSER_QUEUE 64

/* Threads name their own namespace by thread-self: /proc/self is the main thread's. */
#define OWN_NETNS "/proc/thread-self/ns/net"

int rx_ns_open(const char *path, struct rx_err *err)
{
	int fd = open(*path ? path : OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return rx_fail(err, "namespace-unknown", errno, "network namespace %s: %s",
			       *path ? path : "of this process", strerror(errno));
	return fd;
}

int rx_ns_enter(const char *path, int *home, struct rx_err *err)
{
	rx_autoclose int target = -1;

	*home = -1;
	if (!*path)
		return 0;
	target = rx_ns_open(path, err);
	if (target < 0)
		return target;
	*home = rx_ns_open("", err);
	if (*home < 0)
		return *home;
	if (setns(target, CLONE_NEWNET)) {
		int code = errno;

		close(*home);
		*home = -1;
		return rx_fail(err, "namespace-enter", code,
			       "network namespace %s: cannot enter it: %s", path, strerror(code));
	}
	return 0;
}

void rx_ns_leave(int *home)
{
	if (*home < 0)
		return;
	if (setns(*home, CLONE_NEWNET))
		abort();
	close(*home);
	*home = -1;
}

uint64_t rx_ns_cookie(void)
{
	rx_autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(uint64_t);
	uint64_t cookie = 0;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		return 0;
	return cookie;
}

int rx_ns_sysfs(const char *path, struct rx_err *err)
{
	rx_autoclose int context = -1;
	int home, mounted = -1, code = 0;

	if (rx_ns_enter(path, &home, err))
		return -err->code;
	/* sysfs takes the network namespace of whoever creates the context (sysfs_init_fs_context,
	 * fs/sysfs/mount.c) */
	context = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (context >= 0 && !fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mounted = fsmount(context, FSMOUNT_CLOEXEC, 0);
	code = errno;
	rx_ns_leave(&home);
	if (mounted < 0)
		return rx_fail(err, "sysfs-mount", code, "sysfs of network namespace %s: %s",
			       *path ? path : "init_net", strerror(code));
	return mounted;
}

/* One thread that closes for all others. A forked child has none: its queue fills up and it closes
 * for itself. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t more;
	bool runs;
	int fd[CLOSER_QUEUE];
	size_t n;
} closer = {.mutex = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void *close_all(void *arg)
{
	int fd;

	for (;;) {
		pthread_mutex_lock(&closer.mutex);
		while (!closer.n)
			pthread_cond_wait(&closer.more, &closer.mutex);
		fd = closer.fd[--closer.n];
		pthread_mutex_unlock(&closer.mutex);
		close(fd);
	}
	return arg;
}

/* It takes no signal: who waits for one, with it blocked, would wait in vain. */
void rx_ns_start_closer(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, CLOSER_STACK);
	sigfillset(&all);
	pthread_mutex_lock(&closer.mutex);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	closer.runs = closer.runs || !pthread_create(&thread, &attr, close_all, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_mutex_unlock(&closer.mutex);
	pthread_attr_destroy(&attr);
}

void rx_ns_sysfs_close(int fd)
{
	bool queued;

	if (fd < 0)
		return;
	pthread_mutex_lock(&closer.mutex);
	queued = closer.runs && closer.n < CLOSER_QUEUE;
	if (queued)
		closer.fd[closer.n++] = fd;
	pthread_cond_signal(&closer.more);
	pthread_mutex_unlock(&closer.mutex);
	if (!queued)
		close(fd);
}
