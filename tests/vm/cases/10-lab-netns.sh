# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab of four on eth0 where RXE works inside a namespace: seen from outside, proved, gone.
. ./lib.sh
for_plane netns
does "up makes four endpoints" rxelab up --name quad --parent eth0 --count 4 --rdma-netns shared
look quad
is "the plane is netns" netns "${lab[plane]}"
has "list names the lab" '"quad"' "$(rxelab list --json)"
is "ip netns shows four namespaces" 4 "$(ip netns list | grep -c '^rxl\.quad\.ep[1-4]\b')"
gids='' macs=''
for n in 1 2 3 4; do
	ns=rxl.quad.ep$n
	dev=${lab[ep$n.netdev]}
	link=$(ip -n "$ns" -d -o link show dev "$dev")
	has "ep$n: a macvlan in bridge mode, up" 'state UP.*macvlan mode bridge' "$link"
	has "ep$n: 10.77.0.$n/24 as ip shows it" "inet 10\.77\.0\.$n/24" "$(ip -n "$ns" -o -4 address show dev "$dev")"
	mac=$(sed -E 's/.*link\/ether ([0-9a-f:]+).*/\1/' <<<"$link")
	is "ep$n: inspect's MAC is the netdev's" "$mac" "${lab[ep$n.mac]}"
	has "ep$n: rdma shows its link, active, on its netdev" "$ns/1 state ACTIVE.*netdev $dev" \
		"$(ip netns exec "$ns" rdma link show "$ns/1")"
	gid=$(ip netns exec "$ns" cat "/sys/class/infiniband/$ns/ports/1/gids/${lab[ep$n.gid_index]}")
	is "ep$n: inspect's GID is sysfs's" "$gid" "${lab[ep$n.gid]}"
	has "ep$n: RXE's port 4791 is open in its namespace" ':4791' "$(ip netns exec "$ns" ss -uln)"
	gids+="$gid " macs+="$mac "
done
is "four GIDs, all different" 4 "$(printf '%s\n' $gids | sort -u | wc -l)"
is "four MACs, all different" 4 "$(printf '%s\n' $macs | sort -u | wc -l)"
has "RXE's port is not open in the host's namespace" '^0$' "$(ss -uln | grep -c :4791)"

sent() { counter rxl.quad.ep2 "${lab[ep2.netdev]}" tx_packets; }
received() { counter rxl.quad.ep1 "${lab[ep1.netdev]}" rx_packets; }
tx=$(sent) rx0=$(received)
does "ibv_rc_pingpong from ep2 to ep1, payload checked" pingpong quad ep1 ep2
has "and it crossed both netdevs" '^1 1$' "$(($(sent) - tx > 100)) $(($(received) - rx0 > 100))"
is "in an endpoint there is its own device node only" 1 "$(rxelab exec quad/ep3 -- sh -c 'ls /dev/infiniband | grep -c uverbs')"
is "exec returns the command's status" 7 "$(rxelab exec quad/ep1 -- sh -c 'exit 7'; echo $?)"
verify_all quad 4 all
does "up again on the lab that is up" rxelab up --name quad --parent eth0 --count 4 --rdma-netns shared
verify_all quad 4
does "down" rxelab down quad
is "down again says there is no such lab" 1 "$(rxelab down quad 2>/dev/null; echo $?)"
