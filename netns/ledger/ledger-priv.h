/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef RXELAB_NETNS_LEDGER_LEDGER_PRIV_H
#define RXELAB_NETNS_LEDGER_LEDGER_PRIV_H

#include "netns/ledger/ledger.h"

/* Append a line with one write(2); takes json. */
int rx_ledger_append(struct rx_ledger *ledger, json_t *json, struct rx_err *err);
json_t *rx_ledger_header_to_json(const struct rx_ledger_header *header);
/* Open the journal at path for appending. */
int rx_ledger_open_journal(struct rx_ledger *ledger, const char *path, int flags,
			   struct rx_err *err);
int rx_ledger_read_attachment(struct rx_ledger *ledger, const json_t *json, struct rx_err *err);

#endif
