# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mckey, librdmacm's own: what one sends to a group another receives, over macvlans on a bridge.
# Kernel: rdma_join_multicast() on RoCE (cma_iboe_join_multicast), IGMP by the netdev, rxe_mcast_add().
. ./lib.sh
needs namespace-data-path
command -v mckey >/dev/null || skip_case "rdmacm-utils is not installed"
harmless 'non-flush error status'
modprobe bridge
ip link add t-br type bridge
ip link set t-br up
does "up" rxelab up --name mk --parent t-br --count 2 --rdma-netns shared
address() { ip -n "rxl.mk.$1" -4 -o address show scope global | awk '{ sub("/.*", "", $4); print $4; exit }'; }
timeout 60 ip netns exec rxl.mk.ep1 stdbuf -oL mckey -m 239.1.2.3 -b "$(address ep1)" -C 2 >"$WORK/receiver" 2>&1 &
receiver=$!
does "the receiver has joined" within 20 grep -q joined "$WORK/receiver"
timeout 60 ip netns exec rxl.mk.ep2 mckey -m 239.1.2.3 -b "$(address ep2)" -C 2 -s >"$WORK/sender" 2>&1
is "the sender ends well" 0 $?
wait $receiver
is "the receiver has got every datagram" 0 $?
sed 's/^/# receiver: /' "$WORK/receiver"
sed 's/^/# sender: /' "$WORK/sender"
does "down" rxelab down mk
ip link del t-br
