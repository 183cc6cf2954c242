# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first contact with a neighbour that is not resolved yet costs no more than its ARP takes, a few milliseconds.
# Kernel: process_one_req() and set_timeout() (drivers/infiniband/core/addr.c): the resolver looks again after a second.
. ./lib.sh
needs namespace-data-path
harmless 'Port: 1 Link (ACTIVE|DOWN)'
# both ends resolve their peer, one after the other, so that it is two seconds; a process's start varies by less
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
timed() { # into $took
	local before
	before=$(now_ms)
	does "$1" raw_pingpong ibv_rc_pingpong 30 10.98.0.1
	took=$(($(now_ms) - before))
}
# what the two sides tell each other by TCP goes another way: it would make the neighbours known
ip link add t-a0 type veth peer name t-b0
does "RXE at both ends" raw_ends
ip link add t-a1 netns t-a type veth peer name t-b1 netns t-b
n=0
for side in a b; do
	n=$((n + 1))
	ip -n t-$side address add 10.98.0.$n/24 dev t-${side}1
	ip -n t-$side link set t-${side}1 up
done
timed "a first pingpong, which loads what it needs"
warm=
for i in 1 2; do
	timed "neighbours known: $i"
	[ -n "$warm" ] && [ "$warm" -lt $took ] || warm=$took
done
for side in a b; do ip -n t-$side neighbour flush dev t-${side}0; done
timed "neighbours unknown"
echo "# neighbours known: $warm ms, unknown: $took ms"
is "an unknown neighbour costs less than a second" 1 $((took - warm < 1000))
raw_away
