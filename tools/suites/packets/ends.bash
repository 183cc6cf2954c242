# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the cases here: RXE on one end of a veth pair, where every kernel has its sockets, and the other end in a namespace, from
# which datagrams come. Nothing of it leaves the guest.
harmless 'rxe|infiniband'
ends() {
	ip link add t-a0 type veth peer name t-b0 && ip netns add t-b && ip link set t-b0 netns t-b &&
		ip address add 10.99.0.1/24 dev t-a0 && ip link set t-a0 up &&
		ip -n t-b address add 10.99.0.2/24 dev t-b0 && ip -n t-b link set t-b0 up &&
		rdma link add t-a type rxe netdev t-a0 && within 10 own_gid && arrived=$(counter '' t-a0 rx_packets)
}
own_gid() { grep -l 0000:0000:0000:0000:0000:ffff /sys/class/infiniband/t-a/ports/1/gids/* 2>/dev/null | grep -q .; }
gid() { basename "$(grep -l 0000:0000:0000:0000:0000:ffff /sys/class/infiniband/t-a/ports/1/gids/* 2>/dev/null | head -n 1)"; }
# pair N: ibv_rc_pingpong of the device with itself, N times; its processes are in $pair
pair() {
	ibv_rc_pingpong -n "$1" -d t-a -g "$(gid)" >"$WORK/server" 2>&1 &
	pair=$!
	within 10 sh -c 'ss -Hltn | grep -q :18515' || return 1
	ibv_rc_pingpong -n "$1" -d t-a -g "$(gid)" 127.0.0.1 >"$WORK/client" 2>&1 &
	pair="$pair $!"
}
packets() { cat /sys/class/infiniband/t-a/ports/1/hw_counters/sent_pkts; }
# traffic: endless, while datagrams come, so that some of them are for QPs that there are
traffic() {
	pair 1000000000 && within 10 sh -c '[ "$(cat /sys/class/infiniband/t-a/ports/1/hw_counters/sent_pkts)" -gt 200 ]'
}
came() { within 10 eval "[ \$((\$(counter '' t-a0 rx_packets) - arrived)) -ge $1 ]"; }
ends_away() {
	# shellcheck disable=SC2086 # two numbers
	kill -9 $pair && wait $pair
} 2>/dev/null
works() {
	# shellcheck disable=SC2086
	pair 100 && wait $pair || { cat "$WORK/server" "$WORK/client"; return 1; }
}
away() {
	rdma link delete t-a
	ip link del t-a0
	ip netns del t-b
	within 10 sh -c '! rdma link | grep -q "^link t-a/"'
}
