/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/steps.h"

#include <errno.h>
#include <stdio.h>

#include "netns/lab/tag.h"
#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
#include "tools/lab/holders.h"
#include "tools/lab/leftovers.h"

int rx_lab_undo(const char *name, bool keep, struct rx_err *err)
{
	char nonce[RX_NONCE_SIZE];
	struct rx_ledger ledger;
	bool damaged;

	if (rx_ledger_open_to_undo(name, &ledger, &damaged, err))
		return -err->code;
	if (damaged)
		rx_warn("%s; what is provably the lab's is taken down, what it changed of the host "
			"may stay",
			err->text);
	snprintf(nonce, sizeof(nonce), "%s", ledger.header.nonce);
	/* who sweeps must not take the lab for one that is there */
	if (rx_step_undo(&ledger, keep && !damaged, err))
		return -err->code;
	return damaged ? rx_leftovers_sweep(name, nonce, err) : 0;
}

static int take_down(const char *name, bool end, double seconds, bool keep, struct rx_err *err)
{
	struct rx_err second = {0};
	int lock, rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	lock = rx_lab_lock(name, 0, err);
	if (lock < 0)
		return lock;
	rc = rx_lab_without_holders(name, end, seconds, 0, err);
	if (!rc)
		rc = rx_lab_undo(name, keep, err);
	rx_unlock(name, lock, (!rc && !keep) || rc == -ENOENT);
	/* also after a failure: other leftovers of the host must not wait for this lab */
	if (rx_host_cleanup(&second) && !rc) {
		*err = second;
		rc = -second.code;
	}
	return rc;
}

int rx_lab_down(const char *name, bool end, double seconds, struct rx_err *err)
{
	return take_down(name, end, seconds, false, err);
}

int rx_lab_clear(const char *name, struct rx_err *err)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool keep = !rx_ledger_open(name, false, &ledger, &ignored) && ledger.kept;

	rx_ledger_close(&ledger);
	return take_down(name, false, RX_HOLDERS_WAIT, keep, err);
}
