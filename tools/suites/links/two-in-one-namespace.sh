# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two macvlans with two RXE in ONE namespace: each its own GID, and traffic between them crosses the netdevs when bound.
# Kernel: one tunnel socket a namespace serves all its RXE devices (7.1 and later).
. ./lib.sh
needs namespace-data-path
modprobe macvlan
ip netns add t-a
for i in 1 2; do
	ip link add link eth0 name t-m$i type macvlan mode bridge
	ip link set t-m$i netns t-a
	ip -n t-a address add 10.99.$i.1/24 dev t-m$i
	ip -n t-a link set t-m$i up
	does "RXE $i" ip netns exec t-a rdma link add t-x$i type rxe netdev t-m$i
done
gid() { ip netns exec t-a cat /sys/class/infiniband/t-x$1/ports/1/gids/0; }
[ "$(gid 1)" != "$(gid 2)" ]
is "two GIDs" 0 $?
does "one goes" ip netns exec t-a rdma link delete t-x1
has "the other stays active" 't-x2/1 state ACTIVE' "$(ip netns exec t-a rdma link)"
has "and so does the socket" 4791 "$(ip netns exec t-a ss -Huln)"
does "the other goes" ip netns exec t-a rdma link delete t-x2
does "and with it the socket" within 5 sh -c '! ip netns exec t-a ss -Huln | grep -q :4791'
ip netns del t-a
