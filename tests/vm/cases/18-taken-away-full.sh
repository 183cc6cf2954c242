# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 1500 s
# Whole endpoints where RXE works in init_net only: whatever somebody takes away of them, or spoils, inspect names with its
# endpoint, up mends, and then traffic goes through again. On a flat lab, and behind routers.
. ./lib.sh
for_plane hosted
drift() { rxelab inspect "$1" --json | json '"\n".join("%s: %s" % (e["name"], x["drift"]) for e in d["endpoints"] for x in [e] + e["interfaces"] if x["drift"])'; }
# taken LAB ENDPOINT PATTERN TESTS PAIRS COMMAND...: after COMMAND inspect names PATTERN at ENDPOINT, and again() mends it
taken() {
	local of=$1 who=$2 pattern=$3 tests=$4 pairs=$5 name
	shift 5
	name="$who: $*"
	name=${name//ip netns exec /}
	does "$name" "$@"
	has "... inspect names it" "^$who: .*$pattern" "$(drift "$of")"
	does "... up mends it" again
	is "... inspect finds nothing" "" "$(drift "$of")"
	verified "$of" "... and it carries traffic" "$tests" --pairs "$pairs"
}
again() { rxelab up --name quad --parent eth0 --count 2 --subnet6 fd77::/64; }
does "up" again
look quad
own=${lab[ep1.netdev]} wire=${lab[ep1.wire_netdev]} rxe=${lab[ep1.rxe_netdev]} ns=rxl.quad.ep1
table=$(ip rule | sed -nE "s/.* oif $wire lookup ([0-9]+).*/\1/p")
first=$(ip rule | sed -nE 's/.* fwmark 0x7278[0-9a-f]*\/0xffff0000 lookup ([0-9]+).*/\1/p')
has "the tables are there" '^[0-9]+ [0-9]+$' "$table $first"
flat() { taken quad ep1 "$1" rc-send,ipv6,cm ep1:ep2,ep2:ep1 "${@:2}"; }
flat "netdev $own is gone" ip -n $ns link del "$own"
flat "netdev $wire is gone" ip link del "$wire"
flat "netdev $rxe is gone" ip link del "$rxe"
flat "RXE device ${lab[ep1.rdma_dev]} is gone" rdma link delete "${lab[ep1.rdma_dev]}"
flat "filter of $wire" tc filter del dev "$wire" ingress
flat "filter of .* or $rxe" tc qdisc del dev "$rxe" clsact
flat "IPv4 rule of $wire" ip rule del oif "$wire"
flat "IPv6 rule of $wire" ip -6 rule del oif "$wire"
flat "IPv4 rule of mark" ip rule del pref 10 lookup "$first"
flat "IPv6 rule of mark" ip -6 rule del pref 10 lookup "$first"
flat "route to 10\.77\.0\.0/24 on $wire in table $table" ip route del 10.77.0.0/24 dev "$wire" table "$table"
flat "route to fd77::/64 on $wire in table $table" ip -6 route del fd77::/64 dev "$wire" table "$table"
flat "route to 10\.77\.0\.1/32 on $rxe in table $first" ip route del local 10.77.0.1 dev "$rxe" table "$first"
flat "route to fd77::1/128 on $rxe in table $first" ip -6 route del local fd77::1 dev "$rxe" table "$first"
flat "route to 10\.77\.0\.0/24 on $wire in table $table" ip route flush table "$table"
flat "address 10\.77\.0\.1/24 is gone from $own" ip -n $ns address del 10.77.0.1/24 dev "$own"
flat "address 10\.77\.0\.1/32 is gone from $wire" ip address del 10.77.0.1/32 dev "$wire"
flat "address 10\.77\.0\.1/32 is gone from $rxe" ip address del 10.77.0.1/32 dev "$rxe"
flat "address fd77::1/128 is gone from $rxe" ip address del fd77::1/128 dev "$rxe"
flat "address 10\.77\.0\.1 of $wire for its own" sh -c "ip link set $wire down && ip link set $wire up"
flat "address fd77::1/128 is gone from $rxe" sh -c "ip link set $rxe down && ip link set $rxe up"
flat "address fd77::1/64 is gone from $own" sh -c "ip -n $ns link set $own down && ip -n $ns link set $own up"
flat "ifindex of $own is [0-9]+ and that of $wire" \
	sh -c "ip -n $ns link set $own netns 1 && ip link set $own netns $ns && ip -n $ns link set $own up"
flat "namespace .*$ns is gone" ip netns del $ns
does "down" rxelab down quad

# of one endpoint, and no rule that names its netdev is left: its numbers are the record's, so nothing else is made again
again() { rxelab up --name lone --parent eth0 --count 1; }
numbers() { { ip rule; ip -6 rule; } | grep -E "lookup [0-9]{10}" | sort; cat "/sys/class/net/${lab[ep1.wire_netdev]}/ifindex"; }
does "up with one endpoint" again
look lone
before=$(numbers)
does "every rule of ${lab[ep1.wire_netdev]} is gone" ip rule del oif "${lab[ep1.wire_netdev]}"
has "... inspect names it" "^ep1: .*IPv4 rule of ${lab[ep1.wire_netdev]}" "$(drift lone)"
does "... up mends it" again
is "... with the same tables and netdev" "$before" "$(numbers)"
is "... inspect finds nothing" "" "$(drift lone)"
does "down" rxelab down lone

# behind a router the endpoint has a route more, twice
printf 'name: routed\nparent: none\nnetworks:\n  red: {subnet: 10.1.0.0/24, link: veth}\n  blue: {subnet: 10.2.0.0/24, link: veth}\nrouters:\n  - {name: r1, networks: [red, blue]}\nendpoints:\n  - {name: a, network: red}\n  - {name: b, network: blue}\n' >"$WORK/routed.yaml"
again() { rxelab up "$WORK/routed.yaml"; }
does "up with a router" again
look routed
own=${lab[a.netdev]} wire=${lab[a.wire_netdev]} ns=rxl.routed.a
table=$(ip rule | sed -nE "s/.* oif $wire lookup ([0-9]+).*/\1/p")
behind() { taken routed a "$1" rc-send,cm a:b,b:a "${@:2}"; }
behind "route to 10\.2\.0\.0/24 on $wire in table $table" ip route del 10.2.0.0/24 dev "$wire" table "$table"
behind "route to 10\.2\.0\.0/24 on $own in table 254" ip -n $ns route del 10.2.0.0/24
behind "netdev $wire is gone" ip link del "$wire"
behind "netdev $own is gone" ip -n $ns link del "$own"
does "down" rxelab down routed
