/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/cgroup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/bpf.h"

#define MAX_PROGRAMS 64 /* BPF_CGROUP_MAX_PROGS, kernel/bpf/cgroup.c */
#define MAX_INSTRUCTIONS 65536

#define LEAVE_SIZE 10

/* "Is it this device, and not to be made? Then yes." Else on to what follows, with the argument
 * still in r1. The high half of access_type holds what is to be done (BPF_DEVCG_ACC_*), the low
 * half the kind of device. */
static void leave_for(dev_t devt, int32_t mark, struct bpf_insn leave[LEAVE_SIZE])
{
	const struct bpf_insn made[LEAVE_SIZE] = {
		BPF_LOAD(BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type)),
		BPF_DO(BPF_AND, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16 | 0xffff),
		BPF_IF(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 6),
		BPF_LOAD(BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major)),
		BPF_IF(BPF_JNE, BPF_REG_2, (int)major(devt), 4),
		BPF_LOAD(BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor)),
		BPF_IF(BPF_JNE, BPF_REG_2, (int)minor(devt), 2),
		BPF_SET(BPF_REG_0, 1),
		BPF_STOP(),
		/* a mark that nothing jumps over by chance and that the verifier keeps: r2 is free
		 * here */
		BPF_SET(BPF_REG_2, mark),
	};

	memcpy(leave, made, sizeof(made));
}

struct program {
	struct bpf_insn *insns; /* owned; with room for LEAVE_SIZE in front */
	size_t n;
	char name[BPF_OBJ_NAME_LEN];
};

static int read_program(int fd, struct program *program)
{
	struct bpf_prog_info info = {0};
	__u32 length = sizeof(info), size;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	size = info.xlated_prog_len;
	if (!size || size / sizeof(struct bpf_insn) > MAX_INSTRUCTIONS)
		return -EOPNOTSUPP;
	memcpy(program->name, info.name, sizeof(program->name));
	program->insns = rx_alloc(LEAVE_SIZE + size / sizeof(struct bpf_insn),
				  sizeof(struct bpf_insn));
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (__u64)(uintptr_t)(program->insns + LEAVE_SIZE);
	info.xlated_prog_len = size;
	length = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	program->n = size / sizeof(struct bpf_insn);
	return info.xlated_prog_insns ? 0 : -EPERM;
}

/* Where our instructions for this device stand in the program: they may be behind those for
 * another. */
static struct bpf_insn *find_leave(const struct program *program,
				   const struct bpf_insn leave[LEAVE_SIZE])
{
	struct bpf_insn *at = program->insns + LEAVE_SIZE;
	size_t i;

	for (i = 0; i + LEAVE_SIZE <= program->n; i++)
		if (!memcmp(at + i, leave, LEAVE_SIZE * sizeof(*leave)))
			return at + i;
	return NULL;
}

/* The verifier's log is asked for only to say why: one that does not fit fails the load before
 * 6.4. */
static int load(const struct program *program, const struct bpf_insn *insns, size_t n)
{
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log),
		    .log_level = 1);
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, program->name, "GPL", insns, n, NULL),
	    code = errno;

	if (fd >= 0)
		return fd;
	fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, program->name, "GPL", insns, n, &opts);
	rx_trace("device program of %zu instructions: %s: %s", n, strerror(code), log);
	return fd >= 0 ? fd : -code;
}

/* The program with or without leave for the device; -EALREADY: it is so already. */
static int changed_program(int old, const struct bpf_insn leave[LEAVE_SIZE], bool allow)
{
	struct program program = {0};
	rx_autofree struct bpf_insn *insns = NULL;
	int rc = read_program(old, &program);
	struct bpf_insn *there;

	insns = program.insns;
	if (rc)
		return rc;
	there = find_leave(&program, leave);
	if (!there == !allow)
		return -EALREADY;
	if (allow) {
		memcpy(insns, leave, LEAVE_SIZE * sizeof(*leave));
		return load(&program, insns, program.n + LEAVE_SIZE);
	}
	memmove(insns + 2 * LEAVE_SIZE, insns + LEAVE_SIZE,
		(size_t)(there - insns - LEAVE_SIZE) * sizeof(*insns));
	return load(&program, insns + 2 * LEAVE_SIZE, program.n - LEAVE_SIZE);
}

static int change_one(int cgroup, __u32 id, __u32 flags, const struct bpf_insn leave[LEAVE_SIZE],
		      bool allow)
{
	rx_autoclose int old = bpf_prog_get_fd_by_id(id), new = -1;
	LIBBPF_OPTS(bpf_prog_attach_opts, opts, .flags = flags, .replace_prog_fd = old);

	if (old < 0)
		return -errno;
	new = changed_program(old, leave, allow);
	if (new < 0)
		return new == -EALREADY ? 0 : new;
	/* BPF_F_REPLACE goes with BPF_F_ALLOW_MULTI only; of the other kinds a group has one
	 * program at a time */
	if (flags & BPF_F_ALLOW_MULTI)
		opts.flags |= BPF_F_REPLACE;
	else
		opts.replace_prog_fd = 0;
	return bpf_prog_attach_opts(new, cgroup, BPF_CGROUP_DEVICE, &opts) ? -errno : 0;
}

static int change_group(const char *path, const struct bpf_insn leave[LEAVE_SIZE], bool allow)
{
	rx_autoclose int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 ids[MAX_PROGRAMS], n = MAX_PROGRAMS, flags = 0, i;
	int rc = 0;

	if (cgroup < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_prog_query(cgroup, BPF_CGROUP_DEVICE, 0, &flags, ids, &n))
		return -errno;
	for (i = 0; i < n && !rc; i++)
		rc = change_one(cgroup, ids[i], flags & (BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE),
				leave, allow);
	if (n)
		rx_trace("device programs of %s: %u: %s", path, n, rc ? strerror(-rc) : "ok");
	return rc;
}

/* Where the hierarchy of version 2 is mounted: of several the last, which may hide the others. */
static bool find_root(char *buf, size_t size)
{
	rx_autofile FILE *file = fopen("/proc/self/mounts", "re");
	char line[1024], point[512], type[64];
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %511s %63s", point, type) != 2 || strcmp(type, "cgroup2"))
			continue;
		snprintf(buf, size, "%s", point);
		found = true;
	}
	return found;
}

/* The group of a process: its path, and whether a hierarchy of version 1 answers for devices
 * instead. */
static int find_group(pid_t pid, char *buf, size_t size, bool *version1)
{
	char file_name[64], line[1024];
	rx_autofile FILE *file = NULL;

	*version1 = false;
	buf[0] = '\0';
	snprintf(file_name, sizeof(file_name), "/proc/%d/cgroup", (int)pid);
	file = fopen(file_name, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::", 3))
			snprintf(buf, size, "%s", line + 3);
		else if (strstr(line, ":devices:") && strcmp(strrchr(line, ':'), ":/"))
			*version1 = true;
	}
	return 0;
}

/* 32 bits that stand for an endpoint (FNV-1a): two that share them and a control group would share
 * their leave. */
static int32_t mark_of(const char *lab, const char *owner)
{
	uint32_t value = 0x811c9dc5;

	for (; *lab; lab++)
		value = (value ^ (uint8_t)*lab) * 0x01000193;
	value = (value ^ '/') * 0x01000193;
	for (; *owner; owner++)
		value = (value ^ (uint8_t)*owner) * 0x01000193;
	return (int32_t)value;
}

int rx_cgroup_device(pid_t pid, dev_t devt, const char *lab, const char *owner, bool allow,
		     struct rx_err *err)
{
	struct bpf_insn leave[LEAVE_SIZE];
	char root[512], group[1024], path[1600], *slash;
	bool version1;
	int rc;

	if (find_group(pid, group, sizeof(group), &version1))
		return 0;
	if (version1)
		return rx_fail(err, "container-device", EOPNOTSUPP,
			       "control groups of version 1 answer for devices here, which rxelab "
			       "does not change in a running container");
	if (!find_root(root, sizeof(root)))
		return 0;
	leave_for(devt, mark_of(lab, owner), leave);
	do {
		snprintf(path, sizeof(path), "%s%s", root, strcmp(group, "/") ? group : "");
		rc = change_group(path, leave, allow);
		if (rc)
			return rx_fail(err, "container-device", -rc,
				       "control group %s: changing its device program for %u:%u "
				       "failed: %s",
				       group, major(devt), minor(devt), strerror(-rc));
		slash = strrchr(group, '/');
		if (slash)
			*slash = '\0';
	} while (slash && group[0]);
	return 0;
}
