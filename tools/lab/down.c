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

/* What is asked of a lab whose lock is held. */
struct errand {
	bool end;      /* the programs that hold its devices */
	bool leftover; /* only what an up or a down left half-way */
	double seconds;
};

/* A lab that stands, or its record that counts (*keep); it is looked at under its lock, for it may
 * have been made whole since somebody thought otherwise. */
static bool stands(const char *name, bool *keep)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool complete;

	if (rx_ledger_open(name, false, &ledger, &ignored))
		return false;
	complete = ledger.complete;
	*keep = ledger.kept;
	rx_ledger_close(&ledger);
	return complete;
}

static int take_down(const char *name, const struct errand *errand, struct rx_err *err)
{
	struct rx_err second = {0};
	bool keep = false;
	int lock, rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	lock = rx_lab_lock(name, 0, err);
	if (lock < 0)
		return lock;
	if (errand->leftover && stands(name, &keep)) {
		rx_unlock(name, lock, false);
		return 0;
	}
	rc = rx_lab_without_holders(name, errand->end, errand->seconds, 0, err);
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
	return take_down(name, &(struct errand){.end = end, .seconds = seconds}, err);
}

int rx_lab_clear(const char *name, struct rx_err *err)
{
	return take_down(name, &(struct errand){.leftover = true, .seconds = RX_HOLDERS_WAIT}, err);
}
