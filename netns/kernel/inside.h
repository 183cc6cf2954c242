/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing something to the files of a running container. */
#ifndef RXELAB_NETNS_KERNEL_INSIDE_H
#define RXELAB_NETNS_KERNEL_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "netns/base/error.h"

/* Whether pid is still a process of the network namespace with that inode: process numbers go to
 * others. */
bool rx_inside_alive(pid_t pid, uint64_t netns_inode);

/* Run work(arg, err) in the mount namespace of process pid with its root as "/", so that no
 * symbolic link of the container leads out of it; credentials and network namespace stay ours. It
 * runs in a thread of its own, since the way back would lose the caller's working directory.
 * Returns what work returned, or -ESRCH (err filled) when pid is no process of that network
 * namespace any more. */
int rx_inside_run(pid_t pid, uint64_t netns_inode, int (*work)(void *arg, struct rx_err *err),
		  void *arg, struct rx_err *err);

#endif
