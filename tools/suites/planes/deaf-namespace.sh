# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two RXE devices in two namespaces: made, ACTIVE, with GIDs of their own. Does traffic flow?
# Kernel: before 7.1 the UDP 4791 sockets and the routes that RXE asks are init_net's, and nothing says so;
# 13f2a53c2a71 "RDMA/rxe: Add net namespace support for IPv4/IPv6 sockets" (7.1) mended it.
. ./lib.sh
harmless 'retry exceeded|non-flush error status|rxe_completer|moved to error state|Port: 1 Link (ACTIVE|DOWN)'
modprobe rdma_rxe
ip link add t-a0 type veth peer name t-b0
does "RXE at both ends" raw_ends
for side in a b; do has "t-$side is active" "t-$side/1 state ACTIVE" "$(ip netns exec t-$side rdma link)"; done
gid() { ip netns exec t-$1 cat "/sys/class/infiniband/t-$1/ports/1/gids/$(gid_index t-$1 t-$1)"; }
[ "$(gid a)" != "$(gid b)" ]
is "the GIDs differ" 0 $?
raw_pingpong ibv_rc_pingpong 8 >/dev/null
is "traffic flows" 0 $?
raw_away
