# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Exclusive mode: four endpoints, every kind of traffic, moves in and out, namespaces that die, rmmod beneath it all.
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
both() { "$@" & local p=$!; rping_ 3 4; local r=$?; wait $p && return $r; }

for i in 1 2 3 4; do check "endpoint $i" endpoint $i; check "endpoint $i has QP1" has_qp1 $i; done
check "rc 1 2" rc 1 2
check "uc 2 3" pair ibv_uc_pingpong 2 3
check "ud 3 4" pair ibv_ud_pingpong 3 4
FAMILY=6 check "rc over IPv6 4 1" rc 4 1
check "rping 1 2" rping_ 1 2
FAMILY=6 check "rping over IPv6 2 1" rping_ 2 1
check "perftest -R 1 2" perftest_cm 1 2
check "rping in two pairs at once" both rping_ 1 2
kernel_quiet "four endpoints"

check "moved out to the host" ip netns exec n1 rdma dev set rxe1 netns init0
check "moved in again" move 1
check "QP1 is there again" has_qp1 1
check "rping after that" rping_ 1 2
check "RDMA device alone moved to another namespace" ip netns exec n1 rdma dev set rxe1 netns n3
check "and back" ip netns exec n3 rdma dev set rxe1 netns n1
check "rping after that" rping_ 2 1
kernel_quiet "moves"

check "link deleted inside" ip netns exec n1 rdma link delete rxe1
again() { until_ 10 rxe 1 && born 1; }
check "and made again" again
check "rping after that" rping_ 1 2
check "a multicast datagram for UDP 4791" mcast 2
ip netns exec n4 rdma dev set rxe4 netns n3
ip netns del n3
check "a device whose namespace dies while its netdev is elsewhere comes to the host" until_ 20 rdma dev show rxe4
check "and moves in again" move 4
check "rc after that" rc 4 2
ip netns del n4
gone4() { ! ls /sys/class/net/m4 >/dev/null 2>&1 && ! rdma dev | grep -q rxe4 && [ ! -e /run/netns/n4 ]; }
check "namespace with its netdev and device dies" until_ 20 gone4
check "the others do not care" rping_ 1 2
kernel_quiet "deaths" "ib_query_port failed"
check "rdma_rxe unloads beneath live devices" timeout 60 rmmod rdma_rxe
ip netns del n1; ip netns del n2
nothing() { gone && ! ip -br link | grep -q 'm[1-4]@'; }
check "nothing is left" until_ 20 nothing
kernel_quiet "rmmod" "ib_query_port failed"
finish
