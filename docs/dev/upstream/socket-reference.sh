#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A 'rdma link add' that fails keeps a reference on the namespace's UDP 4791 sockets: they stay open after the last link
# was deleted. Exit 0: they are closed (fixed); 1: the bug. Needs root, iproute2.
set -eu
trap 'ip netns del socktest 2>/dev/null; ip link del sockdummy 2>/dev/null' EXIT
open() { ip netns exec socktest ss -Huln 'sport = :4791' | wc -l; }
modprobe rdma_rxe
modprobe -q udp_diag || true
ip link add sockdummy type dummy
ip link set sockdummy up
ip netns add socktest
for i in 1 2; do
	ip link add sockmac$i link sockdummy netns socktest type macvlan mode bridge
	ip -n socktest link set sockmac$i up
done
ip netns exec socktest rdma link add sockrxe type rxe netdev sockmac1
echo "one link:                 $(open) sockets"
ip netns exec socktest rdma link add sockrxe type rxe netdev sockmac2 || echo "the name is taken, as it should be"
# in exclusive mode the device is the host's
ip netns exec socktest rdma link delete sockrxe 2>/dev/null || rdma link delete sockrxe
end=$((SECONDS + 5))
while [ "$(open)" != 0 ] && [ $SECONDS -lt $end ]; do :; done
echo "after deleting that link: $(open) sockets (0 expected)"
[ "$(open)" = 0 ]
