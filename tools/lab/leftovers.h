/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces and netdevs that no ledger accounts for, by their names and tags. */
#ifndef RXELAB_TOOLS_LAB_LEFTOVERS_H
#define RXELAB_TOOLS_LAB_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/lab/tag.h"

struct rx_leftover {
	const char *kind; /* "lab", "namespace", "netdev", "RXE device", "folder", "host" */
	char name[128];
	char reason[160];
	unsigned ifindex;
	char netns[128];           /* of a netdev; "" init_net */
	char lab[64];              /* of a namespace or netdev */
	char nonce[RX_NONCE_SIZE]; /* of a netdev's tag */
	bool foreign;              /* not provably ours, or wanted still: told, never touched */
	bool removed;
	const char *id; /* of what kept it (struct rx_err); NULL: nothing did */
	char problem[300];
};

struct rx_leftovers {
	struct rx_leftover *item; /* owned */
	size_t n;
};

struct rx_leftover *rx_leftover_add(struct rx_leftovers *list, const char *kind, const char *name,
				    const char *reason);
bool rx_leftover_has_lab(const char *name);
/* Namespaces, and netdevs in init_net and elsewhere. */
void rx_leftovers_find(struct rx_leftovers *list);
int rx_leftover_remove(const struct rx_leftover *item, struct rx_err *err);
/* Remove what was a lab's whose state folder is gone; nonce: its ledger's, "" where that cannot be
 * read. Goes on after a failure; returns the first one. */
int rx_leftovers_sweep(const char *lab, const char *nonce, struct rx_err *err);

#endif
