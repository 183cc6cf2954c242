/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>

#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"

int rx_lab_undo(const char *name, struct rx_err *err)
{
	struct rx_ledger ledger;

	if (rx_ledger_open(name, true, &ledger, err))
		return -err->code;
	return rx_step_undo(&ledger, err);
}

int rx_lab_down(const char *name, struct rx_err *err)
{
	struct rx_err second = {0};
	int lock, rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	lock = rx_lab_lock(name, err);
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
