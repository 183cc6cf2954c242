/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which UDP sockets a namespace has, by NETLINK_SOCK_DIAG (udp_diag). */
#ifndef RXELAB_NETNS_KERNEL_SOCKDIAG_H
#define RXELAB_NETNS_KERNEL_SOCKDIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "netns/base/error.h"

#define RX_ROCE_PORT 4791 /* RoCE v2: IANA, ROCE_V2_UDP_DPORT in include/rdma/ib_verbs.h */

/* Whether the namespace at netns_path ("": the caller's) has a UDP socket of family (AF_INET,
 * AF_INET6) bound to port. Returns 1, 0, or -errno; -ENOENT: this kernel has no udp_diag. */
int rx_udp_socket_open(const char *netns_path, int family, uint16_t port, struct rx_err *err);

#endif
