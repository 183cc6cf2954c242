/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operation that makes a node's namespace, or names that of its container. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netns/apply/worker.h"
#include "netns/kernel/ns.h"

/* Bind the namespace of a container to path. It may have ended, and its process number gone to
 * another, since we looked. */
static int bind_container(const struct rx_op *op, const char *path, struct rx_err *err)
{
	struct stat status;

	if (mount(op->value, path, "none", MS_BIND, NULL))
		return rx_fail(err, "namespace-make", errno,
			       "namespace %s: cannot bind that of the container (%s) to its name: "
			       "%s",
			       path, op->value, strerror(errno));
	if (!stat(path, &status) && status.st_ino == op->inode)
		return 0;
	umount2(path, MNT_DETACH);
	return rx_fail(err, "container-gone", ESRCH,
		       "namespace %s: the container ended just now; start it again and then "
		       "\"rxelab reattach\"",
		       path);
}

/* Bind a new namespace to path. The calling thread goes into it and stays: the next operations are
 * about it. */
static int bind_new_namespace(struct rx_worker *worker, struct rx_op *op, const char *path,
			      struct rx_err *err)
{
	if (rx_worker_unshare(worker, err))
		return rx_wrap(err, "namespace %s", path);
	if (mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL))
		return rx_fail(err, "namespace-make", errno,
			       "namespace %s: cannot bind it to its name: %s", path,
			       strerror(errno));
	op->cookie = rx_ns_cookie();
	return rx_worker_named(worker, op->name, err);
}

static int netns_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	char path[160];
	struct stat status;
	int fd;

	rx_netns_path(op->name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0)
		return rx_fail(err, "namespace-make", errno,
			       "namespace %s: cannot make its name: %s", path, strerror(errno));
	close(fd);
	rx_boundary("name of a namespace made");
	if (op->value[0] ? bind_container(op, path, err)
			 : bind_new_namespace(worker, op, path, err)) {
		umount2(path, MNT_DETACH);
		unlink(path);
		return -err->code;
	}
	if (!stat(path, &status))
		op->inode = status.st_ino;
	rx_trace("namespace %s: add: ok", op->name);
	return 0;
}

static int netns_exists(struct rx_worker *worker, const struct rx_op *op)
{
	char path[160];

	(void)worker;
	return !access(rx_netns_path(op->name, path, sizeof(path)), F_OK);
}

static bool is_namespace(const char *path)
{
	struct statfs status;

	return !statfs(path, &status) && status.f_type == NSFS_MAGIC;
}

/* The name may have been given to another namespace: one deleted and made again often has the same
 * inode number. */
static bool is_the_one_made(const struct rx_op *op, const char *path, const struct stat *status)
{
	struct rx_err ignored;
	uint64_t cookie;
	int home;

	if (op->inode && status->st_ino != op->inode)
		return false;
	if (!op->cookie || rx_ns_enter(path, &home, &ignored))
		return true;
	cookie = rx_ns_cookie();
	rx_ns_leave(&home);
	return !cookie || cookie == op->cookie;
}

static int netns_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		      struct rx_err *err)
{
	char path[160];
	struct stat status;

	rx_netns_path(op->name, path, sizeof(path));
	if (lstat(path, &status))
		return 0;
	if (certain && is_namespace(path) && !is_the_one_made(op, path, &status)) {
		rx_apply_warn(worker->apply,
			      "namespace %s is not the one that was made (somebody replaced it); "
			      "it is left alone",
			      path);
		return 0;
	}
	if (is_namespace(path) && umount2(path, MNT_DETACH))
		return rx_fail(err, "namespace-make", errno, "namespace %s: cannot unmount it: %s",
			       path, strerror(errno));
	rx_boundary("namespace unmounted");
	if (unlink(path) && errno != ENOENT)
		return rx_fail(err, "namespace-make", errno,
			       "namespace %s: cannot remove its name: %s", path, strerror(errno));
	return 0;
}

const struct rx_op_type rx_op_netns = {.apply = netns_apply,
				       .undo = netns_undo,
				       .exists = netns_exists};
