# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several segments and routers: forwarded RoCE, counted by the router.
. ./lib.sh
if [ "$EXPECT_PLANE" = hosted ]; then
	refuses_as "routers without namespaces" 4 routers-need-netns "control: none" \
		rxelab up --name t --parent none --topology dumbbell --count 2 --control none
	is "nothing was made" "" "$(ip -o link | grep rxl)"
fi
tests=ledger,gid-distinct,port-active,path,rc-send,cm
does "dumbbell: up" rxelab up --name bell --parent none --topology dumbbell --count 4
read -r name router < <(rxelab inspect bell --json | json '"%s %s" % (d["routers"][0]["name"], d["routers"][0]["netns"].split("/")[-1])')
forwarded() { ip netns exec "$router" awk '/^Ip: [0-9]/ { print $7 }' /proc/net/snmp; }
before=$(forwarded)
does "dumbbell: all pairs" rxelab verify bell --tests $tests
has "dumbbell: the router forwarded" '^1$' "$(($(forwarded) > before + 100))"
does "dumbbell: 1 % loss on the bottleneck" rxelab impair bell/bottleneck --loss 1%
does "dumbbell: verify under loss" rxelab verify bell --tests rc-send
ip -n "$router" link set lo down
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=0
said=$(timeout 60 "$rx" verify bell --tests rc-send --pairs ep1:ep3 --format tap 2>&1)
is "dumbbell: a router that does not forward fails the pair" 1 $?
has "and is named" "\b$name\b.*forward" "$said"
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1
netdev=$(ip -n "$router" -o link | sed -nE 's/^[0-9]+: (rxl[^:@]*)[:@].*/\1/p' | head -n 1)
ip -n "$router" link set "$netdev" down
said=$(timeout 60 "$rx" verify bell --tests rc-send --pairs ep1:ep3 --format tap 2>&1)
is "dumbbell: a router whose netdev is down fails the pair" 1 $?
has "and is named, with the netdev" "\b$name\b.* $netdev .*down" "$said"
does "dumbbell: down" rxelab down bell
