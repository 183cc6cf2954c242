/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces: named ones under /run/netns (as ip netns keeps them) and entering them, per
 * thread. */
#ifndef RXELAB_NETNS_KERNEL_NS_H
#define RXELAB_NETNS_KERNEL_NS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netns/base/error.h"

#define RX_NETNS_DIR "/run/netns"

/* Open a namespace file. path "": the namespace of PID 1's network, init_net as this process
 * started in.
 * Returns a descriptor (caller closes) or -errno. */
int rx_ns_open(const char *path, struct rx_err *err);

/* Enter the namespace at path ("": stay), remembering the calling thread's own in *home (a
 * descriptor, -1 for ""). rx_ns_leave goes back and closes it; it aborts the process if the kernel
 * will not let it go home, since everything that followed would touch the wrong namespace. */
int rx_ns_enter(const char *path, int *home, struct rx_err *err);
void rx_ns_leave(int *home);

/* The cookie of the calling thread's network namespace, which no other gets until the next boot
 * (SO_NETNS_COOKIE, Linux 5.14; net_namespace.c, net_cookie), where an inode number goes to the
 * next namespace that is made. 0: the kernel does not tell. */
uint64_t rx_ns_cookie(void);

/* A detached mount of sysfs as seen from the namespace at path (fsopen(2), fsmount(2): Linux 5.2);
 * nothing of it shows in any mount table. Use with openat(2). Returns a descriptor or -errno. */
int rx_ns_sysfs(const char *path, struct rx_err *err);
/* Close it without waiting, where the closer was started: whoever closes a mount waits for a grace
 * period of RCU on every CPU (namespace_unlock, fs/namespace.c), 10 to 60 ms under emulation and
 * most of the time of looking at an endpoint. */
void rx_ns_sysfs_close(int fd);
/* Start the thread that waits instead, once. Call it at home: it stays in the namespace of the
 * calling thread, and would keep any other as long as this process lives. */
void rx_ns_start_closer(void);

#endif
