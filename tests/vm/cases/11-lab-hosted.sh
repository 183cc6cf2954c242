# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab of four on eth0 where RXE works in init_net only: netdevs and devices stay there, programs run in namespaces.
. ./lib.sh
for_plane hosted
does "up makes four endpoints" rxelab up --name quad --parent eth0 --count 4
look quad
is "the plane is hosted" hosted "${lab[plane]}"
has "and inspect says why" '[a-z]' "${lab[plane_reason]}"
is "ip netns shows four namespaces" 4 "$(ip netns list | grep -c '^rxl\.quad\.ep[1-4]\b')"
gids=''
for n in 1 2 3 4; do
	dev=${lab[ep$n.netdev]} rdma_dev=${lab[ep$n.rdma_dev]}
	has "ep$n: a macvlan in bridge mode in init_net" 'state UP.*macvlan mode bridge' "$(ip -d -o link show dev "$dev")"
	has "ep$n: its address" "inet 10\.77\.0\.$n/" "$(ip -o -4 address show dev "$dev")"
	has "ep$n: rdma shows its link, active" "$rdma_dev/1 state ACTIVE.*netdev $dev" "$(rdma link show "$rdma_dev/1")"
	is "ep$n: the netdev accepts what this host sent" "1 1 2" "$(cd "/proc/sys/net/ipv4/conf/$dev" &&
		cat accept_local arp_ignore arp_announce | xargs)"
	gid=$(cat "/sys/class/infiniband/$rdma_dev/ports/1/gids/${lab[ep$n.gid_index]}")
	is "ep$n: inspect's GID is sysfs's" "$gid" "${lab[ep$n.gid]}"
	has "ep$n: a control address in its namespace" "inet ${lab[ep$n.control_ipv4]}" \
		"$(ip -n "rxl.quad.ep$n" -o -4 address)"
	gids+="$gid "
done
is "four GIDs, all different" 4 "$(printf '%s\n' $gids | sort -u | wc -l)"
sent() { counter '' "${lab[ep2.netdev]}" tx_packets; }
received() { counter '' "${lab[ep1.netdev]}" rx_packets; }
tx=$(sent) rx0=$(received)
does "ibv_rc_pingpong from ep2 to ep1, payload checked" pingpong quad ep1 ep2
has "and it crossed both netdevs" '^1 1$' "$(($(sent) - tx > 100)) $(($(received) - rx0 > 100))"
is "in an endpoint there is its own device node only" 1 "$(rxelab exec quad/ep3 -- sh -c 'ls /dev/infiniband | grep -c uverbs')"
verify_all quad 4 all
does "down" rxelab down quad
