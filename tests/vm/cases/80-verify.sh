# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# verify sees through sabotage and names the culprit, on either plane; it provokes the right errors; its formats and
# exit statuses are right.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|Link DOWN|GACT probability|netem: version'
does "up" rxelab up --name sabo --parent eth0 --count 3
look sabo
wire sabo ep2
# the endpoint's own netdev, which is another in the hosted plane
own=${lab[ep2.netdev]} inside=(ip netns exec rxl.sabo.ep2)
quick=ledger,gid-distinct,gid-owner,port-active,rdma-mtu,udp-4791,rc-send,path
details() { json '" | ".join("%s %s %s: %s" % (r["test"], r["from"], r["to"], r["detail"])
	for r in d["results"] if r["status"] == "fail")' "$WORK/v"; }
# caught NAME PATTERN: verify exits 1 within 30 s, some failure's detail matches, and ep1 and ep3 still reach each other
caught() {
	local began=$SECONDS
	timeout 60 "$rx" verify sabo --tests $quick --json >"$WORK/v" 2>"$WORK/v.err"
	is "$1: exit 1" 1 $?
	has "$1: within 30 s" '^1$' "$((SECONDS - began <= 30))"
	has "$1: the culprit is named" "$2" "$(details)"
	is "$1: the others still talk" 2 "$(json 'len([r for r in d["results"] if r["test"] == "rc-send" and
		r["status"] == "pass" and {r["from"], r["to"]} == {"ep1", "ep3"}])' "$WORK/v")"
}
mend() { rxelab recreate sabo >/dev/null 2>"$WORK/mend" || not_ok "recreate" "$(cat "$WORK/mend")"; }

does "a healthy lab passes" rxelab verify sabo --tests $quick
"${ns[@]}" ip link set "$dev" down
caught "netdev down" "rc-send .*ep2.*$dev.*down"
# the view is looked at only now that something has failed
timeout 60 "$rx" verify sabo --tests rc-send --pairs ep1:ep2 --json >"$WORK/v"
is "rc-send alone: exit 1" 1 $?
has "and the culprit is named" "rc-send ep1 ep2: .*ep2.*$dev.*down" "$(details)"
mend
"${inside[@]}" ip address del "${lab[ep2.ipv4]}" dev "$own"
caught "address removed" "rc-send .*ep2.* ${lab[ep2.ipv4]%/*}"
mend
"${ns[@]}" ip link set "$dev" address 02:11:22:33:44:55
caught "MAC changed" "rc-send ep1 ep2: .*12.* $dev of ep2.* $dev .*02:11:22:33:44:55"
mend
"${ns[@]}" tc qdisc add dev "$dev" root netem loss 100%
caught "everything lost" "rc-send ep2 ep1: .* ep2 .*[1-9][0-9]* .* $dev"
"${ns[@]}" tc qdisc del dev "$dev" root
"${ns[@]}" tc qdisc add dev "$dev" clsact 2>/dev/null # in the hosted plane it is there
if "${ns[@]}" tc filter add dev "$dev" ingress pref 1 protocol ip \
	flower ip_proto udp dst_port 4791 action drop 2>/dev/null; then
	caught "UDP 4791 dropped" "rc-send ep1 ep2: .* $dev of ep2 "
else
	skip "UDP 4791 dropped: no clsact and flower on this kernel"
fi
mend
"${inside[@]}" ip address add "${lab[ep3.ipv4]}" dev "$own"
timeout 60 "$rx" verify sabo --tests gid-owner --json >"$WORK/v"
has "an address on two endpoints" "gid-owner ep3 None: .* $own .* ep2" "$(details)"
mend
"${inside[@]}" ip link set "$own" mtu 1000
timeout 60 "$rx" verify sabo --tests rdma-mtu,ledger --json >"$WORK/v"
has "a different MTU" "rdma-mtu ep2 None: .*$own .*1000" "$(details)"
mend
if [ "$EXPECT_PLANE" = hosted ]; then rdma link delete rxl.sabo.ep2; else "${ns[@]}" rdma link delete rxl.sabo.ep2; fi
caught "RXE deleted" "rc-send .* rxl\.sabo\.ep2 "
mend
"${inside[@]}" ip link delete "$own"
caught "netdev deleted" "ledger ep2 None: .* $own "
mend

timeout 60 "$rx" verify sabo --tests negative --pairs ep1:ep2 --json >"$WORK/v"
is "the negative tests pass" 0 $?
said=$(json '" | ".join("%s %s" % (r["test"], r["detail"]) for r in d["results"])' "$WORK/v")
has "a wrong key is status 10" 'rkey-violation .*10 .*IBV_WC_REM_ACCESS_ERR' "$said"
has "an oversized SEND is status 11" 'oversized-send .*11 .*IBV_WC_REM_OP_ERR' "$said"
has "a dead peer is status 12" 'dead-peer .*12 .*IBV_WC_RETRY_EXC_ERR' "$said"
has "TAP has its plan" '^1\.\.1$' "$(rxelab verify sabo --tests rc-send --pairs ep1:ep2 --format tap)"
does "JUnit is XML" python3 -I -c 'import sys, xml.etree.ElementTree as t
assert t.fromstring(sys.argv[1]).find("testsuite").get("failures") == "0"' \
	"$(rxelab verify sabo --tests rc-send --format junit)"
refuses_as "an unknown endpoint is a usage error" 2 endpoint-unknown nobody rxelab verify sabo --pairs ep1:nobody
refuses_as "an unknown test is a usage error" 2 test-unknown rc-sent rxelab verify sabo --tests rc-sent
refuses "the total limit is 124" 124 'sabo.* 0\.001 ' rxelab verify sabo --timeout 0.001

timeout 100 "$rx" bench sabo --tests write-bw,tcp-bw,send-lat,tcp-lat --sizes 64k --duration 0.5 --json >"$WORK/b"
is "bench" 0 $?
to=$dev
wire sabo ep1
is "RDMA and TCP crossed the endpoints' netdevs" "$dev > $to" \
	"$(json '" ".join(sorted({r["path"] or "?" for r in d["results"]}))' "$WORK/b")"
is "every figure asked for is there" 4 "$(json 'len([r for r in d["results"] if r["status"] == "pass" and
	(r["bandwidth_MBps"] or {"average": 0})["average"] or (r["latency_us"] or {"median": 0})["median"]])' "$WORK/b")"
does "down" rxelab down sabo
