#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# foreign.sh: in the guest: what is not ours stays, whatever it is called and wherever it sits; something of ours that
# a stranger replaced is reported and left; a parent that goes, is renamed or moves away does not keep down from working.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
# the netdevs in init_net (hosted) or in the endpoint's namespace
inside() { if [ "$EXPECT_PLANE" = hosted ]; then "${@:2}"; else ip netns exec "rxl.mine.$1" "${@:2}"; fi; }
netdev_of() { inside "$1" ip -o link | sed -nE "s/^[0-9]+: (rxl[^:@]*-${1#ep})[:@].*/\1/p"; }
up() { rxelab up --name mine --parent "${1:-eth0}" --count 2 "${@:2}"; }

# objects with names like ours, on the same parent, and the host's own settings
objects=(rxl rxl. rxl.mine rxl.mine.ep rxl.mine.ep3 rxl.mine.ep11 rxl.other.ep1)
for name in "${objects[@]}"; do ip netns add "$name"; done
links=(rxl0 rxlforeign-1 rxl0000-1 somebodys)
for name in "${links[@]}"; do ip link add link eth0 name "$name" type macvlan mode bridge; done
ip link add rxl-bridge type bridge
ip link set somebodys up
rdma link add rxl.mine.ep9 type rxe netdev somebodys
ip link set rxlforeign-1 up
rdma link add rxe0 type rxe netdev rxlforeign-1
ip address add 10.99.0.1/24 dev eth0
ip rule add from 10.99.0.0/24 table 99
ip route add 10.98.0.0/24 via 10.99.0.2 table 99
ip neigh add 10.99.0.3 lladdr 02:00:00:00:00:03 dev eth0 nud permanent
tc qdisc replace dev eth0 root pfifo limit 77
sysctl -qw net.ipv4.conf.eth0.arp_announce=1
n=$((${#objects[@]} + ${#links[@]} + 8))
within 15 sh -c '! ip -6 address show tentative | grep -q inet6' # they change by themselves until then
begin
check "up beside them" up
check "they stay while it is up" rxelab inspect mine
check "down" rxelab down mine
check "gc" rxelab gc
check "down --all" rxelab down --all
check "every one of them is as it was" as_before
row "foreign objects, kept" "$n" $((failed ? 0 : n))
check "gc names what is like ours" says 'rxl\.other\.ep1' rxelab gc
table_row "foreign objects beside a lab: checks"
rdma link delete rxl.mine.ep9
rdma link delete rxe0
for name in "${objects[@]}"; do ip netns del "$name"; done
for name in "${links[@]}" rxl-bridge; do ip link del "$name"; done
tc qdisc del dev eth0 root
ip rule del table 99
ip neigh del 10.99.0.3 dev eth0
ip address del 10.99.0.1/24 dev eth0

# replaced by a stranger's
begin
check "up" up
stranger=$(netdev_of ep1)
ip netns del rxl.mine.ep1
ip netns add rxl.mine.ep1
[ "$EXPECT_PLANE" = hosted ] || ip link add link eth0 name "$stranger" netns rxl.mine.ep1 type macvlan mode bridge
check "a namespace that a stranger replaced is reported" says 'warning: .*rxl\.mine\.ep1\b' rxelab down mine
check "and left" ip netns exec rxl.mine.ep1 true
[ "$EXPECT_PLANE" = hosted ] || check "with the netdev in it" ip -n rxl.mine.ep1 link show "$stranger"
ip netns del rxl.mine.ep1
check "then nothing is left" as_before
check "up" up
stranger=$(netdev_of ep2)
inside ep2 ip link del "$stranger"
inside ep2 ip link add "$stranger" type dummy
check "a netdev that a stranger replaced is reported" says "warning: .*\b$stranger\b" rxelab down mine
if [ "$EXPECT_PLANE" = hosted ]; then
	check "and left" ip link show "$stranger"
	ip link del "$stranger"
fi
check "then nothing is left" as_before
check "up" up
rdma link delete rxl.mine.ep1
ip link add link eth0 name somebodys type macvlan mode bridge
ip link set somebodys up
rdma link add rxl.mine.ep1 type rxe netdev somebodys
check "an RXE device that a stranger replaced is reported" says 'warning: .*rxl\.mine\.ep1\b.*\bsomebodys\b' rxelab down mine
check "and left" says 'rxl.mine.ep1/1.*netdev somebodys' rdma link
rdma link delete rxl.mine.ep1
ip link del somebodys
check "then nothing is left" as_before
table_row "replaced by a stranger's: checks"

# the parent goes, is renamed, moves away
for fate in deleted renamed moved; do
	ip link add par0 type dummy
	ip link set par0 up
	check "up on par0" up par0 --raise-parent-mtu --mtu 1600
	case $fate in
	deleted) ip link del par0 ;;
	renamed)
		ip link set par0 down
		ip link set par0 name par1
		ip link set par1 up
		;;
	moved)
		ip netns add elsewhere
		ip link set par0 netns elsewhere
		;;
	esac
	check "inspect after the parent was $fate ends" timeout 30 sh -c 'rxelab inspect mine; test $? -le 1'
	check "down after the parent was $fate" rxelab down mine
	[ $fate != renamed ] || check "its MTU is put back though it was renamed" says 'mtu 1500' ip link show par1
	ip link del par0 2>/dev/null
	ip link del par1 2>/dev/null
	ip netns del elsewhere 2>/dev/null
	check "then nothing is left" as_before
done
table_row "the parent deleted, renamed, moved: checks"
bugs
[ -z "$failed" ]
