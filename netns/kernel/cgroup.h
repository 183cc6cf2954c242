/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leave to use a device, given to a running process's control group. */
#ifndef RXELAB_NETNS_KERNEL_CGROUP_H
#define RXELAB_NETNS_KERNEL_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "netns/base/error.h"

/* Control groups of version 2 have no list of devices: container runtimes attach BPF programs
 * (BPF_CGROUP_DEVICE) that answer for each open(2), and a device may be used when every program on
 * the way from the process's group up to the root says yes. So each of them is replaced by itself
 * behind a few instructions that say yes, for reading and writing and not for mknod(2), to the
 * character device devt.
 * allow false: the same programs without those instructions; where they are not found nothing is
 * changed.
 * lab, owner: whose leave it is. A group on the way up may have other containers below it, and all
 * use rdma_cm: what one takes back is its own. pid: a process of the container. Returns 0, also
 * when no program stands in the way or the process is gone, or -errno. */
int rx_cgroup_device(pid_t pid, dev_t devt, const char *lab, const char *owner, bool allow,
		     struct rx_err *err);

#endif
