/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/endpoint/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "tools/cli/output.h"
#include "tools/endpoint/env.h"

#define DEVICES "/dev/infiniband"

/* errno says why. */
static int refused(struct rx_err *err, const char *what)
{
	return rx_fail(err, "endpoint-enter", errno, "%s failed: %s", what, strerror(errno));
}

static int enter_namespaces(const struct rx_node_view *node, struct rx_err *err)
{
	/* "" is the host's, which need not be ours: exec may run inside another endpoint, as a
	 * launch agent does */
	rx_autoclose int netns = rx_ns_open(*node->netns ? node->netns : "/proc/1/ns/net", err);

	if (netns < 0)
		return netns;
	if (setns(netns, CLONE_NEWNET))
		return rx_fail(err, "namespace-enter", errno,
			       "entering network namespace %s failed: %s",
			       *node->netns ? node->netns : "of the host", strerror(errno));
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS))
		return rx_fail(err, "endpoint-enter", errno,
			       "a mount namespace of its own was refused: %s; run it as root",
			       strerror(errno));
	/* Slave, not private: what the host unmounts later must not stay busy because a shell is
	 * open in here. */
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL))
		return refused(err, "detaching the mounts from the host's");
	/* MPI takes processes with one host name for neighbours that share memory. */
	if (sethostname(node->want->name, strlen(node->want->name)))
		return rx_fail(err, "endpoint-enter", errno,
			       "setting the host name to \"%s\" failed: %s", node->want->name,
			       strerror(errno));
	return 0;
}

/* Mounts below /sys that the new sysfs would hide. */
static const char *const below_sys[] = {
	"/sys/fs/cgroup",    "/sys/fs/bpf",          "/sys/kernel/config",
	"/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing",
};

/* open_tree(2) and move_mount(2) are in Linux 5.2; glibc has wrappers only since 2.36. */
static int take_mount(const char *path)
{
	struct stat here, above;
	char parent[64];

	snprintf(parent, sizeof(parent), "%s/..", path);
	if (stat(path, &here) || stat(parent, &above) || here.st_dev == above.st_dev)
		return -1;
	/* OPEN_TREE_CLONE and AT_RECURSIVE of linux/mount.h and linux/fcntl.h, which clash with
	 * glibc's headers */
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, 0x1 | O_CLOEXEC | 0x8000);
}

static void put_mount(int tree, const char *path)
{
	if (tree < 0)
		return;
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, path, 4 /* MOVE_MOUNT_F_EMPTY_PATH */))
		rx_trace("carrying %s over to the endpoint's /sys: %s", path, strerror(errno));
	close(tree);
}

/* sysfs shows the network and RDMA devices of the namespace that mounted it. */
static int private_sys(struct rx_err *err)
{
	int tree[RX_ARRAY_SIZE(below_sys)], rc = 0;

	for (size_t i = 0; i < RX_ARRAY_SIZE(below_sys); i++)
		tree[i] = take_mount(below_sys[i]);
	/* older kernels (5.10.0-32) do not lay a file system over itself: then the namespace's is
	 * there already */
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) &&
	    errno != EBUSY)
		rc = refused(err, "mounting the endpoint's own /sys");
	for (size_t i = 0; i < RX_ARRAY_SIZE(below_sys); i++)
		put_mount(tree[i], below_sys[i]);
	return rc;
}

static int make_device(const char *name, dev_t devt, struct rx_err *err)
{
	char path[128];

	snprintf(path, sizeof(path), DEVICES "/%s", name);
	/* 0666 is the kernel's own choice for both (uverbs_devnode(), ucma_misc) */
	if (mknod(path, S_IFCHR | 0666, devt) || chmod(path, 0666))
		return rx_fail(err, "endpoint-enter", errno, "making %s (%u:%u) failed: %s", path,
			       major(devt), minor(devt), strerror(errno));
	rx_trace("made %s %u:%u", path, major(devt), minor(devt));
	return 0;
}

static int private_devices(const struct rx_node_view *node, struct rx_err *err)
{
	dev_t cm = rx_rdma_cm_devt();
	int rc = 0;

	/* devtmpfs makes the folder with the first device; it is missing only where /dev is
	 * static */
	if (mkdir(DEVICES, 0755) && errno != EEXIST)
		return refused(err, "making " DEVICES);
	if (mount("rxelab", DEVICES, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=1m"))
		return refused(err, "mounting the endpoint's own " DEVICES);
	for (size_t i = 0; !rc && i < node->n_ifaces; i++)
		if (*node->ifaces[i].uverbs)
			rc = make_device(node->ifaces[i].uverbs, node->ifaces[i].uverbs_devt, err);
	if (!rc && cm)
		rc = make_device("rdma_cm", cm, err);
	return rc;
}

#define MAX_HOSTS (64u << 20) /* bytes of /etc/hosts */

/* false with errno set */
static bool write_whole(const char *path, const char *text)
{
	rx_autofile FILE *file = fopen(path, "we");

	return file && fputs(text, file) >= 0 && !fchmod(fileno(file), 0644) && !fflush(file);
}

/* The file lives in the private tmpfs, where only the mount on /etc/hosts keeps it. */
static int private_hosts(const struct rx_view *view, struct rx_err *err)
{
	static const char path[] = DEVICES "/.hosts";
	rx_autofree char *rest = rx_file_text("/etc/hosts", MAX_HOSTS, NULL);
	rx_autofree char *text = rx_hosts_text(view, rest ? rest : "");
	int rc = 0;

	if (!write_whole(path, text) ||
	    (mount(path, "/etc/hosts", NULL, MS_BIND, NULL) && errno != ENOENT))
		rc = refused(err, "mounting the lab's names on /etc/hosts");
	unlink(path);
	return rc;
}

/* A root without CAP_SYS_RESOURCE (a container's) cannot lift the hard limit: what there is must
 * do. Root itself is not held by it (CAP_IPC_LOCK, ib_umem_get()). */
static void unlimited_memlock(bool for_user)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	rx_trace("lifting the limit on locked memory: %s", strerror(errno));
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (!setrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_max != RLIM_INFINITY && for_user)
		rx_warn("the limit on locked memory stays at %llu KiB: raising it needs "
			"CAP_SYS_RESOURCE",
			(unsigned long long)limit.rlim_max / 1024);
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value ? value : "", 1))
		rx_memory_lost();
}

static void set_environment(const struct rx_enter *enter)
{
	const struct passwd *user = enter->user;
	struct rx_env env;

	rx_env_of(enter->view, enter->node, &env);
	for (size_t i = 0; i < env.n; i++)
		set(env.item[i].name, env.item[i].value);
	rx_env_free(&env);
	if (!user)
		return;
	set("HOME", user->pw_dir);
	set("USER", user->pw_name);
	set("LOGNAME", user->pw_name);
	set("SHELL", user->pw_shell);
}

/* close_range(2) is in Linux 5.9. keep: one that stays, 0 for none. */
static int close_inherited(unsigned keep, struct rx_err *err)
{
	if ((keep > 3 && syscall(SYS_close_range, 3U, keep - 1, 0U)) ||
	    syscall(SYS_close_range, keep ? keep + 1 : 3U, ~0U, 0U))
		return refused(err, "closing inherited descriptors");
	return 0;
}

static int drop_to(const struct passwd *user, struct rx_err *err)
{
	uid_t real, effective, saved;

	if (initgroups(user->pw_name, user->pw_gid) ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return rx_fail(err, "user-unusable", errno, "becoming user %s failed: %s",
			       user->pw_name, strerror(errno));
	/* believed only when tried: a process with odd securebits keeps its capabilities across
	 * setuid(2) */
	if (getresuid(&real, &effective, &saved) || real != user->pw_uid ||
	    effective != user->pw_uid || saved != user->pw_uid || (user->pw_uid && !setuid(0)))
		return rx_fail(err, "user-unusable", EPERM,
			       "becoming user %s left a way back to root; nothing was run",
			       user->pw_name);
	return 0;
}

#define NAMES_SIZE 16384 /* bytes; the strings of one account are far shorter */

struct passwd *rx_user_find(const char *name, struct rx_err *err)
{
	struct passwd *user = rx_alloc(1, sizeof(*user) + NAMES_SIZE), *found = NULL;
	char *end, *names;
	unsigned long uid = strtoul(name, &end, 10);
	int rc;

	names = (char *)(user + 1);
	rc = getpwnam_r(name, user, names, NAMES_SIZE, &found);
	if (!rc && !found && *name >= '0' && *name <= '9' && !*end)
		rc = getpwuid_r((uid_t)uid, user, names, NAMES_SIZE, &found);
	if (found)
		return user;
	free(user);
	rx_fail(err, "user-unusable", ENOENT, "there is no user \"%s\"%s%s", name, rc ? ": " : "",
		rc ? strerror(rc) : "");
	return NULL;
}

int rx_enter(const struct rx_enter *enter, struct rx_err *err)
{
	int rc;

	rx_boundary("before the endpoint is entered");
	rc = enter_namespaces(enter->node, err);
	rx_boundary("in the endpoint's namespaces");
	if (!rc)
		rc = private_sys(err);
	rx_boundary("/sys is mounted");
	if (!rc)
		rc = private_devices(enter->node, err);
	rx_boundary("/dev/infiniband is mounted");
	if (!rc)
		rc = private_hosts(enter->view, err);
	rx_boundary("/etc/hosts is mounted");
	if (!rc)
		set_environment(enter);
	unlimited_memlock(enter->user);
	if (!rc)
		rc = close_inherited((unsigned)enter->keep_fd, err);
	if (!rc && enter->user)
		rc = drop_to(enter->user, err);
	return rc ? rx_wrap(err, "%s/%s", enter->view->lab.name, enter->node->want->name) : 0;
}

int rx_exec(char *const argv[], struct rx_err *err)
{
	execvp(argv[0], argv);
	rx_fail(err, "program-start", errno, "running %s failed: %s", argv[0], strerror(errno));
	err->status = (enum rx_status)(err->code == ENOENT || err->code == ENOTDIR ? 127 : 126);
	return -err->code;
}
