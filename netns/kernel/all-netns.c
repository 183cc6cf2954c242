/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/all-netns.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"

struct walk {
	ino_t *seen;
	size_t n;
	bool (*visit)(const char *path, void *arg);
	void *arg;
};

static bool is_new(struct walk *walk, ino_t inode)
{
	size_t i;

	for (i = 0; i < walk->n; i++)
		if (walk->seen[i] == inode)
			return false;
	*(ino_t *)rx_array_add(&walk->seen, &walk->n, sizeof(inode)) = inode;
	return true;
}

/* file: of the namespace; path: what the visitor gets */
static bool step(struct walk *walk, const char *file, const char *path)
{
	struct stat status;

	return !stat(file, &status) && is_new(walk, status.st_ino) && walk->visit(path, walk->arg);
}

static bool walk_names(struct walk *walk, const char *directory)
{
	rx_autodir DIR *names = opendir(directory);
	const char *name;
	bool enough = false;
	char path[600];

	while (!enough && (name = rx_next_name(names))) {
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		enough = step(walk, path, path);
	}
	return enough;
}

static bool walk_processes(struct walk *walk)
{
	rx_autodir DIR *proc = opendir("/proc");
	const char *pid;
	bool enough = false;
	char path[300];

	while (!enough && (pid = rx_next_name(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
		enough = *pid >= '1' && *pid <= '9' && step(walk, path, path);
	}
	return enough;
}

bool rx_netns_each(bool (*visit)(const char *path, void *arg), void *arg)
{
	struct walk walk = {.visit = visit, .arg = arg};
	bool enough = step(&walk, "/proc/thread-self/ns/net", "") ||
		      walk_names(&walk, RX_NETNS_DIR) || walk_names(&walk, "/run/docker/netns") ||
		      walk_processes(&walk);

	free(walk.seen);
	return enough;
}
