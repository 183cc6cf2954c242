# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A namespace whose RXE socket got a multicast datagram must still be able to die: the socket holds the route, the route
# holds lo, and closing the socket only after lo was waited for never ends.
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
needs_traffic mcast
for i in 1 2; do check "endpoint $i" endpoint $i; done
check "rc" rc 1 2
check "a multicast datagram for UDP 4791" mcast 2
check "another" mcast 1
ip netns del n1
ip netns del n2
# the next namespace cannot be cleaned up, nor rdma_rxe unloaded, while one waits
check "rdma_rxe unloads after they died" timeout 40 rmmod rdma_rxe
kernel_quiet "deaths" "ib_query_port failed"
finish
