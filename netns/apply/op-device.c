/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on what a running container has under /dev, and may use of it. */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/cgroup.h"
#include "netns/kernel/inside.h"
#include "netns/kernel/rdma.h"

/* A number of inodes that nobody else asks for marks the tmpfs as ours, from the instant that it is
 * mounted. */
#define DIR_INODES 1009
#define DIR_OPTIONS "mode=0755,size=64k,nr_inodes=1009"

static bool is_our_dir(void)
{
	struct statfs status;

	return !statfs(RX_DEVICE_DIR, &status) && status.f_type == TMPFS_MAGIC &&
	       status.f_files == DIR_INODES;
}

/* As the owner of /dev: where that is a tmpfs of the container's user namespace nobody can make
 * anything in it whose number is not mapped there (EOVERFLOW, fsuidgid_has_mapping() in
 * include/linux/fs.h). */
static int make_dir(void)
{
	struct stat owner;
	int rc, code;

	if (stat("/dev", &owner))
		return -1;
	setfsgid(owner.st_gid);
	setfsuid(owner.st_uid);
	rc = mkdir(RX_DEVICE_DIR, 0755);
	code = errno;
	setfsuid(0);
	setfsgid(0);
	errno = code;
	return rc;
}

/* In the container. A tmpfs that its user namespace had mounted would open no device; one of the
 * host's does. */
static int mount_dir(void *arg, struct rx_err *err)
{
	struct rx_op *op = arg;

	if (is_our_dir())
		return 0; /* an endpoint of another lab is in this container too */
	if (!make_dir())
		snprintf(op->before, sizeof(op->before), "absent");
	else if (errno != EEXIST)
		return rx_fail(err, "container-device", errno,
			       "%s: cannot make it in the container: %s", RX_DEVICE_DIR,
			       strerror(errno));
	if (mount("rxelab", RX_DEVICE_DIR, "tmpfs", MS_NOSUID | MS_NOEXEC, DIR_OPTIONS))
		return rx_fail(err, "container-device", errno,
			       "%s: cannot mount a private one in the container: %s", RX_DEVICE_DIR,
			       strerror(errno));
	return 0;
}

static int unmount_dir(void *arg, struct rx_err *err)
{
	const struct rx_op *op = arg;

	if (is_our_dir() && rx_directory_empty(RX_DEVICE_DIR) == 1 &&
	    umount2(RX_DEVICE_DIR, MNT_DETACH))
		return rx_fail(err, "container-device", errno,
			       "%s: cannot unmount it in the container: %s", RX_DEVICE_DIR,
			       strerror(errno));
	if (!strcmp(op->before, "absent"))
		rmdir(RX_DEVICE_DIR);
	return 0;
}

static int dev_dir_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	(void)worker;
	return rx_inside_run((pid_t)op->pid, op->inode, mount_dir, op, err);
}

static int dev_dir_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
			struct rx_err *err)
{
	struct rx_op copy = *op;
	int rc;

	(void)worker;
	(void)certain;
	rc = rx_inside_run((pid_t)op->pid, op->inode, unmount_dir, &copy, err);
	return rc == -ESRCH ? 0 : rc; /* it went with the container */
}

/* ---- nodes ---- */

struct node {
	char path[64];
	dev_t devt;
};

dev_t rx_rdma_cm_devt(void)
{
	unsigned major_number, minor_number;
	char text[32];

	if (rx_file_read("/sys/class/misc/" RX_DEVICE_CM "/dev", text, sizeof(text)) ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	return makedev(major_number, minor_number);
}

/* The device's node as it is now: the kernel gives out the number with the device. */
static int find_node(struct rx_worker *worker, const struct rx_op *op, struct node *node,
		     struct rx_err *err)
{
	struct rx_nl *rdma;
	char name[32] = RX_DEVICE_CM;
	uint32_t index;

	if (!strcmp(op->name, RX_DEVICE_CM)) {
		node->devt = rx_rdma_cm_devt();
	} else {
		rdma = rx_worker_rdma(worker, op->netns, err);
		if (!rdma || rx_rdma_find(rdma, op->name, &index, err) ||
		    rx_rdma_uverbs(rdma, index, name, sizeof(name), &node->devt, err))
			return -err->code;
	}
	snprintf(node->path, sizeof(node->path), RX_DEVICE_DIR "/%s", name);
	return node->devt ? 0
			  : rx_fail(err, "device-gone", ENODEV,
				    "%s: it has no device number; is its module loaded?", op->name);
}

static int make_node(void *arg, struct rx_err *err)
{
	const struct node *node = arg;

	unlink(node->path); /* the number of a device that is gone */
	/* 0666 is the kernel's own choice for both (uverbs_devnode(), ucma_misc) */
	if (mknod(node->path, S_IFCHR | 0666, node->devt) || chmod(node->path, 0666))
		return rx_fail(err, "container-device", errno,
			       "%s (%u:%u): cannot make it in the container: %s", node->path,
			       major(node->devt), minor(node->devt), strerror(errno));
	return 0;
}

/* An endpoint of another lab in the same container has its nodes here, too. */
static bool others_need_cm(const struct node *node)
{
	glob_t found = {0};
	bool others = !glob(RX_DEVICE_DIR "/uverbs*", GLOB_NOSORT, NULL, &found);

	globfree(&found);
	return others && !strcmp(node->path, RX_DEVICE_DIR "/" RX_DEVICE_CM);
}

static int remove_node(void *arg, struct rx_err *err)
{
	const struct node *node = arg;
	struct stat status;

	if (is_our_dir() && !others_need_cm(node) && !lstat(node->path, &status) &&
	    S_ISCHR(status.st_mode) && status.st_rdev == node->devt && unlink(node->path))
		return rx_fail(err, "container-device", errno,
			       "%s: cannot remove it in the container: %s", node->path,
			       strerror(errno));
	return 0;
}

static int device_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_err refused = {0};
	struct node node = {{0}};

	if (find_node(worker, op, &node, err) ||
	    rx_inside_run((pid_t)op->pid, op->inode, make_node, &node, err))
		return -err->code;
	snprintf(op->before, sizeof(op->before), "%s %u:%u", node.path, major(node.devt),
		 minor(node.devt));
	if (rx_cgroup_device((pid_t)op->pid, node.devt, worker->apply->ledger->header.lab,
			     op->owner, true, &refused))
		rx_apply_warn(
			worker->apply,
			"endpoint \"%s\": %s; if programs in the container are refused %s, allow "
			"\"c %u:%u rw\" in its configuration (LXC: lxc.cgroup2.devices.allow)",
			op->owner, refused.text, node.path, major(node.devt), minor(node.devt));
	rx_trace("%s: %s: ok", op->name, op->before);
	return 0;
}

static int device_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		       struct rx_err *err)
{
	struct node node = {{0}};
	unsigned major_number, minor_number;
	int rc;

	if (!rx_inside_alive((pid_t)op->pid, op->inode))
		return 0;
	if (sscanf(op->before, "%63s %u:%u", node.path, &major_number, &minor_number) == 3)
		node.devt = makedev(major_number, minor_number);
	else if (certain || find_node(worker, op, &node, err))
		return 0; /* killed before it was known: nothing was made for it */
	if (rx_cgroup_device((pid_t)op->pid, node.devt, worker->apply->ledger->header.lab,
			     op->owner, false, err))
		rx_apply_warn(worker->apply,
			      "endpoint \"%s\": %s; the container keeps permission to use the "
			      "device "
			      "number",
			      op->owner, err->text);
	rc = rx_inside_run((pid_t)op->pid, op->inode, remove_node, &node, err);
	return rc == -ESRCH ? 0 : rc;
}

const struct rx_op_type rx_op_dev_dir = {.apply = dev_dir_apply, .undo = dev_dir_undo};

const struct rx_op_type rx_op_device = {.apply = device_apply, .undo = device_undo};
