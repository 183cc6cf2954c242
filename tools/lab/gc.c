/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/gc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/file.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/lab/steps.h"

/* The record of a lab is no leftover: it is all there is to make the lab from. */
static void add_lab(struct rx_leftovers *list, const char *name, const struct rx_ledger *ledger)
{
	bool record = ledger->kept && !rx_ledger_live(ledger);
	struct rx_leftover *item = rx_leftover_add(
		list, "lab", name,
		record ? "a recreate of it was killed or failed; \"rxelab recreate\" "
			 "makes it again, \"rxelab down\" removes its record"
		       : "an up or down of it was killed half-way");

	item->foreign = record;
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
				add_lab(list, *names, &ledger);
			rx_ledger_close(&ledger);
		} else if (err.code != ENOENT) {
			rx_leftover_add(list, "lab", *names, "its ledger cannot be read");
		}
		rx_unlock(*names, lock, !rx_leftover_has_lab(*names));
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
		lock = rx_leftover_has_lab(name) ? -1 : rx_lock(name, 0, NULL, &ignored);
		if (lock < 0)
			continue;
		rx_leftover_add(list, "lock", name, "left by a command that was killed");
		close(lock);
	}
}

static void find_folders(struct rx_leftovers *list, size_t labs)
{
	rx_autodir DIR *dir = opendir(rx_state_dir);
	const char *name;

	while ((name = rx_next_name(dir))) {
		if (!strncmp(name, ".new-", 5) || !strncmp(name, ".old-", 5))
			rx_leftover_add(list, "folder", name, "left by a command that was killed");
		if (!strcmp(name, RX_HOST_LEDGER) && !labs)
			rx_leftover_add(list, "host", name,
					"modules or settings changed for labs that are gone");
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
	rx_leftovers_find(list);
	find_labs(list, names);
	rx_names_free(names);
	find_folders(list, n);
	find_locks(list, n);
	return 0;
}

/* ---- removing ---- */

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
		return rx_lab_clear(item->name, err);
	if (!strcmp(item->kind, "namespace") || !strcmp(item->kind, "netdev"))
		return rx_leftover_remove(item, err);
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
