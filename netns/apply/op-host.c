/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on what the whole host shares: modules, RDMA mode, /run/netns, RCU. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/plan/facts.h"

/* seconds for which putting the RDMA mode back is tried while the kernel says EBUSY */
#define MODE_WAIT_SEEN 5.0
#define MODE_WAIT_DYING 30.0

static int module_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	return worker->apply->module_load(op->name, op->value, op->before, sizeof(op->before), err);
}

/* The module was not there when the intent was written. before lists it and what else came with
 * it. */
static int module_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		       struct rx_err *err)
{
	if (certain)
		return op->before[0] ? worker->apply->module_unload(op->before, err) : 0;
	return worker->apply->module_unload(op->name, err);
}

static int mode_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, "", err);
	enum rx_rdma_mode now;

	if (!rdma || rx_rdma_mode_get(rdma, &now, err))
		return -err->code;
	snprintf(op->before, sizeof(op->before), "%s", rx_rdma_mode_name(now));
	return 0;
}

static int mode_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	struct rx_nl *rdma = rx_worker_rdma(worker, "", err);
	enum rx_rdma_mode want = !strcmp(op->value, "exclusive") ? RX_RDMA_EXCLUSIVE
								 : RX_RDMA_SHARED;
	char holder[200];

	if (!rdma)
		return -err->code;
	if (!strcmp(op->before, op->value) || !rx_rdma_mode_set(rdma, want, err))
		return 0;
	if (err->code != EBUSY || err->unanswered)
		return -err->code;
	rx_facts_namespace_holder(holder, sizeof(holder));
	return rx_fail(err, "rdma-mode-held", EBUSY,
		       "RDMA namespace mode: the kernel changes it to %s only while no other "
		       "network namespace exists, and %s has one; end that, or load ib_core with "
		       "the mode at boot (\"options ib_core netns_mode=%d\" in /etc/modprobe.d)",
		       op->value, holder, want == RX_RDMA_SHARED);
}

/* A namespace that was just deleted counts until the kernel has cleaned it up: that takes seconds
 * on a slow machine. One that can be seen is somebody's, and may stay. */
static bool mode_is_held(double waited)
{
	char holder[200];

	return waited > MODE_WAIT_DYING ||
	       (waited > MODE_WAIT_SEEN && rx_facts_namespace_holder(holder, sizeof(holder)));
}

static int mode_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		     struct rx_err *err)
{
	const char *before = op->before;
	enum rx_rdma_mode want = !strcmp(before, "exclusive") ? RX_RDMA_EXCLUSIVE : RX_RDMA_SHARED,
			  now;
	double start = rx_now();
	struct rx_nl *rdma;

	(void)certain;
	/* ib_core was loaded in that mode, and is gone: to open the socket would load it again
	 * (MODULE_ALIAS_NET_PF_PROTO, drivers/infiniband/core/netlink.c) */
	if (!strcmp(op->name, "ib_core") && access("/sys/module/ib_core", F_OK))
		return 0;
	rdma = rx_worker_rdma(worker, "", err);
	if (!rdma || rx_rdma_mode_get(rdma, &now, err))
		/* InfiniBand is unloaded, and its mode with it */
		return rx_op_is_gone(err) ? 0 : -err->code;
	while (now != want && rx_rdma_mode_set(rdma, want, err)) {
		if (err->code != EBUSY || mode_is_held(rx_now() - start)) {
			rx_apply_warn(worker->apply,
				      "RDMA namespace mode: it was %s before and the kernel will "
				      "not put it back while other network namespaces exist; "
				      "later: rdma system set netns %s",
				      before, before);
			return 0;
		}
		rx_wait_ms(100);
	}
	return 0;
}

static bool is_mount_point(const char *path)
{
	rx_autofile FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[1024], point[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d %*d %*s %*s %511s", point) == 1 && !strcmp(point, path))
			return true;
	return false;
}

/* What is there before the intent is written, so that undo knows it also after a kill. */
const char *rx_netns_dir_state(const char *path)
{
	return access(path, F_OK) ? "absent" : is_mount_point(path) ? "mounted" : "directory";
}

static int netns_dir_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
			  struct rx_err *err)
{
	(void)worker;
	(void)certain;
	(void)err;
	/* somebody else may have come to use it meanwhile: then it stays */
	if (!strcmp(op->before, "mounted") || rx_directory_empty(op->name) != 1)
		return 0;
	if (is_mount_point(op->name))
		umount2(op->name, MNT_DETACH);
	rx_boundary("directory unmounted");
	if (!strcmp(op->before, "absent"))
		rmdir(op->name);
	return 0;
}

/* What ip-netns(8) does when it makes its first namespace: the directory, and a shared mount on it,
 * so that names appear in every mount namespace. */
static int netns_dir_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	if (mkdir(op->name, 0755) && errno != EEXIST)
		return rx_fail(err, "namespace-make", errno, "%s: cannot make it: %s", op->name,
			       strerror(errno));
	if (!mount("", op->name, "none", MS_SHARED | MS_REC, NULL))
		return 0;
	rx_boundary("directory made, not yet a mount");
	if (mount(op->name, op->name, "none", MS_BIND | MS_REC, NULL) ||
	    mount("", op->name, "none", MS_SHARED | MS_REC, NULL)) {
		rx_fail(err, "namespace-make", errno, "%s: cannot make it a shared mount: %s",
			op->name, strerror(errno));
		netns_dir_undo(worker, op, false, NULL);
		return -err->code;
	}
	return 0;
}

static int expedite_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	int rc = rx_file_read(op->name, op->before, sizeof(op->before));

	(void)worker;
	return rc ? rx_fail(err, "sysfs-write", -rc, "%s: %s", op->name, strerror(-rc)) : 0;
}

static int expedite_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	int rc = rx_file_write(op->name, "1");

	(void)worker;
	return rc ? rx_fail(err, "sysfs-write", -rc, "%s: %s", op->name, strerror(-rc)) : 0;
}

static int expedite_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
			 struct rx_err *err)
{
	int rc = rx_file_write(op->name, op->before);

	(void)worker;
	(void)certain;
	return rc ? rx_fail(err, "sysfs-write", -rc, "%s: cannot put %s back: %s", op->name,
			    op->before, strerror(-rc))
		  : 0;
}

const struct rx_op_type rx_op_module = {.apply = module_apply, .undo = module_undo};

const struct rx_op_type rx_op_rdma_mode = {.apply = mode_apply,
					   .undo = mode_undo,
					   .look = mode_look};

const struct rx_op_type rx_op_netns_dir = {.apply = netns_dir_apply, .undo = netns_dir_undo};

const struct rx_op_type rx_op_expedite = {.apply = expedite_apply,
					  .undo = expedite_undo,
					  .look = expedite_look};
