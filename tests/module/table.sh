# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What RXE can do here, found out by trying. One line for each capability: "CAPABILITY yes|no". Nothing fails.
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
can() { local name=$1; shift; if "$@" >/dev/null 2>&1; then echo "cap $name yes"; else echo "cap $name no"; fi; }

for i in 1 2; do ns $i; rxe $i; done
[ "$MODE" = shared ] || can "device born in its namespace" in_ns 1
moved() { in_ns 1 || { move 1 && move 2 && in_ns 1 && in_ns 2; }; }
[ "$MODE" = shared ] || can "device in its namespace (born or moved)" moved
can "QP1 there afterwards" has_qp1 1
can "rc between namespaces, IPv4" rc 1 2
FAMILY=6 can "rc between namespaces, IPv6" rc 1 2
can "uc" pair ibv_uc_pingpong 1 2
can "ud" pair ibv_ud_pingpong 1 2
can "rping (rdma_cm), IPv4" rping_ 1 2
FAMILY=6 can "rping (rdma_cm), IPv6" rping_ 1 2
can "perftest -R" perftest_cm 1 2
move_back() { ip netns exec n1 rdma dev set rxe1 netns init0 && move 1; }
multicast() {
	ip -n n1 route add 224.0.0.0/4 dev m1; ip -n n2 route add 224.0.0.0/4 dev m2
	ip netns exec n1 timeout 20 mckey -m 239.9.9.9 -b 10.0.0.1 -C 5 & local p=$!
	until_ 10 bash -c 'ip -n n1 maddr show dev m1 | grep -q 239.9.9.9' && ip netns exec n2 timeout 20 mckey -m 239.9.9.9 -b 10.0.0.2 -C 5 -s
	wait $p
}
can "multicast by rdma_cm (mckey)" multicast
if [ "$MODE" = exclusive ]; then
	can "moved out and in again" move_back
	can "rping after that" rping_ 1 2
fi
