/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kmod-helpers/build/btf.h"
#include "kmod-helpers/rxe/owner.h"
#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"

/* Of both ranges of uverbs devices (ib_uverbs_init(), drivers/infiniband/core/uverbs_main.c). */
#define DRIVER "infiniband_verbs"
#define MAX_MAJORS 4

#define PAUSE 100 /* ms between two looks */

struct device {
	dev_t number;
	const char *endpoint; /* in the ledger */
};

struct holder {
	pid_t pid;
	const char *endpoint; /* in the ledger */
	bool open;            /* it has a device of the lab open */
	bool inside;          /* it is in a namespace that is the lab's own */
	bool ours;            /* an rxelab, which mostly is in there for a moment only */
};

struct search {
	const struct rx_ledger *ledger;
	const struct rx_holders_wait *wait;
	bool lets_go;     /* the kernel takes a device from its users */
	struct stat self; /* our own program */
	unsigned majors[MAX_MAJORS];
	size_t n_majors;
	struct device *devices; /* owned; asked for when a program has any uverbs device open */
	size_t n_devices;
	bool asked;
	struct holder *list; /* owned */
	size_t n;
	struct holder *before; /* owned: list of the look before */
	size_t n_before;
};

/* Our modules let go of their users themselves. */
static bool lets_go(void)
{
	struct rx_btf_rxe rxe;
	struct rx_err ignored;

	return rx_helper_loaded() || rx_rxe_owner() == RX_RXE_OURS ||
	       (!rx_btf_read_rxe(RX_BTF_DIR, &rxe, &ignored) && rxe.disassociates);
}

static bool is_meant(const struct search *search, const struct rx_op *op)
{
	return !search->wait->endpoint || !strcmp(op->owner, search->wait->endpoint);
}

/* ---- who is in a namespace ---- */

/* What its name leads to is the one that was made, too: an inode number goes to the next
 * namespace, a cookie does not. Open, it stays what it is while we look. */
static bool is_the_one_made(const struct rx_op *op, const struct stat *of)
{
	char path[160];
	rx_autoclose int fd = open(rx_netns_path(op->name, path, sizeof(path)),
				   O_RDONLY | O_CLOEXEC);
	struct rx_err ignored;
	struct stat status;
	uint64_t cookie;
	int home;

	if (fd < 0 || fstat(fd, &status) || status.st_dev != of->st_dev ||
	    status.st_ino != of->st_ino)
		return false;
	if (!op->cookie)
		return true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (rx_ns_enter(path, &home, &ignored))
		return false;
	cookie = rx_ns_cookie();
	rx_ns_leave(&home);
	return cookie == op->cookie;
}

/* The endpoint whose own namespace the process is in; NULL. */
static const char *namespace_of(const struct search *search, pid_t pid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &status))
		return NULL;
	for (size_t i = search->ledger->n; i-- > 0;) {
		const struct rx_op *op = &search->ledger->entries[i].op;

		if (search->ledger->entries[i].state == RX_ENTRY_DONE && op->kind == RX_OP_NETNS &&
		    !op->value[0] && op->inode == status.st_ino && is_meant(search, op) &&
		    is_the_one_made(op, &status))
			return op->owner;
	}
	return NULL;
}

/* ---- who has a device open ---- */

static void read_majors(struct search *search)
{
	rx_autofree char *text = rx_file_text("/proc/devices", 1 << 16, NULL);
	char *cursor = text, *line;
	char name[64];
	unsigned major;

	while (text && (line = rx_next_line(&cursor)) && search->n_majors < MAX_MAJORS)
		if (sscanf(line, "%u %63s", &major, name) == 2 && !strcmp(name, DRIVER))
			search->majors[search->n_majors++] = major;
}

static dev_t number_of(const struct rx_op *op)
{
	char path[160], name[32];
	struct rx_err ignored;
	struct rx_nl rdma;
	uint32_t index;
	dev_t number = 0;

	if (rx_nl_open(&rdma, NETLINK_RDMA,
		       op->netns[0] ? rx_netns_path(op->netns, path, sizeof(path)) : "", &ignored))
		return 0;
	if (!rx_rdma_find(&rdma, op->name, &index, &ignored) &&
	    rx_rdma_uverbs(&rdma, index, name, sizeof(name), &number, &ignored))
		number = 0;
	rx_nl_close(&rdma);
	return number;
}

static void ask_for_numbers(struct search *search)
{
	search->asked = true;
	for (size_t i = 0; i < search->ledger->n; i++) {
		const struct rx_entry *entry = &search->ledger->entries[i];
		dev_t number;

		if (entry->state == RX_ENTRY_UNDONE || entry->op.kind != RX_OP_RXE ||
		    !is_meant(search, &entry->op) || !(number = number_of(&entry->op)))
			continue;
		*(struct device *)rx_array_add(&search->devices, &search->n_devices,
					       sizeof(struct device)) =
			(struct device){.number = number, .endpoint = entry->op.owner};
	}
}

/* The endpoint whose device the file is; NULL. A file system that does not answer is not waited
 * for. */
static const char *device_at(struct search *search, const char *path)
{
	struct statx status;
	bool verbs = false;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &status) ||
	    !S_ISCHR(status.stx_mode))
		return NULL;
	for (size_t i = 0; i < search->n_majors; i++)
		verbs |= search->majors[i] == status.stx_rdev_major;
	if (verbs && !search->asked)
		ask_for_numbers(search);
	for (size_t i = 0; verbs && i < search->n_devices; i++)
		if (search->devices[i].number ==
		    makedev(status.stx_rdev_major, status.stx_rdev_minor))
			return search->devices[i].endpoint;
	return NULL;
}

/* What a program has mapped keeps the device when its descriptor is closed. */
static const char *mapped_by(struct search *search, pid_t pid)
{
	char path[100], mode[5];
	unsigned long from, to;
	const char *endpoint = NULL;
	char *line = NULL;
	size_t room = 0;
	rx_autofile FILE *maps = NULL;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && !endpoint && getline(&line, &room, maps) > 0) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[3] != 's')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", (int)pid, from, to);
		endpoint = device_at(search, path);
	}
	free(line);
	return endpoint;
}

static const char *opened_by(struct search *search, pid_t pid)
{
	char folder[64], path[400];
	const char *name, *endpoint = NULL;

	if (!search->n_majors)
		return NULL;
	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	rx_autodir DIR *dir = opendir(folder);

	while (!endpoint && (name = rx_next_name(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		endpoint = device_at(search, path);
	}
	return endpoint ? endpoint : mapped_by(search, pid);
}

/* ---- all of them ---- */

static bool is_our_program(const struct search *search, pid_t pid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return !stat(path, &status) && status.st_dev == search->self.st_dev &&
	       status.st_ino == search->self.st_ino;
}

/* Where the kernel takes a device from its users, who has one open is in nobody's way. */
static void find(struct search *search)
{
	rx_autodir DIR *proc = opendir("/proc");
	const char *name;

	free(search->before);
	search->before = search->list;
	search->n_before = search->n;
	search->list = NULL;
	search->n = 0;
	while ((name = rx_next_name(proc))) {
		pid_t pid = (pid_t)strtol(name, NULL, 10);
		const char *inside, *open;
		struct holder *holder;

		if (pid <= 0 || pid == getpid())
			continue;
		inside = namespace_of(search, pid);
		open = search->lets_go ? NULL : opened_by(search, pid);
		if (!inside && !open)
			continue;
		holder = rx_array_add(&search->list, &search->n, sizeof(*holder));
		*holder = (struct holder){.pid = pid,
					  .endpoint = open ? open : inside,
					  .open = open,
					  .inside = inside,
					  .ours = is_our_program(search, pid)};
	}
}

static bool was_inside(const struct search *search, pid_t pid)
{
	for (size_t i = 0; i < search->n_before; i++)
		if (search->before[i].pid == pid)
			return search->before[i].inside;
	return false;
}

/* Who was there at the look before, too: another command of ours, or ip(8), goes in for a moment.
 * By a descriptor, so that it is this process and no later one with its number that is ended. */
static void end_those_inside(const struct search *search)
{
	for (size_t i = 0; i < search->n; i++) {
		const struct holder *holder = &search->list[i];
		rx_autoclose int fd = -1;

		if (!holder->inside || holder->ours || !was_inside(search, holder->pid))
			continue;
		fd = (int)syscall(SYS_pidfd_open, holder->pid, 0);
		if (fd >= 0 && namespace_of(search, holder->pid))
			syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	}
}

static const struct holder *first_open(const struct search *search)
{
	for (size_t i = 0; i < search->n; i++)
		if (search->list[i].open)
			return &search->list[i];
	return NULL;
}

static bool is_in_the_way(const struct search *search)
{
	bool inside = false;

	for (size_t i = 0; search->wait->end && i < search->n; i++)
		inside |= search->list[i].inside && !search->list[i].ours;
	return inside || first_open(search);
}

static const char *comm_of(pid_t pid, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (rx_file_read(path, buf, size))
		snprintf(buf, size, "?");
	return buf;
}

static int refuse(const struct holder *holder, const char *lab, struct rx_err *err)
{
	char comm[64];

	return rx_fail(err, "device-held", EBUSY,
		       "endpoint %s/%s: process %d (%s) has its RDMA device open, and before "
		       "Linux 7.3 neither the device nor rdma_rxe can go while it has; end it%s",
		       lab, holder->endpoint, (int)holder->pid,
		       comm_of(holder->pid, comm, sizeof(comm)),
		       holder->inside ? ", or use \"rxelab down --kill\"" : "");
}

/* The namespace lives on with it, without its name. */
static void say_who_stays(const struct search *search, const char *lab)
{
	char comm[64];

	for (size_t i = 0; i < search->n; i++)
		if (search->list[i].inside && !search->list[i].ours)
			rx_warn("endpoint %s/%s: process %d (%s) stays in its namespace, which is "
				"there until it ends",
				lab, search->list[i].endpoint, (int)search->list[i].pid,
				comm_of(search->list[i].pid, comm, sizeof(comm)));
}

static int wait_for(struct search *search, struct rx_err *err)
{
	const struct rx_apply limits = {.deadline = search->wait->deadline, .stop = &rx_stopped};
	const char *lab = search->ledger->header.lab;
	double until = rx_now() + search->wait->seconds;

	for (unsigned look = 0;; look++) {
		find(search);
		if (search->wait->end && look)
			end_those_inside(search);
		/* whoever was ended is looked for once more, however short the time is */
		if (!is_in_the_way(search) || (rx_passed(until) && look > search->wait->end))
			break;
		if (rx_apply_check(&limits, err))
			return -err->code;
		rx_wait_ms(PAUSE);
	}
	if (first_open(search))
		return refuse(first_open(search), lab, err);
	if (!search->wait->endpoint)
		say_who_stays(search, lab);
	return 0;
}

int rx_ledger_without_holders(const struct rx_ledger *ledger, const struct rx_holders_wait *wait,
			      struct rx_err *err)
{
	struct search search = {.ledger = ledger, .wait = wait, .lets_go = lets_go()};
	int rc;

	stat("/proc/self/exe", &search.self);
	read_majors(&search);
	rc = wait_for(&search, err);
	free(search.devices);
	free(search.list);
	free(search.before);
	return rc;
}

int rx_lab_without_holders(const char *lab, bool end, double seconds, double deadline,
			   struct rx_err *err)
{
	const struct rx_holders_wait wait = {.end = end, .seconds = seconds, .deadline = deadline};
	struct rx_ledger ledger;
	struct rx_err ignored;
	int rc;

	/* what is damaged is taken down as far as it goes */
	if (rx_ledger_open(lab, false, &ledger, &ignored))
		return 0;
	rc = rx_ledger_without_holders(&ledger, &wait, err);
	rx_ledger_close(&ledger);
	return rc;
}
