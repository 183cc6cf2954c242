/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal that grew by hours of churn, rewritten. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns/ledger/ledger.h"

static int write_live(struct rx_ledger *to, const struct rx_ledger *from, struct rx_err *err)
{
	size_t i;

	if (rx_journal_append(to->fd, from->header.lab, rx_ledger_header_to_json(&from->header),
			      err))
		return -err->code;
	for (i = 0; i < from->attachments.n; i++)
		if (rx_ledger_attach(to, from->attachments.list[i].node,
				     &from->attachments.list[i].container, err))
			return -err->code;
	for (i = 0; i < from->n; i++) {
		const struct rx_entry *entry = &from->entries[i];
		size_t id;

		if (entry->state == RX_ENTRY_UNDONE)
			continue;
		if (rx_ledger_intent(to, &entry->op, &id, err) ||
		    (entry->state == RX_ENTRY_DONE && rx_ledger_done(to, id, &entry->op, err)))
			return -err->code;
	}
	if (from->complete)
		return rx_ledger_complete(to, err);
	return from->kept ? rx_ledger_ending(to, true, err) : 0;
}

int rx_ledger_compact(struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_ledger fresh = {.fd = -1,
				  .header = ledger->header,
				  .mutex = PTHREAD_MUTEX_INITIALIZER};
	char path[300], aside[300];

	rx_ledger_path(ledger->header.lab, "ledger", path, sizeof(path));
	rx_ledger_path(ledger->header.lab, "ledger.new", aside, sizeof(aside));
	unlink(aside);
	fresh.fd = rx_journal_open(aside, O_CREAT | O_EXCL, err);
	if (fresh.fd < 0 || write_live(&fresh, ledger, err) ||
	    (rename(aside, path) &&
	     rx_fail(err, "state-write", errno, "%s: cannot rename: %s", aside, strerror(errno)))) {
		unlink(aside);
		rx_ledger_close(&fresh);
		return -err->code;
	}
	rx_ledger_close(ledger);
	*ledger = fresh;
	return 0;
}
