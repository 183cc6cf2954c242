# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Veth pairs into a bridge: RC, UC, UD, SRQ; a secondary address has a GID of its own, over which traffic flows, too.
# Kernel: RXE on veth since 7.1 in a namespace; ib_core makes a GID of each address (roce_gid_mgmt.c), all versions.
. ./lib.sh
needs namespace-data-path
modprobe bridge
ip link add t-br type bridge
ip link set t-br up
for side in a b; do
	ip link add t-${side}0 type veth peer name t-${side}1
	ip link set t-${side}1 master t-br up
done
does "RXE at both ends" raw_ends
for kind in rc uc ud srq; do does "ibv_${kind}_pingpong" raw_pingpong ibv_${kind}_pingpong; done
ip -n t-a address add 10.99.1.1/24 dev t-a0
ip -n t-b address add 10.99.1.2/24 dev t-b0
first=$(gid_index t-a t-a)
does "the secondary addresses have GIDs" within 5 eval 'gid_index t-a t-a 0a63:0101 && gid_index t-b t-b 0a63:0102'
second=$(gid_index t-a t-a 0a63:0101)
[ -n "$second" ] && [ "$first" != "$second" ]
is "with an index of their own" 0 $?
does "RC over them" raw_pingpong ibv_rc_pingpong 30 10.99.1.1 0a63:0101 0a63:0102
raw_away
ip link del t-br
