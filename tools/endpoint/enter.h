/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Become a process of an endpoint: its namespaces, devices, names, environment; for exec, shell and
 * doctor. */
#ifndef RXELAB_TOOLS_ENDPOINT_ENTER_H
#define RXELAB_TOOLS_ENDPOINT_ENTER_H

#include <pwd.h>

#include "netns/view/view.h"

struct rx_enter {
	const struct rx_view *view;
	const struct rx_node_view *node;
	const struct passwd *user; /* become this user, for good; NULL: stay */
	int keep_fd;               /* a descriptor above 2 that is not closed; 0: none */
};

/* The account of a name or a decimal uid; allocated, free(3) gives it back in one piece.
 * To be called before rx_enter: name services may need the host's network. */
struct passwd *rx_user_find(const char *name, struct rx_err *err);

/* The calling process (one thread) enters, and does not come back:
 *   network namespace of the endpoint (hosted with control: none: init_net), host name = the
 *   endpoint's name, /sys as seen from there, /dev/infiniband with its own uverbs nodes and
 *   rdma_cm, /etc/hosts with the lab's names, memlock unlimited, the endpoint's environment,
 *   descriptors above 2 closed, then the user.
 * Mounts are made in a mount namespace of its own; the host's later mounts still arrive, nothing
 * goes back. */
int rx_enter(const struct rx_enter *enter, struct rx_err *err);

/* execvp(3), with the statuses that shells give: 127 (no such command), 126 (cannot be run).
 * Returns only on failure. */
int rx_exec(char *const argv[], struct rx_err *err);

#endif
