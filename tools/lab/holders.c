/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kmod-helpers/build/btf.h"
#include "kmod-helpers/rxe/owner.h"
#include "netns/apply/worker.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"
#include "netns/ledger/ledger.h"
#include "tools/cli/output.h"
#include "tools/lab/holders.h"

#define DEVICES "/dev/infiniband/uverbs"

struct holder {
	pid_t pid;
	char endpoint[RX_NODE_NAME_MAX + 1];
	bool open;   /* it has a device of the lab open */
	bool inside; /* it is in a namespace that is the lab's own */
};

struct holders {
	const struct rx_ledger *ledger;
	struct holder *list; /* owned */
	size_t n;
};

/* Our modules let go of their users themselves. */
static bool lets_go(void)
{
	struct rx_btf_rxe rxe;
	struct rx_err ignored;

	return rx_helper_loaded() || rx_rxe_owner() == RX_RXE_OURS ||
	       (!rx_btf_read_rxe(RX_BTF_DIR, &rxe, &ignored) && rxe.disassociates);
}

/* The endpoint whose own namespace the process is in; NULL. */
static const char *namespace_of(const struct rx_ledger *ledger, pid_t pid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &status))
		return NULL;
	for (size_t i = 0; i < ledger->n; i++) {
		const struct rx_op *op = &ledger->entries[i].op;

		if (ledger->entries[i].state == RX_ENTRY_DONE && op->kind == RX_OP_NETNS &&
		    !op->value[0] && op->inode == status.st_ino)
			return op->owner;
	}
	return NULL;
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

/* The endpoint whose device has that number; NULL. */
static const char *device_of(const struct rx_ledger *ledger, dev_t number)
{
	for (size_t i = 0; i < ledger->n; i++)
		if (ledger->entries[i].state != RX_ENTRY_UNDONE &&
		    ledger->entries[i].op.kind == RX_OP_RXE &&
		    number_of(&ledger->entries[i].op) == number)
			return ledger->entries[i].op.owner;
	return NULL;
}

/* Mostly nobody has a device open, so that the kernel need not be asked for numbers. */
static const char *opened_by(const struct rx_ledger *ledger, pid_t pid)
{
	char folder[64], path[400], target[64];
	struct stat status;
	const char *name, *endpoint = NULL;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	rx_autodir DIR *dir = opendir(folder);

	while (!endpoint && (name = rx_next_name(dir))) {
		ssize_t length;

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		if (!strncmp(target, DEVICES, strlen(DEVICES)) && !stat(path, &status))
			endpoint = device_of(ledger, status.st_rdev);
	}
	return endpoint;
}

static void find(struct holders *holders)
{
	rx_autodir DIR *proc = opendir("/proc");
	const char *name;

	holders->n = 0;
	while ((name = rx_next_name(proc))) {
		pid_t pid = (pid_t)strtol(name, NULL, 10);
		const char *inside, *open;
		struct holder *holder;

		if (pid <= 0 || pid == getpid())
			continue;
		inside = namespace_of(holders->ledger, pid);
		open = opened_by(holders->ledger, pid);
		if (!inside && !open)
			continue;
		holder = rx_array_add(&holders->list, &holders->n, sizeof(*holder));
		holder->pid = pid;
		holder->inside = inside;
		holder->open = open;
		snprintf(holder->endpoint, sizeof(holder->endpoint), "%s", open ? open : inside);
	}
}

/* By a descriptor, so that it is this process and no later one with its number that is ended. */
static void end_process(const struct holders *holders, pid_t pid)
{
	rx_autoclose int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0 && namespace_of(holders->ledger, pid))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

static const struct holder *first_in_the_way(const struct holders *holders, bool end)
{
	for (size_t i = 0; i < holders->n; i++)
		if (holders->list[i].open || (end && holders->list[i].inside))
			return &holders->list[i];
	return NULL;
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
static void say_who_stays(const struct holders *holders, const char *lab)
{
	char comm[64];

	for (size_t i = 0; i < holders->n; i++)
		if (holders->list[i].inside)
			rx_warn("endpoint %s/%s: process %d (%s) stays in its namespace, which is "
				"there until it ends",
				lab, holders->list[i].endpoint, (int)holders->list[i].pid,
				comm_of(holders->list[i].pid, comm, sizeof(comm)));
}

static int wait_for(struct holders *holders, const char *lab, bool end, double deadline,
		    struct rx_err *err)
{
	const struct holder *holder;

	for (;;) {
		find(holders);
		for (size_t i = 0; end && i < holders->n; i++)
			if (holders->list[i].inside)
				end_process(holders, holders->list[i].pid);
		holder = first_in_the_way(holders, end);
		if (!holder || (!end && lets_go()) || rx_passed(deadline))
			break;
		rx_wait_ms(20);
	}
	if (holder && holder->open && !lets_go())
		return refuse(holder, lab, err);
	say_who_stays(holders, lab);
	return 0;
}

int rx_lab_without_holders(const char *lab, bool end, double seconds, struct rx_err *err)
{
	struct rx_ledger ledger;
	struct holders holders = {.ledger = &ledger};
	struct rx_err ignored;
	int rc;

	/* what is damaged is taken down as far as it goes */
	if (rx_ledger_open(lab, false, &ledger, &ignored))
		return 0;
	rc = wait_for(&holders, lab, end, rx_now() + seconds, err);
	free(holders.list);
	rx_ledger_close(&ledger);
	return rc;
}
