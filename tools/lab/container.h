/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers that run on this host, found by asking their own programs. */
#ifndef RXELAB_TOOLS_LAB_CONTAINER_H
#define RXELAB_TOOLS_LAB_CONTAINER_H

#include "netns/plan/facts.h"

/* The first process of a running container and its network namespace. -ESRCH (err filled): it does
 * not run. -ENOENT or -EIO: there is none of that name, or its program (lxc-info, podman, docker)
 * fails or is not installed.
 * lxc-info waits while a hook of the container runs. In that very hook (LXC_NAME, LXC_PID in the
 * environment) LXC_PID is taken; anywhere else -ESRCH after a while, since the hook may be waiting
 * for a lock that the caller holds. */
int rx_container_find(const struct rx_container *container, struct rx_container_fact *fact,
		      struct rx_err *err);

/* Of all nodes of a lab, or only of one: *list has an element for each node, zero where there is no
 * container, it does not run or was not looked for; the caller frees it. NULL when no node has a
 * container. */
int rx_containers_find(const struct rx_lab *lab, const char *only, struct rx_container_fact **list,
		       struct rx_err *err);

/* Of what /proc shows of a process, or of a namespace's file; 0: gone. */
ino_t rx_inode_of(const char *path);

#endif
