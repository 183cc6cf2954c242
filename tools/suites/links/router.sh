# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two segments and one router between: RC and UD cross it, the TTL is 63 behind it, the router's counters move.
# Kernel: RXE asks the routes of its netdev's namespace (since 7.1) and sends with a TTL of 64 (rxe_net.c, prepare4).
. ./lib.sh
needs namespace-data-path
harmless 'entered promiscuous mode|left promiscuous mode|Port: 1 Link (ACTIVE|DOWN)'
ip netns add t-r
for side in a b; do
	ip link add t-${side}0 type veth peer name t-${side}1
	ip link set t-${side}1 netns t-r
done
does "RXE at both ends" raw_ends
n=0
for side in a b; do # from one segment of both to one each
	n=$((n + 1))
	ip -n t-$side address flush dev t-${side}0 scope global
	ip -n t-$side address add 10.99.$n.2/24 dev t-${side}0
	ip -n t-r address add 10.99.$n.1/24 dev t-${side}1
	ip -n t-r link set t-${side}1 up
	ip -n t-$side route add default via 10.99.$n.1
done
ip netns exec t-r sysctl -qw net.ipv4.ip_forward=1
does "the GIDs follow" within 5 eval 'gid_index t-a t-a 0a63:0102 && gid_index t-b t-b 0a63:0202'
forwarded() { ip netns exec t-r awk '/^Ip: [0-9]/ { print $7 }' /proc/net/snmp; }
before=$(forwarded)
ip netns exec t-b python3 -I -S "$PWD/links/ttl.py" >"$WORK/ttl" 2>&1 &
watcher=$!
does "the watcher listens" within 20 grep -q listening "$WORK/ttl"
for kind in rc ud; do does "ibv_${kind}_pingpong" raw_pingpong ibv_${kind}_pingpong 30 10.99.1.2 0a63:0102 0a63:0202; done
wait $watcher
has "TTL 63 behind the router" '^TTL 63$' "$(<"$WORK/ttl")"
has "the router forwarded" '^1$' "$(($(forwarded) > before + 400))"
raw_away
ip netns del t-r
