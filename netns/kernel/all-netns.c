/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/all-netns.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
	DIR *names = opendir(directory);
	struct dirent *entry;
	bool enough = false;
	char path[600];

	while (names && !enough && (entry = readdir(names))) {
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		enough = entry->d_name[0] != '.' && step(walk, path, path);
	}
	if (names)
		closedir(names);
	return enough;
}

static bool walk_processes(struct walk *walk)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool enough = false;
	char path[300];

	while (proc && !enough && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		enough = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			 step(walk, path, path);
	}
	if (proc)
		closedir(proc);
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
