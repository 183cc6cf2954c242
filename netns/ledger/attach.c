/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints that attach or detach put somewhere else than the lab file says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/ledger/ledger-priv.h"

static int keep(struct rx_ledger *ledger, const char *node, const struct rx_container *container,
		struct rx_err *err)
{
	struct rx_attachment *grown;
	size_t i;

	for (i = 0; i < ledger->n_attachments && strcmp(ledger->attachments[i].node, node); i++)
		;
	if (i == ledger->n_attachments) {
		grown = realloc(ledger->attachments, (i + 1) * sizeof(*grown));
		if (!grown)
			return rx_fail(err, ENOMEM, "ledger of lab %s: out of memory",
				       ledger->header.lab);
		ledger->attachments = grown;
		ledger->n_attachments++;
		memset(&grown[i], 0, sizeof(grown[i]));
		snprintf(grown[i].node, sizeof(grown[i].node), "%s", node);
	}
	ledger->attachments[i].container = *container;
	return 0;
}

int rx_ledger_read_attachment(struct rx_ledger *ledger, const json_t *json, struct rx_err *err)
{
	struct rx_container container = {0};
	const char *node, *kind, *id, *netdev;

	if (json_unpack((json_t *)json, "{s:s,s:s,s:s,s:s}", "attach", &node, "kind", &kind, "id",
			&id, "netdev", &netdev))
		return rx_fail(err, EBADMSG,
			       "the ledger is damaged: an attachment lacks something");
	while (container.kind <= RX_CONTAINER_NETNS &&
	       strcmp(rx_container_kind_name(container.kind), kind))
		container.kind++;
	if (container.kind > RX_CONTAINER_NETNS)
		return rx_fail(err, EBADMSG,
			       "the ledger is damaged: attachment to an unknown kind of container "
			       "\"%s\"",
			       kind);
	snprintf(container.id, sizeof(container.id), "%s", id);
	snprintf(container.netdev, sizeof(container.netdev), "%s", netdev);
	return keep(ledger, node, &container, err);
}

int rx_ledger_attach(struct rx_ledger *ledger, const char *node,
		     const struct rx_container *container, struct rx_err *err)
{
	json_t *line = json_pack("{s:s,s:s,s:s,s:s}", "attach", node, "kind",
				 rx_container_kind_name(container->kind), "id", container->id,
				 "netdev", container->netdev);

	if (!line)
		return rx_fail(err, EINVAL,
			       "lab %s: endpoint \"%s\": the container's name is not UTF-8",
			       ledger->header.lab, node);
	return rx_ledger_append(ledger, line, err) || keep(ledger, node, container, err)
		       ? -err->code
		       : 0;
}

void rx_ledger_overlay(const struct rx_ledger *ledger, struct rx_lab *lab)
{
	size_t i, k;

	for (i = 0; i < ledger->n_attachments; i++)
		for (k = 0; k < lab->n_endpoints; k++)
			if (!strcmp(lab->nodes[k].name, ledger->attachments[i].node))
				rx_lab_set_container(&lab->nodes[k],
						     &ledger->attachments[i].container);
}
