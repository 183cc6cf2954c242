/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs in an endpoint are told: environment variables and names for /etc/hosts. Pure: view
 * in, text out. */
#ifndef RXELAB_TOOLS_ENDPOINT_ENV_H
#define RXELAB_TOOLS_ENDPOINT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/view/view.h"

struct rx_env_item {
	const char *name;
	char *value; /* owned; NULL: not known (yet), e.g. the GID index of a lab that is not up */
};

struct rx_env {
	struct rx_env_item *item;
	size_t n;
};

/* RXELAB_* (always all of them) and UCX_*, NCCL_* (those whose value is known). */
void rx_env_of(const struct rx_view *view, const struct rx_node_view *node, struct rx_env *env);
void rx_env_free(struct rx_env *env);

/* Quote for a POSIX shell: plain words stay as they are, all else in single quotes. Caller
 * frees. */
char *rx_shell_quote(const char *text);

/* The address under which other endpoints reach this node by name: the first interface's. No prefix
 * length; "" if it has none. Returns buf. */
const char *rx_name_address(const struct rx_node_view *node, char *buf, size_t size);

/* /etc/hosts for the lab: every node by name (NODE, and NODE.NETWORK where it has several
 * interfaces), then `rest`, the host's own file, without a block that an outer `exec` put there.
 * Caller frees. */
char *rx_hosts_text(const struct rx_view *view, const char *rest);

/* A view of a lab that is not up: names and addresses as the lab file decides them, everything else
 * unknown (gid_index -1, uverbs ""). The plane is `hosted` only if the file says so. The lab moves
 * into the view; free it with rx_view_forecast_free. */
void rx_view_forecast(struct rx_lab *lab, struct rx_view *view);
void rx_view_forecast_free(struct rx_view *view);

#endif
