/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ours is what bears our name and our tag: a name alone proves nothing. */
#include "tools/lab/gc.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rtnl.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/lab/steps.h"

#define TAG "rxelab:"
#define LO_IFINDEX 1 /* LOOPBACK_IFINDEX, include/net/flow.h: the same in every namespace */

static struct rx_leftover *add(struct rx_leftovers *list, const char *kind, const char *name,
			       const char *reason)
{
	struct rx_leftover *item = rx_array_add(&list->item, &list->n, sizeof(*item));

	item->kind = kind;
	snprintf(item->name, sizeof(item->name), "%s", name);
	snprintf(item->reason, sizeof(item->reason), "%s", reason);
	return item;
}

static bool lab_exists(const char *name)
{
	char path[300];

	return *name && !access(rx_ledger_path(name, "ledger", path, sizeof(path)), F_OK);
}

/* "rxl.LAB.NODE" -> LAB; "" for any other name. */
static void lab_of(const char *name, char *lab, size_t size)
{
	const char *dot = strncmp(name, "rxl.", 4) ? NULL : strchr(name + 4, '.');

	snprintf(lab, size, "%.*s", dot ? (int)(dot - name - 4) : 0, dot ? name + 4 : "");
}

/* lo bears the tag of a namespace that gc began to remove. */
static bool tagged_orphan(const struct rx_link_info *link)
{
	return (!strncmp(link->name, "rxl", 3) || !strcmp(link->name, "lo")) &&
	       !strncmp(link->alias, TAG, strlen(TAG)) && !lab_exists(link->alias + strlen(TAG));
}

static bool looks_like_ours(const struct rx_link_info *link)
{
	return !strncmp(link->name, "rxl", 3) && strncmp(link->alias, TAG, strlen(TAG));
}

static void add_foreign(struct rx_leftovers *list, const char *kind, const char *name)
{
	add(list, kind, name, "its name is like ours, but nothing else of it is")->foreign = true;
}

/* Whether the namespace at path ("": init_net) holds netdevs of a lab that is gone; adds them if
 * list is given. */
static bool scan_netdevs(const char *path, struct rx_leftovers *list)
{
	rx_autofree struct rx_link_info *links = NULL;
	struct rx_nl route;
	struct rx_err ignored;
	bool found = false;
	size_t n = 0, i;

	if (rx_nl_open(&route, NETLINK_ROUTE, path, &ignored))
		return false;
	rx_link_list(&route, &links, &n, &ignored);
	rx_nl_close(&route);
	for (i = 0; i < n; i++) {
		if (list && looks_like_ours(&links[i]))
			add_foreign(list, "netdev", links[i].name);
		if (!tagged_orphan(&links[i]))
			continue;
		found = true;
		if (list)
			add(list, "netdev", links[i].name, "its lab is gone")->ifindex =
				links[i].ifindex;
	}
	return found;
}

static void find_labs(struct rx_leftovers *list, char **names)
{
	struct rx_ledger ledger;
	struct rx_err err;
	int lock;

	for (; *names; names++) {
		lock = rx_lock(*names, 0, NULL, &err);
		if (lock < 0)
			continue; /* somebody is at work on it */
		if (!rx_ledger_open(*names, false, &ledger, &err)) {
			if (!ledger.complete)
				add(list, "lab", *names, "an up or down of it was killed half-way");
			rx_ledger_close(&ledger);
		}
		rx_unlock(*names, lock, !lab_exists(*names));
	}
}

/* A lock file whose lab is gone and that nobody holds. The host's own stays as long as there are
 * labs. */
static void find_locks(struct rx_leftovers *list, size_t labs)
{
	rx_autodir DIR *dir = opendir(RX_LOCK_DIR);
	struct rx_err ignored;
	const char *file;
	char name[300];
	int lock;

	while ((file = rx_next_name(dir))) {
		const char *end = strstr(file, ".lock");

		if (!end || (labs && !strcmp(file, RX_HOST_LEDGER ".lock")))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(end - file), file);
		lock = lab_exists(name) ? -1 : rx_lock(name, 0, NULL, &ignored);
		if (lock < 0)
			continue;
		add(list, "lock", name, "left by a command that was killed");
		close(lock);
	}
}

static void find_folders(struct rx_leftovers *list, size_t labs)
{
	rx_autodir DIR *dir = opendir(rx_state_dir);
	const char *name;

	while ((name = rx_next_name(dir))) {
		if (!strncmp(name, ".new-", 5) || !strncmp(name, ".old-", 5))
			add(list, "folder", name, "left by a command that was killed");
		if (!strcmp(name, RX_HOST_LEDGER) && !labs)
			add(list, "host", name,
			    "modules or settings changed for labs that are gone");
	}
}

/* Unmounted, but not yet removed, by a command that was killed between the two: an empty file. */
static bool is_mere_name(const char *path)
{
	struct stat file;
	struct statfs system;

	return !lstat(path, &file) && S_ISREG(file.st_mode) && !file.st_size &&
	       !statfs(path, &system) && system.f_type != NSFS_MAGIC;
}

static void find_namespaces(struct rx_leftovers *list)
{
	rx_autodir DIR *dir = opendir(RX_NETNS_DIR);
	char path[300], lab[64];
	const char *name;

	while ((name = rx_next_name(dir))) {
		lab_of(name, lab, sizeof(lab));
		if (!*lab || lab_exists(lab))
			continue;
		snprintf(path, sizeof(path), RX_NETNS_DIR "/%s", name);
		if (is_mere_name(path))
			add(list, "namespace", name, "there is no namespace behind its name");
		else if (scan_netdevs(path, NULL))
			add(list, "namespace", name, "it holds netdevs of a lab that is gone");
		else
			add_foreign(list, "namespace", name);
	}
}

int rx_gc_find(struct rx_leftovers *list, struct rx_err *err)
{
	char **names;
	size_t n;

	memset(list, 0, sizeof(*list));
	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	/* labs behind what has none: with the last lab goes what the host's ledger holds,
	 * /run/netns among it, which must be empty by then */
	find_namespaces(list);
	scan_netdevs("", list);
	find_labs(list, names);
	rx_names_free(names);
	find_folders(list, n);
	find_locks(list, n);
	return 0;
}

/* ---- removing ---- */

static int delete_netdev(const char *path, const char *name, unsigned ifindex, struct rx_err *err)
{
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, path, err);

	if (!rc)
		rc = rx_link_delete(&route, ifindex, name, err);
	rx_nl_close(&route);
	return rc && err->code != ENODEV ? rc : 0;
}

/* Without its netdevs nobody would know a namespace for ours: its lo takes over their tag, so that
 * a kill after that leaves something that gc finds. */
static int tag_namespace(const char *name, const char *path, struct rx_err *err)
{
	char tag[80] = TAG;
	struct rx_link_change change = {.alias = tag};
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, path, err);

	lab_of(name, tag + strlen(TAG), sizeof(tag) - strlen(TAG));
	if (!rc)
		rc = rx_link_change(&route, LO_IFINDEX, "lo", &change, err);
	rx_nl_close(&route);
	return rc;
}

/* Its netdevs first, each with the RXE on it: a process inside would keep them alive. */
static int delete_netdevs(const char *path, struct rx_err *err)
{
	struct rx_leftovers inside = {0};
	size_t i;
	int rc = 0;

	scan_netdevs(path, &inside);
	for (i = 0; i < inside.n && !rc; i++)
		if (!inside.item[i].foreign && strcmp(inside.item[i].name, "lo"))
			rc = delete_netdev(path, inside.item[i].name, inside.item[i].ifindex, err);
	free(inside.item);
	return rc;
}

static int delete_namespace(const char *name, struct rx_err *err)
{
	char path[300];
	int rc = 0;

	snprintf(path, sizeof(path), RX_NETNS_DIR "/%s", name);
	if (!is_mere_name(path))
		rc = tag_namespace(name, path, err);
	if (!rc)
		rc = delete_netdevs(path, err);
	rx_boundary("netdevs of a leftover namespace removed");
	if (!rc && umount2(path, MNT_DETACH) && errno != EINVAL)
		rc = rx_fail(err, "namespace-remove", errno, "namespace %s: cannot unmount it: %s",
			     name, strerror(errno));
	rx_boundary("leftover namespace unmounted");
	if (!rc && unlink(path))
		rc = rx_fail(err, "namespace-remove", errno,
			     "namespace %s: cannot remove its name: %s", name, strerror(errno));
	return rc;
}

static int delete_folder(const char *name, struct rx_err *err)
{
	char path[300];
	int rc = rx_remove_folder(rx_ledger_path(name, "", path, sizeof(path)));

	return rc ? rx_fail(err, "state-write", -rc, "%s: cannot remove it: %s", path,
			    strerror(-rc))
		  : 0;
}

static int remove_lock(const char *name, struct rx_err *err)
{
	int lock = rx_lock(name, 0, NULL, err);

	if (lock < 0)
		return lock;
	rx_unlock(name, lock, true);
	return 0;
}

static int remove_one(const struct rx_leftover *item, struct rx_err *err)
{
	if (!strcmp(item->kind, "lab"))
		return rx_lab_down(item->name, err);
	if (!strcmp(item->kind, "namespace"))
		return delete_namespace(item->name, err);
	if (!strcmp(item->kind, "netdev"))
		return delete_netdev("", item->name, item->ifindex, err);
	if (!strcmp(item->kind, "folder"))
		return delete_folder(item->name, err);
	if (!strcmp(item->kind, "lock"))
		return remove_lock(item->name, err);
	return rx_host_cleanup(err);
}

size_t rx_gc_remove(struct rx_leftovers *list)
{
	size_t failed = 0, i;

	for (i = 0; i < list->n; i++) {
		struct rx_leftover *item = &list->item[i];
		struct rx_err err = {0};

		if (item->foreign)
			continue;
		rx_boundary("before a leftover is removed");
		item->removed = !remove_one(item, &err);
		rx_boundary("after a leftover was removed");
		item->id = item->removed ? NULL : err.id;
		if (!item->removed)
			snprintf(item->problem, sizeof(item->problem), "%s", err.text);
		failed += !item->removed;
	}
	rmdir(rx_state_dir);
	return failed;
}
