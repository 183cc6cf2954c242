/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>

#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
#include "tools/lab/leftovers.h"

/* What can be read of the ledger, and what has the lab's tag. */
static int undo_damaged(const char *name, struct rx_err *err)
{
	struct rx_ledger ledger;

	rx_warn("%s; what is provably the lab's is taken down, what it changed of the host may "
		"stay",
		err->text);
	if (rx_ledger_salvage(name, &ledger, err) || rx_step_undo(&ledger, err))
		return -err->code;
	return rx_leftovers_sweep(name, err);
}

int rx_lab_undo(const char *name, struct rx_err *err)
{
	struct rx_ledger ledger;

	if (!rx_ledger_open(name, true, &ledger, err))
		return rx_step_undo(&ledger, err);
	return err->code == EBADMSG || err->code == EPROTO ? undo_damaged(name, err) : -err->code;
}

int rx_lab_down(const char *name, struct rx_err *err)
{
	struct rx_err second = {0};
	int lock, rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	lock = rx_lab_lock(name, 0, err);
	if (lock < 0)
		return lock;
	rc = rx_lab_undo(name, err);
	rx_unlock(name, lock, !rc || rc == -ENOENT);
	/* also after a failure: other leftovers of the host must not wait for this lab */
	if (rx_host_cleanup(&second) && !rc) {
		*err = second;
		rc = -second.code;
	}
	return rc;
}
