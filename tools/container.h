/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers that run on this host, found by asking their own programs. */
#ifndef RXELAB_TOOLS_CONTAINER_H
#define RXELAB_TOOLS_CONTAINER_H

#include "../netns/facts.h"

/* The first process of a running container and its network namespace. -ESRCH (err filled): it does not run. -ENOENT or
 * -EIO: there is none of that name, or its program (lxc-info, podman, docker) fails or is not installed.
 * In a hook of LXC (LXC_NAME, LXC_PID in the environment) lxc-info would wait for the very hook: then LXC_PID is taken. */
int rx_container_find(const struct rx_container *container, struct rx_container_fact *fact, struct rx_err *err);

/* Of all nodes of a lab: *list has an element for each node, zero where there is no container or it does not run; the
 * caller frees it. NULL when no node has a container. */
int rx_containers_find(const struct rx_lab *lab, struct rx_container_fact **list, struct rx_err *err);

#endif
