# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two macvlans with two RXE in ONE namespace: each its own GID, and each talks to another namespace over its own netdev.
# Kernel: one tunnel socket a namespace serves all its RXE devices (7.1 and later).
. ./lib.sh
needs namespace-data-path
modprobe macvlan
ip link add link eth0 name t-a0 type macvlan mode bridge
ip link add link eth0 name t-b0 type macvlan mode bridge
does "RXE 1, and one in another namespace" raw_ends
ip link add link eth0 name t-c0 type macvlan mode bridge
ip link set t-c0 netns t-a
ip -n t-a address add 10.99.1.1/24 dev t-c0
ip -n t-a link set t-c0 up
ip -n t-b address add 10.99.1.2/24 dev t-b0
does "RXE 2" ip netns exec t-a rdma link add t-c type rxe netdev t-c0
gid() { ip netns exec t-a cat "/sys/class/infiniband/$1/ports/1/gids/$(gid_index t-a "$1")"; }
[ "$(gid t-a)" != "$(gid t-c)" ]
is "two GIDs" 0 $?
for n in 0:t-a 1:t-c; do
	dev=${n#*:} before=$(counter t-a "${dev}0" tx_packets)
	does "RC to $dev" raw_pingpong ibv_rc_pingpong 30 10.99.${n%:*}.1 0a63:0${n%:*}01 0a63:0${n%:*}02 "$dev"
	has "... over its own netdev" '^1$' "$(($(counter t-a "${dev}0" tx_packets) > before + 100))"
done
does "one goes" ip netns exec t-a rdma link delete t-a
has "the other stays active" 't-c/1 state ACTIVE' "$(ip netns exec t-a rdma link)"
has "and so does the socket" 4791 "$(ip netns exec t-a ss -Huln)"
does "the other goes" ip netns exec t-a rdma link delete t-c
does "and with it the socket" within 5 sh -c '! ip netns exec t-a ss -Huln | grep -q :4791'
raw_away
