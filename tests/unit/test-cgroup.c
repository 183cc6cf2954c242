/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices a container may open, before and after its control group's program was changed. The
 * bpf system call and the files that say where the group is are ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/kernel/cgroup.h"
#include "tests/unit/bpf-machine.h"

#define MAJOR 231
#define UVERBS makedev(MAJOR, 192)
#define OTHER makedev(MAJOR, 193)

struct program {
	struct bpf_insn insns[200];
	size_t n;
};

static struct {
	struct program attached, loaded;
	unsigned loads;
	const char *groups; /* /proc/PID/cgroup */
} world;

/* The folder of the group only has to be one. */
FILE *fopen(const char *path, const char *mode)
{
	const char *text = strstr(path, "/cgroup")              ? world.groups
			   : !strcmp(path, "/proc/self/mounts") ? "none /tmp cgroup2 rw 0 0\n"
								: NULL;
	int fd = text ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	return text      ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
	       : fd >= 0 ? fdopen(fd, mode)
			 : NULL;
}

/* libbpf's header is left out: its versions differ in what is const. */
int bpf_prog_query(int target, enum bpf_attach_type type, uint32_t query, uint32_t *flags,
		   uint32_t *ids, uint32_t *n);
int bpf_prog_get_fd_by_id(uint32_t id);
int bpf_obj_get_info_by_fd(int fd, void *info, uint32_t *length);
int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insns, size_t n, const void *options);
int bpf_prog_attach_opts(int program, int target, enum bpf_attach_type type, const void *options);

int bpf_prog_query(int target, enum bpf_attach_type type, uint32_t query, uint32_t *flags,
		   uint32_t *ids, uint32_t *n)
{
	(void)target;
	(void)query;
	assert_int_equal(type, BPF_CGROUP_DEVICE);
	*flags = BPF_F_ALLOW_MULTI;
	ids[0] = 7;
	*n = 1;
	return 0;
}

int bpf_prog_get_fd_by_id(uint32_t id)
{
	assert_int_equal(id, 7);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int bpf_obj_get_info_by_fd(int fd, void *data, uint32_t *length)
{
	uint32_t size = (uint32_t)(world.attached.n * sizeof(struct bpf_insn));
	struct bpf_prog_info *info = data;

	(void)fd;
	(void)length;
	if (info->xlated_prog_insns)
		memcpy(pointer(info->xlated_prog_insns), world.attached.insns, size);
	info->xlated_prog_len = size;
	return 0;
}

int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insns, size_t n, const void *options)
{
	(void)name;
	(void)license;
	(void)options;
	assert_int_equal(type, BPF_PROG_TYPE_CGROUP_DEVICE);
	assert_true(n <= 200);
	memcpy(world.loaded.insns, insns, n * sizeof(*insns));
	world.loaded.n = n;
	world.loads++;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int bpf_prog_attach_opts(int program, int target, enum bpf_attach_type type, const void *options)
{
	(void)program;
	(void)target;
	(void)options;
	assert_int_equal(type, BPF_CGROUP_DEVICE);
	world.attached = world.loaded;
	return 0;
}

/* A container that may open nothing. */
static int start_container(void **state)
{
	static const struct bpf_insn refuse[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT}};

	(void)state;
	memset(&world, 0, sizeof(world));
	memcpy(world.attached.insns, refuse, sizeof(refuse));
	world.attached.n = 2;
	world.groups = "0::/\n";
	return 0;
}

static bool may(unsigned access, unsigned kind, dev_t devt)
{
	struct bpf_cgroup_dev_ctx asked = {.access_type = access << 16 | kind,
					   .major = major(devt),
					   .minor = minor(devt)};
	struct machine m = {.outcome = NULL};

	return run_insns(&m, world.attached.insns, world.attached.n, &asked);
}

static bool may_open(dev_t devt)
{
	return may(BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, BPF_DEVCG_DEV_CHAR, devt);
}

static void change(dev_t devt, bool allow)
{
	struct rx_err err = {.text = ""};

	if (rx_cgroup_device(getpid(), devt, "t", "a", allow, &err))
		fail_msg("%s", err.text);
}

static void that_device_alone_may_be_opened(void **state)
{
	(void)state;
	assert_false(may_open(UVERBS));
	change(UVERBS, true);
	assert_true(may_open(UVERBS));
	assert_false(may_open(OTHER));
	assert_false(may_open(makedev(MAJOR + 1, 192)));
	assert_false(may(BPF_DEVCG_ACC_READ, BPF_DEVCG_DEV_BLOCK, UVERBS));
	assert_false(may(BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_DEV_CHAR, UVERBS));
}

static void what_is_so_already_is_not_done_again(void **state)
{
	(void)state;
	change(UVERBS, false);
	assert_int_equal(world.loads, 0);
	change(UVERBS, true);
	change(UVERBS, true);
	assert_int_equal(world.loads, 1);
}

static void each_is_taken_back_by_itself(void **state)
{
	const struct program before = world.attached;

	(void)state;
	change(UVERBS, true);
	change(OTHER, true);
	change(UVERBS, false);
	assert_false(may_open(UVERBS));
	assert_true(may_open(OTHER));
	change(OTHER, false);
	assert_int_equal(world.attached.n, before.n);
	assert_memory_equal(world.attached.insns, before.insns, before.n * sizeof(before.insns[0]));
}

static void version_1_is_refused(void **state)
{
	struct rx_err err = {.text = ""};

	(void)state;
	world.groups = "5:devices:/container\n0::/\n";
	assert_int_equal(rx_cgroup_device(getpid(), UVERBS, "t", "a", true, &err), -EOPNOTSUPP);
	assert_string_equal(err.id, "container-device");
	assert_int_equal(world.loads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(that_device_alone_may_be_opened, start_container),
		cmocka_unit_test_setup(what_is_so_already_is_not_done_again, start_container),
		cmocka_unit_test_setup(each_is_taken_back_by_itself, start_container),
		cmocka_unit_test_setup(version_1_is_refused, start_container),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
