/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_NETNS_KERNEL_ALL_NETNS_H
#define RXELAB_NETNS_KERNEL_ALL_NETNS_H

#include <stdbool.h>

/* Every network namespace of this host that can be seen, each once: first the calling thread's own
 * (path ""), then those that have a name (ip netns, Docker), then those that processes live in
 * (/proc/PID/ns/net). Those that only a descriptor holds are not seen. visit returns whether that
 * was enough; so does this. */
bool rx_netns_each(bool (*visit)(const char *path, void *arg), void *arg);

#endif
