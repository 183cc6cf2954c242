/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which labs there are. */
#ifndef RXELAB_NETNS_LEDGER_LIST_H
#define RXELAB_NETNS_LEDGER_LIST_H

#include <stddef.h>

#include "netns/base/error.h"

/* Names of all labs, NULL-terminated, sorted; free with rx_names_free. */
int rx_ledger_list(char ***names, size_t *n, struct rx_err *err);
void rx_names_free(char **names);
/* A name that may be a lab's: nothing that could leave the state folder. RX_USAGE otherwise. */
int rx_ledger_check_name(const char *name, struct rx_err *err);
/* "LAB/ENDPOINT" -> the lab's name, which is judged, and the endpoint's, which lies in operand. */
int rx_ledger_split(const char *operand, char lab[64], const char **endpoint, struct rx_err *err);

#endif
