#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An RXE device that was moved to another network namespace has no QP1 any more. Exit 0: it has (fixed); 1: the bug; 2: this
# kernel moves no RXE device (before 7.3).
# Needs root, iproute2, and no other network namespace (the kernel changes the RDMA mode only then).
set -eu
clean() {
	ip netns del qp1test 2>/dev/null
	ip link del qp1dummy 2>/dev/null
	for _ in $(seq 100); do rdma system set netns shared 2>/dev/null && break; done # the namespace goes in a moment
}
trap clean EXIT
modprobe rdma_rxe
rdma system set netns exclusive
ip link add qp1dummy type dummy
ip link set qp1dummy up
ip netns add qp1test
ip link add qp1mac link qp1dummy netns qp1test type macvlan mode bridge
ip -n qp1test addr add 10.99.0.1/24 dev qp1mac
ip -n qp1test link set qp1mac up
ip netns exec qp1test rdma link add qp1rxe type rxe netdev qp1mac
echo "made:  $(rdma resource show qp link qp1rxe)"
rdma dev set qp1rxe netns qp1test || exit 2
echo "moved: $(ip netns exec qp1test rdma resource show qp link qp1rxe)"
dmesg | grep -E "qp1rxe.*(returned err|ib_mad QP1|open port)" || true
ip netns exec qp1test rdma resource show qp link qp1rxe | grep -q 'type GSI'
