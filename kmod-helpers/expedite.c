/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU's grace periods, short for the time of a command. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "kmod-helpers/host-priv.h"
#include "netns/ledger/list.h"

/* Documentation/admin-guide/kernel-parameters.txt: rcupdate.rcu_expedited */
#define RCU_EXPEDITED "/sys/kernel/rcu_expedited"

/* The command that did it: its process, or one that was killed since. */
static bool is_another(const struct rx_op *op)
{
	long pid = strtol(op->value, NULL, 10);

	return pid != getpid() && pid > 0 && (!kill((pid_t)pid, 0) || errno != ESRCH);
}

static struct rx_entry *find_expedite(struct rx_ledger *ledger)
{
	size_t i;

	for (i = ledger->n; i-- > 0;)
		if (ledger->entries[i].op.kind == RX_OP_EXPEDITE &&
		    ledger->entries[i].state != RX_ENTRY_UNDONE)
			return &ledger->entries[i];
	return NULL;
}

int rx_host_expedite(const struct rx_host_hooks *hooks, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_ledger ledger;
	char pid[16];
	int rc = rx_ledger_open_host(&ledger, err);

	if (rc)
		return rc;
	if (!find_expedite(&ledger)) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		rx_host_plan(&plan, RX_OP_EXPEDITE, RCU_EXPEDITED, pid);
		rc = rx_host_apply(&plan, &ledger, hooks, err);
	}
	rx_ledger_close(&ledger);
	return rc;
}

int rx_host_unexpedite(const struct rx_host_hooks *hooks, struct rx_err *err)
{
	struct rx_apply apply = {.types = rx_op_types, .warn = hooks->warn};
	struct rx_worker worker;
	struct rx_ledger ledger;
	struct rx_entry *entry;
	int rc = rx_ledger_open_host(&ledger, err);

	if (rc)
		return rc;
	entry = find_expedite(&ledger);
	if (entry && !is_another(&entry->op)) {
		rx_worker_init(&worker, &apply);
		rc = rx_op_expedite.undo(&worker, &entry->op, entry->state == RX_ENTRY_DONE, err);
		if (!rc)
			rc = rx_ledger_undone(&ledger, entry->id, err);
		rx_worker_close(&worker);
	}
	rx_ledger_close(&ledger);
	return rc;
}
