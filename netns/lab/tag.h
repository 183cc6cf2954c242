/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What says whose a netdev is: its ifalias, "rxelab:LAB:NONCE". The nonce is that of the ledger, so
 * that a lab made again does not take what an earlier one of its name left for its own; labs made
 * before there were nonces have "rxelab:LAB". */
#ifndef RXELAB_NETNS_LAB_TAG_H
#define RXELAB_NETNS_LAB_TAG_H

#include <stdbool.h>

#include "netns/lab/lab.h"

#define RX_NONCE_SIZE 9     /* eight hex digits */
#define RX_TAG_SIZE 48      /* of the longest tag */
#define RX_TAG_HOST ".host" /* in place of the lab: what labs share */

struct rx_tag {
	char lab[RX_LAB_NAME_MAX + 1];
	char nonce[RX_NONCE_SIZE]; /* "" in a tag without one */
};

/* A nonce that nobody has. */
void rx_nonce_make(char nonce[RX_NONCE_SIZE]);
/* Returns buf. */
const char *rx_tag_text(const char *lab, const char *nonce, char buf[RX_TAG_SIZE]);
/* false: the alias is not a tag of ours. */
bool rx_tag_parse(const char *alias, struct rx_tag *tag);
/* The alias is a tag of the lab, whatever its nonce. */
bool rx_tag_names(const char *alias, const char *lab);

#endif
