#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A namespace in which a 'rdma link add' failed can never die, once a multicast datagram for UDP 4791 has come in. Exit 0:
# it dies (fixed); 1: the bug, and then no other namespace of this boot can be cleaned up either: run it in a VM. Needs root, iproute2.
set -eu
modprobe rdma_rxe
dmesg -C
ip link add hangdummy type dummy
ip link set hangdummy up
for i in 1 2; do
	ip netns add hangtest$i
	ip -n hangtest$i link set lo up
	ip link add hangmac$i link hangdummy netns hangtest$i type macvlan mode bridge
	ip -n hangtest$i addr add 10.99.0.$i/24 dev hangmac$i
	ip -n hangtest$i link set hangmac$i up
done
ip link add hangmac3 link hangdummy netns hangtest1 type macvlan mode bridge
ip -n hangtest1 link set hangmac3 up
ip netns exec hangtest1 rdma link add hangrxe type rxe netdev hangmac1
ip netns exec hangtest1 rdma link add hangrxe type rxe netdev hangmac3 || echo "the name is taken, as it should be"
ip netns exec hangtest1 rdma link delete hangrxe 2>/dev/null || rdma link delete hangrxe
ip -n hangtest2 route add 224.0.0.0/4 dev hangmac2
ip netns exec hangtest2 bash -c 'echo x >/dev/udp/224.0.0.1/4791'
ip netns del hangtest1
# the kernel complains after ten seconds; the netdev goes with the namespace
end=$((SECONDS + 30))
until dmesg | grep 'unregister_netdevice: waiting for lo'; do
	[ $SECONDS -lt $end ] || break
done
ip netns del hangtest2
ip link del hangdummy
! dmesg | grep -q 'unregister_netdevice: waiting for lo'
