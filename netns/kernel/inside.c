/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"

struct visit {
	pid_t pid;
	uint64_t netns_inode;
	int (*work)(void *arg, struct rx_err *err);
	void *arg;
	struct rx_err *err;
	int rc;
};

static int open_of(pid_t pid, const char *file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return open(path, flags | O_CLOEXEC);
}

bool rx_inside_alive(pid_t pid, uint64_t netns_inode)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return pid && !stat(path, &status) && status.st_ino == netns_inode;
}

static int cannot(const struct visit *visit, const char *what)
{
	return rx_fail(visit->err, "container-enter", errno, "process %d: %s failed: %s",
		       (int)visit->pid, what, strerror(errno));
}

static int enter(struct visit *visit)
{
	rx_autoclose int root = open_of(visit->pid, "root", O_PATH | O_DIRECTORY);
	rx_autoclose int mounts = open_of(visit->pid, "ns/mnt", O_RDONLY);

	if (root < 0 || mounts < 0 || !rx_inside_alive(visit->pid, visit->netns_inode))
		return rx_fail(visit->err, "container-gone", ESRCH,
			       "process %d: it has ended, or was never of that container",
			       (int)visit->pid);
	/* a thread that shares its root and working directory may not enter a mount namespace:
	 * setns(2) */
	if (unshare(CLONE_FS))
		return cannot(visit, "leaving our own mount namespace");
	if (setns(mounts, CLONE_NEWNS))
		return cannot(visit, "entering its mount namespace");
	return fchdir(root) || chroot(".") ? cannot(visit, "taking its root for ours") : 0;
}

static void *run(void *arg)
{
	struct visit *visit = arg;

	visit->rc = enter(visit);
	if (!visit->rc)
		visit->rc = visit->work(visit->arg, visit->err);
	return NULL;
}

int rx_inside_run(pid_t pid, uint64_t netns_inode, int (*work)(void *arg, struct rx_err *err),
		  void *arg, struct rx_err *err)
{
	struct visit visit = {
		.pid = pid, .netns_inode = netns_inode, .work = work, .arg = arg, .err = err};
	pthread_t thread;
	int code = pthread_create(&thread, NULL, run, &visit);

	if (code)
		return rx_fail(err, "container-enter", code,
			       "process %d: no thread to enter its mount namespace: %s", (int)pid,
			       strerror(code));
	pthread_join(thread, NULL);
	return visit.rc;
}
