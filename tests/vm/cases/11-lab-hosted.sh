# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab of four on eth0 where RXE works in init_net only: the endpoints are whole all the same.
. ./lib.sh
for_plane hosted
# but for what every netdev has by itself
main() { { ip route; ip -6 route; ip route show table local; ip -6 route show table local; } | grep -vE '^(multicast|(local |anycast )?fe80::)'; }
main >"$WORK/main"
does "up makes four endpoints" rxelab up --name quad --parent eth0 --count 4 --subnet6 fd77::/64
look quad
is "the plane is hosted" hosted "${lab[plane]}"
has "and inspect says why" '[a-z]' "${lab[plane_reason]}"
is "ip netns shows four namespaces" 4 "$(ip netns list | grep -c '^rxl\.quad\.ep[1-4]\b')"
main >"$WORK/main.up"
is "the host's own routes are as before" "" "$(diff "$WORK/main" "$WORK/main.up")"
gids=''
for n in 1 2 3 4; do
	dev=${lab[ep$n.netdev]} rdma_dev=${lab[ep$n.rdma_dev]} rxe=${lab[ep$n.rxe_netdev]} wire=${lab[ep$n.wire_netdev]} ns=rxl.quad.ep$n
	has "ep$n: its netdev is in its namespace" 'state UP.*macvlan' "$(ip -n $ns -d -o link show dev "$dev")"
	has "ep$n: with its address" "inet 10\.77\.0\.$n/24" "$(ip -n $ns -o -4 address show dev "$dev")"
	has "ep$n: and its IPv6 address" "inet6 fd77::$n/64" "$(ip -n $ns -o -6 address show dev "$dev")"
	has "ep$n: the wire's netdev is a macvlan in init_net" 'state UP.*macvlan mode bridge' "$(ip -d -o link show dev "$wire")"
	is "ep$n: with the same MAC" "$(ip netns exec $ns cat "/sys/class/net/$dev/address")" "$(cat "/sys/class/net/$wire/address")"
	is "ep$n: and the same ifindex" "${lab[ep$n.ifindex]}" "$(cat "/sys/class/net/$wire/ifindex")"
	has "ep$n: rdma shows its link, active" "$rdma_dev/1 state ACTIVE.*netdev $rxe" "$(rdma link show "$rdma_dev/1")"
	port=/sys/class/infiniband/$rdma_dev/ports/1
	is "ep$n: inspect's GID is sysfs's" "$(cat "$port/gids/${lab[ep$n.gid_index]}")" "${lab[ep$n.gid]}"
	is "ep$n: and that of its own netdev" "$dev" "$(cat "$port/gid_attrs/ndevs/${lab[ep$n.gid_index]}")"
	gids+="${lab[ep$n.gid]} "
done
is "four GIDs, all different" 4 "$(printf '%s\n' $gids | sort -u | wc -l)"
sent() { counter '' "${lab[ep2.wire_netdev]}" tx_packets; }
received() { counter '' "${lab[ep1.wire_netdev]}" rx_packets; }
tx=$(sent) rx0=$(received)
does "ibv_rc_pingpong from ep2 to ep1, payload checked" pingpong quad ep1 ep2
has "and it crossed both netdevs" '^1 1$' "$(($(sent) - tx > 100)) $(($(received) - rx0 > 100))"
between quad rping 'rping -s -C 3 -a 0.0.0.0' 'rping -c -C 3 -a 10.77.0.1' 7174
between quad rping 'rping -s -C 3 -a ::' 'rping -c -C 3 -a fd77::1' 7174
does "ping" rxelab exec quad/ep2 -- ping -c 2 -W 2 ep1
is "in an endpoint there is its own device node only" 1 "$(rxelab exec quad/ep3 -- sh -c 'ls /dev/infiniband | grep -c uverbs')"
verify_all quad 4 all
# what somebody takes away is named, and mended
drift() { rxelab inspect quad --json | json '[d["endpoints"][0]["drift"]] + [i["drift"] for i in d["endpoints"][0]["interfaces"]]'; }
for gone in "ip -n rxl.quad.ep1 link del ${lab[ep1.netdev]}" "ip link del ${lab[ep1.wire_netdev]}" "ip link del ${lab[ep1.rxe_netdev]}" \
	"rdma link delete ${lab[ep1.rdma_dev]}"; do
	does "$gone" $gone
	has "... inspect names ${gone##* }" "\b${gone##* }\b" "$(drift)"
	does "... up mends it" rxelab up --name quad --parent eth0 --count 4 --subnet6 fd77::/64
	is "... inspect finds nothing" "[None, None]" "$(drift)"
	verified quad "... and it carries traffic" rc-send,ipv6,cm --pairs ep1:ep2,ep2:ep1
done
wire quad ep1
for gone in "tc filter del dev $dev ingress" "ip rule del oif $dev" "ip -6 rule del oif $dev" "ip rule del pref 10"; do
	does "$gone" $gone
	has "... inspect names it" "\b($dev|0x[0-9a-f]+)\b" "$(drift)"
	does "... up mends it" rxelab up --name quad --parent eth0 --count 4 --subnet6 fd77::/64
	is "... inspect finds nothing" "[None, None]" "$(drift)"
	verified quad "... and it carries traffic" rc-send,ipv6 --pairs ep1:ep2,ep2:ep1
done
does "down" rxelab down quad
