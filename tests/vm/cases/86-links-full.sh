# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every link and parent: each lab comes up, carries verbs and rdma_cm traffic over IPv4 and IPv6, goes without a trace.
. ./lib.sh
tests=gid-distinct,port-active,path,rc-send,cm,ipv6
lab() { # NAME OPTION...
	local name=$1
	shift
	does "$name: up ($*)" rxelab up --name "$name" --count 2 "$@"
	does "$name: verify" rxelab verify "$name" --tests $tests
	does "$name: down" rxelab down "$name"
	is "$name: nothing left" "" "$(ip -o link | grep rxl)"
}
lab macvlan --parent eth0 --subnet6 fd77::/64
lab veth --parent eth0 --link veth
lab vlan --parent eth0 --vlan 20
lab vlan-veth --parent eth0 --vlan 20 --link veth
lab none --parent none
lab none-veth --parent none --link veth --mtu 9000
refuses_as "MTU above the parent's" 1 mtu-too-large "4200 eth0 1500" \
	rxelab up --name m --parent eth0 --count 2 --mtu 4200
lab mtu --parent eth0 --mtu 4200 --raise-parent-mtu
has "the parent's MTU is back" 'mtu 1500' "$(ip link show eth0)"
modprobe bridge
ip link add vmbr0 type bridge
ip link set eth0 master vmbr0
ip link set vmbr0 up
refuses_as "a port of a bridge" 1 parent-unusable "eth0 bridge vmbr0" rxelab up --name p --parent eth0 --count 2
lab bridge --parent vmbr0
lab bridge-veth --parent vmbr0 --link veth
lab given --bridge vmbr0
lab bridge-vlan --parent vmbr0 --vlan 30
ip link set eth0 nomaster
ip link delete vmbr0
if [ "$EXPECT_PLANE" = netns ]; then # before 7.1 the sockets are the module's
	# RXE cannot open its sockets: EPERM, which here has nothing to do with VLANs
	harmless 'Failed to create IPv[46] UDP tunnel'
	python3 -I -S -c 'import signal, socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 4791)); print("bound", flush=True)
signal.alarm(60); signal.pause()' >"$WORK/holder" &
	holder=$!
	within 20 grep -q bound "$WORK/holder"
	refuses_as "UDP port 4791 is taken" 1 rxe-sockets 4791 rxelab up --name taken --parent eth0 --count 2 --plane hosted
	kill $holder
	wait $holder 2>/dev/null
fi
does "hosted, four at once" rxelab up --name taken --parent eth0 --count 4 --plane hosted
does "hosted: down" rxelab down taken
