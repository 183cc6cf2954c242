/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints that attach or detach put somewhere else than the lab file says. */
#ifndef RXELAB_NETNS_LEDGER_ATTACH_H
#define RXELAB_NETNS_LEDGER_ATTACH_H

#include <jansson.h>

#include "netns/base/error.h"
#include "netns/lab/lab.h"

struct rx_attachment {
	char node[RX_NODE_NAME_MAX + 1];
	struct rx_container container; /* RX_CONTAINER_NONE: its own namespace */
};

struct rx_attachments {
	struct rx_attachment *list; /* owned; one for each endpoint that was moved */
	size_t n;
};

void rx_attachments_keep(struct rx_attachments *attachments, const char *node,
			 const struct rx_container *container);
/* NULL: a name in it is not UTF-8. */
json_t *rx_attachment_to_json(const char *node, const struct rx_container *container);
int rx_attachments_read(struct rx_attachments *attachments, const json_t *json, struct rx_err *err);
/* Put the endpoints of a completed lab where attach and detach put them. */
void rx_attachments_overlay(const struct rx_attachments *attachments, struct rx_lab *lab);

#endif
