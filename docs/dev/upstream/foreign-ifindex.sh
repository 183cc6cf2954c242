#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RXE looks up its route in init_net by the ifindex of a GID's netdev, which may belong to another network namespace. Then it
# sends by whatever netdev of init_net has that number. Exit 0: it does not (fixed in 7.1); 1: the bug.
# Needs root, iproute2 and ibv_rc_pingpong.
set -eu
clean() {
	for n in 1 2; do
		rdma link delete fi$n 2>/dev/null
		for dev in fia$n fix$n; do ip link del $dev 2>/dev/null; done
		ip address del 10.99.0.$n/32 dev lo 2>/dev/null
	done
	ip netns del fitest 2>/dev/null
}
trap clean EXIT
modprobe rdma_rxe
ip netns add fitest
ip -n fitest link set lo up
for n in 1 2; do
	# an RXE on a dummy, and above that a macvlan in the namespace: its address becomes a GID of the RXE
	ip link add fia$n type dummy
	ip link set fia$n up
	ip link add link fia$n name fiu$n netns fitest index $((4240 + n)) type macvlan mode bridge
	rdma link add fi$n type rxe netdev fia$n
	ip -n fitest link set fiu$n up
	ip -n fitest address add 10.99.0.$n/24 dev fiu$n
	# a stranger in init_net that happens to have the same number
	ip link add fix$n index $((4240 + n)) type dummy
	ip link set fix$n arp off up
	ip address add 10.99.0.$n/32 dev lo
done
gid() { # DEVICE NETDEV: index of its IPv4 GID
	local port=/sys/class/infiniband/$1/ports/1 g
	for g in 0 1 2 3 4 5 6 7; do
		[[ $(cat $port/gids/$g) == *ffff:0a63* ]] && [ "$(cat $port/gid_attrs/ndevs/$g 2>/dev/null)" = "$2" ] && echo $g && return
	done
}
for _ in $(seq 50); do [ -n "$(gid fi1 fiu1)" ] && [ -n "$(gid fi2 fiu2)" ] && break; sleep 0.1; done
for n in 1 2; do
	peer=$((3 - n))
	ip -n fitest neigh replace 10.99.0.$peer lladdr "$(ip netns exec fitest cat /sys/class/net/fiu$peer/address)" dev fiu$n
done
before=$(cat /sys/class/net/fix1/statistics/tx_packets)
timeout 20 ip netns exec fitest ibv_rc_pingpong -d fi1 -g "$(gid fi1 fiu1)" -n 1 >/dev/null 2>&1 &
for _ in $(seq 50); do ip netns exec fitest ss -Hltn | grep -q :18515 && break; sleep 0.1; done
timeout 20 ip netns exec fitest ibv_rc_pingpong -d fi2 -g "$(gid fi2 fiu2)" -n 1 127.0.0.1 >/dev/null 2>&1 || true
wait || true
after=$(cat /sys/class/net/fix1/statistics/tx_packets) other=$(cat /sys/class/net/fix2/statistics/tx_packets)
echo "frames that left by netdevs of init_net that have nothing to do with the devices: fix1 $((after - before)), fix2 $other"
[ $((after - before + other)) -eq 0 ]
