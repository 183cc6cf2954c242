/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What exec does to become a process of an endpoint: the system calls are ours, and are noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/endpoint/enter.h"

#define DEVICES "/dev/infiniband"

static struct {
	bool in_netns, own_mounts, detached;
	unsigned long root; /* flags with which the mounts are parted from the host's */
	unsigned early;     /* mounts before that: they would be the host's too */
	char devices[200];  /* "name major:minor mode", in order */
} world;

int setns(int fd, int kind)
{
	(void)fd;
	world.in_netns |= kind == CLONE_NEWNET;
	return 0;
}

int unshare(int flags)
{
	world.own_mounts = flags & CLONE_NEWNS;
	return 0;
}

int sethostname(const char *name, size_t length)
{
	assert_int_equal(length, 3);
	assert_memory_equal(name, "ep1", 3);
	return 0;
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	(void)source;
	(void)type;
	(void)data;
	if (!strcmp(target, "/")) {
		world.root = flags;
		world.detached = world.own_mounts;
	} else {
		world.early += !world.detached;
		/* sysfs shows the netdevs of whoever mounts it */
		assert_true(world.in_netns);
	}
	return 0;
}

int mkdir(const char *path, mode_t mode)
{
	assert_string_equal(path, DEVICES);
	assert_int_equal(mode, 0755);
	return 0;
}

int mknod(const char *path, mode_t mode, dev_t device)
{
	size_t used = strlen(world.devices);

	assert_true(S_ISCHR(mode));
	assert_int_equal(strncmp(path, DEVICES "/", sizeof(DEVICES)), 0);
	snprintf(world.devices + used, sizeof(world.devices) - used, "%s %u:%u ",
		 path + sizeof(DEVICES), major(device), minor(device));
	return 0;
}

int chmod(const char *path, mode_t mode)
{
	size_t used = strlen(world.devices);

	(void)path;
	snprintf(world.devices + used, sizeof(world.devices) - used, "%o; ", mode);
	return 0;
}

/* open_tree and move_mount, which would touch this host's mounts; close_range. */
long syscall(long number, ...)
{
	(void)number;
	errno = EPERM;
	return -1;
}

/* The names are the last that is written; here it ends. */
FILE *fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return NULL;
}

static void enter(void)
{
	static const struct rx_node want = {.name = "ep1"};
	struct rx_iface ifaces[2] = {{.netdev = "rxl0001-1"}, {.netdev = "rxl0001-2"}};
	struct rx_iface_view iface_views[2] = {
		{.want = &ifaces[0], .uverbs = "uverbs3", .uverbs_devt = makedev(231, 195)},
		{.want = &ifaces[1], .uverbs = "uverbs4", .uverbs_devt = makedev(231, 196)}};
	const struct rx_node_view node = {
		.want = &want, .netns = "/proc/self/ns/net", .ifaces = iface_views, .n_ifaces = 2};
	const struct rx_view view = {.lab = {.name = "t"}, .nodes = (struct rx_node_view *)&node};
	const struct rx_enter request = {.view = &view, .node = &node};
	struct rx_err err = {.text = ""};

	memset(&world, 0, sizeof(world));
	assert_int_equal(rx_enter(&request, &err), -ENOENT);
}

/* Slave: what the host unmounts goes here too; shared: what is mounted here comes up there. */
static void the_hosts_mounts_are_out_of_reach(void **state)
{
	(void)state;
	enter();
	assert_int_equal(world.root, MS_REC | MS_SLAVE);
	assert_int_equal(world.early, 0);
}

static void everybody_may_open_the_endpoints_devices(void **state)
{
	static const char first_two[] = "uverbs3 231:195 666; uverbs4 231:196 666; ";

	(void)state;
	enter();
	assert_int_equal(strncmp(world.devices, first_two, strlen(first_two)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_mounts_are_out_of_reach),
		cmocka_unit_test(everybody_may_open_the_endpoints_devices),
	};

	return cmocka_run_group_tests_name("enter", tests, NULL, NULL);
}
