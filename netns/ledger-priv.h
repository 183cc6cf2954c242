/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by ledger.c and ledger-attach.c only. */
#ifndef RXELAB_NETNS_LEDGER_PRIV_H
#define RXELAB_NETNS_LEDGER_PRIV_H

#include "ledger.h"

/* Append a line with one write(2); takes json. */
int rx_ledger_append(struct rx_ledger *ledger, json_t *json, struct rx_err *err);
int rx_ledger_read_attachment(struct rx_ledger *ledger, const json_t *json, struct rx_err *err);

#endif
