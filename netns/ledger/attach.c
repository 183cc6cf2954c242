/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/attach.h"

#include <errno.h>
#include <string.h>

#include "netns/base/memory.h"

void rx_attachments_keep(struct rx_attachments *attachments, const char *node,
			 const struct rx_container *container)
{
	struct rx_attachment *slot;
	size_t i;

	for (i = 0; i < attachments->n && strcmp(attachments->list[i].node, node); i++)
		;
	if (i == attachments->n) {
		slot = rx_array_add(&attachments->list, &attachments->n, sizeof(*slot));
		snprintf(slot->node, sizeof(slot->node), "%s", node);
	}
	attachments->list[i].container = *container;
}

int rx_attachments_read(struct rx_attachments *attachments, const json_t *json, struct rx_err *err)
{
	struct rx_container container = {0};
	const char *node, *kind, *id, *netdev;

	if (json_unpack((json_t *)json, "{s:s,s:s,s:s,s:s}", "attach", &node, "kind", &kind, "id",
			&id, "netdev", &netdev))
		return rx_fail(err, "ledger-damaged", EBADMSG,
			       "the ledger is damaged: an attachment lacks something");
	while (container.kind <= RX_CONTAINER_NETNS &&
	       strcmp(rx_container_kind_name(container.kind), kind))
		container.kind++;
	if (container.kind > RX_CONTAINER_NETNS)
		return rx_fail(err, "ledger-damaged", EBADMSG,
			       "the ledger is damaged: attachment to an unknown kind of container "
			       "\"%s\"",
			       kind);
	snprintf(container.id, sizeof(container.id), "%s", id);
	snprintf(container.netdev, sizeof(container.netdev), "%s", netdev);
	rx_attachments_keep(attachments, node, &container);
	return 0;
}

json_t *rx_attachment_to_json(const char *node, const struct rx_container *container)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "attach", node, "kind",
			 rx_container_kind_name(container->kind), "id", container->id, "netdev",
			 container->netdev);
}

void rx_attachments_overlay(const struct rx_attachments *attachments, struct rx_lab *lab)
{
	size_t i, k;

	for (i = 0; i < attachments->n; i++)
		for (k = 0; k < lab->n_endpoints; k++)
			if (!strcmp(lab->nodes[k].name, attachments->list[i].node))
				rx_lab_set_container(&lab->nodes[k],
						     &attachments->list[i].container);
}
