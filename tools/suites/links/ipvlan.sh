# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RXE on ipvlan: accepted; are the endpoints told apart, and does traffic flow?
# Kernel: RXE makes the node GUID of the netdev's MAC, which ipvlans share, and takes a packet for its own MAC as its own.
. ./lib.sh
needs namespace-data-path
harmless 'retry exceeded|non-flush error status|IPv6: .*duplicate'
modprobe ipvlan 2>/dev/null || skip_case "the kernel has no ipvlan"
guid() { ip netns exec t-$1 cat /sys/class/infiniband/t-$1/node_guid; }
for mode in l2 l3; do
	ip link add link eth0 name t-a0 type ipvlan mode $mode bridge
	ip link add link eth0 name t-b0 type ipvlan mode $mode bridge
	does "$mode: RXE at both ends" raw_ends
	[ "$(guid a)" != "$(guid b)" ]
	is "$mode: the node GUIDs differ" 0 $?
	raw_pingpong ibv_rc_pingpong 6 >/dev/null
	is "$mode: traffic flows" 0 $?
	raw_away
done
