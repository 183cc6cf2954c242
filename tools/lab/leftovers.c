/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ours is what bears our name and our tag: a name alone proves nothing. */
#include "tools/lab/leftovers.h"

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
#include "netns/kernel/all-netns.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rtnl.h"
#include "netns/lab/tag.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"

#define LO_IFINDEX 1 /* LOOPBACK_IFINDEX, include/net/flow.h: the same in every namespace */

struct rx_leftover *rx_leftover_add(struct rx_leftovers *list, const char *kind, const char *name,
				    const char *reason)
{
	struct rx_leftover *item = rx_array_add(&list->item, &list->n, sizeof(*item));

	item->kind = kind;
	snprintf(item->name, sizeof(item->name), "%s", name);
	snprintf(item->reason, sizeof(item->reason), "%s", reason);
	return item;
}

bool rx_leftover_has_lab(const char *name)
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

/* What an earlier lab of that name has left is not this one's. */
static bool is_accounted(const struct rx_tag *tag)
{
	char nonce[RX_NONCE_SIZE];

	return rx_leftover_has_lab(tag->lab) &&
	       (!tag->nonce[0] || rx_ledger_nonce(tag->lab, nonce) || !nonce[0] ||
		!strcmp(tag->nonce, nonce));
}

/* A tag with a nonce is proof enough; one without needs a name of ours, too. lo bears the tag of a
 * namespace that gc began to remove. */
static bool tagged_orphan(const struct rx_link_info *link)
{
	struct rx_tag tag;

	return rx_tag_parse(link->alias, &tag) &&
	       (tag.nonce[0] || !strncmp(link->name, "rxl", 3) || !strcmp(link->name, "lo")) &&
	       !is_accounted(&tag);
}

static bool looks_like_ours(const struct rx_link_info *link)
{
	struct rx_tag tag;

	return !strncmp(link->name, "rxl", 3) && !rx_tag_parse(link->alias, &tag);
}

static struct rx_leftover *add_foreign(struct rx_leftovers *list, const char *kind,
				       const char *name)
{
	struct rx_leftover *item = rx_leftover_add(
		list, kind, name, "its name is like ours, but nothing else of it is");

	item->foreign = true;
	return item;
}

/* find_namespaces has those. */
static bool has_a_name_of_ours(const char *path)
{
	return !*path || !strncmp(path, RX_NETNS_DIR "/rxl.", strlen(RX_NETNS_DIR "/rxl."));
}

/* In a namespace of somebody's it may be another rxelab's, of a container with a /run of its own:
 * the tag says whose, and no ledger here knows that one. */
static void add_netdev(struct rx_leftovers *list, const char *path, bool ours,
		       const struct rx_link_info *link)
{
	struct rx_leftover *item = rx_leftover_add(
		list, "netdev", link->name,
		ours ? "its lab is gone" : "its lab is not here; it may be another rxelab's");
	struct rx_tag tag;

	item->foreign = !ours;
	if (rx_tag_parse(link->alias, &tag)) {
		snprintf(item->lab, sizeof(item->lab), "%s", tag.lab);
		snprintf(item->nonce, sizeof(item->nonce), "%s", tag.nonce);
	}
	item->ifindex = link->ifindex;
	snprintf(item->netns, sizeof(item->netns), "%s", path);
}

/* Whether the namespace at path ("": init_net) holds netdevs of a lab that is gone; adds them if
 * list is given. ours: it is init_net, or was made for a lab. */
static bool scan_netdevs(const char *path, bool ours, struct rx_leftovers *list)
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
		if (list && (strcmp(links[i].name, "lo") || !*path))
			add_netdev(list, path, ours, &links[i]);
	}
	return found;
}

/* Unmounted, but not yet removed, by a command that was killed between the two: an empty file. */
static bool is_mere_name(const char *path)
{
	struct stat file;
	struct statfs system;

	return !lstat(path, &file) && S_ISREG(file.st_mode) && !file.st_size &&
	       !statfs(path, &system) && system.f_type != NSFS_MAGIC;
}

/* The namespaces that were made for labs which are there, in the order of their names. */
struct made {
	char (*name)[sizeof(((struct rx_op *)0)->name)]; /* owned */
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void find_made(struct made *made)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	char **names;
	size_t n;

	if (rx_ledger_list(&names, &n, &ignored))
		return;
	for (size_t i = 0; i < n; i++) {
		if (rx_ledger_open(names[i], false, &ledger, &ignored))
			continue;
		for (size_t k = 0; k < ledger.n; k++) {
			const struct rx_op *op = &ledger.entries[k].op;

			if (ledger.entries[k].state != RX_ENTRY_UNDONE && op->kind == RX_OP_NETNS &&
			    !op->value[0])
				memcpy(rx_array_add(&made->name, &made->n, sizeof(*made->name)),
				       op->name, sizeof(op->name));
		}
		rx_ledger_close(&ledger);
	}
	rx_names_free(names);
	if (made->n)
		qsort(made->name, made->n, sizeof(*made->name), by_name);
}

static bool is_made(const struct made *made, const char *name)
{
	return made->n && bsearch(name, made->name, made->n, sizeof(*made->name), by_name);
}

static void find_namespaces(struct rx_leftovers *list)
{
	rx_autodir DIR *dir = opendir(RX_NETNS_DIR);
	char path[300], lab[64];
	struct made made = {NULL};
	struct rx_leftover *item;
	const char *name;

	find_made(&made);
	while ((name = rx_next_name(dir))) {
		lab_of(name, lab, sizeof(lab));
		snprintf(path, sizeof(path), RX_NETNS_DIR "/%s", name);
		if (rx_leftover_has_lab(lab))
			scan_netdevs(path, is_made(&made, name), list);
		if (!*lab || rx_leftover_has_lab(lab))
			continue;
		if (is_mere_name(path))
			item = rx_leftover_add(list, "namespace", name,
					       "there is no namespace behind its name");
		else if (scan_netdevs(path, true, NULL))
			item = rx_leftover_add(list, "namespace", name,
					       "it holds netdevs of a lab that is gone");
		else
			item = add_foreign(list, "namespace", name);
		snprintf(item->lab, sizeof(item->lab), "%s", lab);
	}
	free(made.name);
}

/* Netdevs that an endpoint had in a container, or that were moved. Those in a namespace of ours go
 * with it. */
static bool scan_elsewhere(const char *path, void *arg)
{
	if (!has_a_name_of_ours(path))
		scan_netdevs(path, false, arg);
	return false;
}

void rx_leftovers_find(struct rx_leftovers *list)
{
	find_namespaces(list);
	scan_netdevs("", true, list);
	rx_netns_each(scan_elsewhere, list);
}

/* ---- removing ---- */

static bool has_its_tag(const struct rx_leftover *item, const struct rx_link_info *link)
{
	struct rx_tag tag;

	return rx_tag_parse(link->alias, &tag) && !strcmp(tag.lab, item->lab) &&
	       !strcmp(tag.nonce, item->nonce);
}

/* By then another may have its index. */
static int delete_netdev(const char *path, const struct rx_leftover *item, struct rx_err *err)
{
	struct rx_link_info link;
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, path, err);

	if (!rc)
		rc = rx_link_get_index(&route, item->ifindex, item->name, &link, err);
	if (!rc && has_its_tag(item, &link))
		rc = rx_link_delete(&route, item->ifindex, item->name, err);
	rx_nl_close(&route);
	return rc && err->code != ENODEV ? rc : 0;
}

/* Without its netdevs nobody would know a namespace for ours: its lo takes over their tag, so that
 * a kill after that leaves something that gc finds. */
static int tag_namespace(const char *name, const char *path, struct rx_err *err)
{
	char tag[RX_TAG_SIZE], lab[64];
	struct rx_link_change change = {.alias = tag};
	struct rx_nl route;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, path, err);

	lab_of(name, lab, sizeof(lab));
	rx_tag_text(lab, "", tag);
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

	scan_netdevs(path, true, &inside);
	for (i = 0; i < inside.n && !rc; i++)
		if (!inside.item[i].foreign && strcmp(inside.item[i].name, "lo"))
			rc = delete_netdev(path, &inside.item[i], err);
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

int rx_leftover_remove(const struct rx_leftover *item, struct rx_err *err)
{
	if (!strcmp(item->kind, "namespace"))
		return delete_namespace(item->name, err);
	return delete_netdev(item->netns, item, err);
}

/* With the nonce of its ledger a netdev is the lab's wherever it is. */
static bool is_of(const struct rx_leftover *item, const char *lab, const char *nonce)
{
	if (strcmp(item->lab, lab))
		return false;
	return *nonce && item->nonce[0] ? !strcmp(item->nonce, nonce) : !item->foreign;
}

int rx_leftovers_sweep(const char *lab, const char *nonce, struct rx_err *err)
{
	struct rx_leftovers list = {0};
	struct rx_err problem = {0};
	int rc = 0;

	rx_leftovers_find(&list);
	for (size_t i = 0; i < list.n; i++) {
		const struct rx_leftover *item = &list.item[i];

		if (!is_of(item, lab, nonce) || !rx_leftover_remove(item, &problem))
			continue;
		if (!rc)
			*err = problem;
		rc = -err->code;
	}
	free(list.item);
	return rc;
}
