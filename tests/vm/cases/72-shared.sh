# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900 s
# Netdevs of the host that labs change or share are given back as they were found, by the last lab, whichever that is;
# and what was made for a lab goes with it, whatever its name is now and wherever it is.
. ./lib.sh
harmless 'rxl\.a\.ep[0-9]: Port: 1 Link DOWN' # its bridge is renamed, for which it is down
mtu() { cat "/sys/class/net/$1/mtu"; }
master() { basename "$(readlink "/sys/class/net/$1/master" || echo none)"; }
up() { rxelab up --name "$@"; }
down() { rxelab down "$@" 2>&1; }

# the MTU of a parent: the largest that a lab wants
start=$(mtu eth0)
for order in "a b" "b a"; do
	does "a raises the parent's MTU to 2000" up a --parent eth0 --count 1 --subnet 10.81.0.0/24 --mtu 2000 --raise-parent-mtu
	does "b to 3000" up b --parent eth0 --count 1 --subnet 10.82.0.0/24 --mtu 3000 --raise-parent-mtu
	is "with both it is 3000" 3000 "$(mtu eth0)"
	first=${order% *} last=${order#* }
	does "down $first" down "$first"
	is "then it is what $last wants" "$([ "$last" = a ] && echo 2000 || echo 3000)" "$(mtu eth0)"
	does "inspect $last finds nothing amiss" rxelab inspect "$last"
	does "down $last" down "$last"
	is "after both it is as it was found" "$start" "$(mtu eth0)"
done
does "a raises it" up a --parent eth0 --count 1 --mtu 2000 --raise-parent-mtu
ip link set eth0 mtu "$start"
has "inspect shows that somebody lowered it" "MTU of eth0 is $start instead of 2000" "$(rxelab inspect a 2>&1)"
does "down" down a

# a VLAN: its netdev and bridge belong to both labs
for order in "a b" "b a"; do
	does "a on VLAN 20" up a --parent eth0 --vlan 20 --count 2 --subnet 10.81.0.0/24
	does "b on the same VLAN, with veths" up b --parent eth0 --vlan 20 --link veth --count 2 --subnet 10.82.0.0/24
	is "there is one VLAN netdev" 1 "$(ip -o link show type vlan | wc -l)"
	first=${order% *} last=${order#* }
	does "down $first" down "$first"
	is "$last keeps the VLAN netdev" 1 "$(ip -o link show type vlan | wc -l)"
	does "inspect $last finds nothing amiss" rxelab inspect "$last"
	verify_all "$last" 2
	does "down $last" down "$last"
	is "after both no VLAN netdev and no bridge is left" 0 "$( (ip -o link show type vlan; ip -o link show type bridge | grep rxl) | wc -l)"
done 2>/dev/null

# a VLAN netdev of the host's: without an address it becomes a port, and is put back; with one, or a port, it is refused
ip link add link eth0 name eth0.30 type vlan id 30
does "up on a VLAN whose netdev is the host's" up a --parent eth0 --vlan 30 --count 2 --subnet 10.81.0.0/24
has "the netdev is a port of a bridge of ours" '^rxl' "$(master eth0.30)"
does "another lab on it" up b --parent eth0 --vlan 30 --count 2 --subnet 10.82.0.0/24
does "down a" down a
has "b keeps it" '^rxl' "$(master eth0.30)"
does "down b" down b
is "it is no port any more" none "$(master eth0.30)"
has "and down, as it was found" 'state DOWN' "$(ip -o link show eth0.30)"
ip address add 192.168.30.5/24 dev eth0.30
refuses_as "a VLAN netdev with an address" 1 vlan-in-use "eth0.30 192.168.30.5/24" rxelab up --name a --parent eth0 --vlan 30 --count 2
has "it keeps the address" 192.168.30.5 "$(ip -o -4 address show eth0.30)"
ip address flush dev eth0.30
ip link add brx type bridge
ip link set eth0.30 master brx
refuses_as "a VLAN netdev that is a port" 1 vlan-in-use "eth0.30 brx" rxelab up --name a --parent eth0 --vlan 30 --count 2
is "it stays a port" brx "$(master eth0.30)"
ip link del brx
ip link del eth0.30

# veths do not lower the MTU of a bridge
ip link add d9 mtu 4000 type dummy
ip link add br9 type bridge
ip link set d9 up master br9
ip link set br9 up
is "the bridge has its port's MTU" 4000 "$(mtu br9)"
does "veths on it" up a --parent br9 --link veth --count 2
is "it keeps its MTU" 4000 "$(mtu br9)"
is "the endpoints have it, too" 4000 "$(rxelab inspect a --json | json 'd["endpoints"][0]["mtu"]')"
does "down" down a
does "veths with less" up a --parent br9 --link veth --count 2 --mtu 1500
is "it keeps its MTU" 4000 "$(mtu br9)"
does "down" down a
ip link del br9
ip link del d9

# renamed, moved, left: all of it goes
does "up" up a --parent none --link veth --count 2
bridge=$(ip -o link show type bridge | sed -nE 's/^[0-9]+: (rxl[^:]*-b0):.*/\1/p')
ip link set "$bridge" down
ip link set "$bridge" name renamed0
ip link set renamed0 up
ip netns add elsewhere
port=$(ip -o link show type veth | sed -nE 's/^[0-9]+: (rxl[^:@]*-1p)@.*/\1/p')
ip link set "$port" netns elsewhere
does "down of a lab whose bridge was renamed and whose veth was moved" down a
is "the bridge is gone" 0 "$(ip -o link show type bridge | grep -c renamed0)"
is "the veth is gone" 0 "$(ip -n elsewhere -o link show type veth | wc -l)"
ip netns del elsewhere

# a bridge that labs share and its wire have other names now, and another netdev has the wire's old one
ip link add w0 type dummy
ip link add w1 type dummy
ip link set w0 up
ip link set w1 up
does "a on w0" up a --parent w0 --link veth --count 2 --subnet 10.81.0.0/24
bridge=$(master w0)
for change in "w0 w2" "w1 w0" "$bridge renamed1"; do
	ip link set "${change% *}" down
	ip link set "${change% *}" name "${change#* }"
	ip link set "${change#* }" up
done
does "b on the same wire" up b --parent w2 --link veth --count 2 --subnet 10.82.0.0/24
is "it is a port of the bridge as before" renamed1 "$(master w2)"
does "c on the other, which has the name of the first" up c --parent w0 --link veth --count 2 --subnet 10.83.0.0/24
has "that has a bridge of its own" '^rxl' "$(master w0)"
does "down" down a b c
is "no bridge is left" 0 "$(ip -o link show type bridge | grep -cE ': (rxl|renamed1)')"
is "and w2 is no port" none "$(master w2)"

# up cures what inspect shows: the bridge was deleted, the port taken out, the wire made anew, and is down
does "a on w0" up a --parent w0 --link veth --count 2 --subnet 10.81.0.0/24
does "b" up b --parent w0 --link veth --count 2 --subnet 10.82.0.0/24
cured() {
	has "inspect shows that $1" "$2" "$(rxelab inspect b 2>&1)"
	does "up of a cures it" up a --parent w0 --link veth --count 2 --subnet 10.81.0.0/24
	does "up of b, too" up b --parent w0 --link veth --count 2 --subnet 10.82.0.0/24
	does "inspect b finds nothing amiss" rxelab inspect b
	does "nor inspect a" rxelab inspect a
}
ip link set w0 nomaster
cured "the port was taken out" "netdev w0 is no port of"
ip link del w0
ip link add w0 type dummy
cured "the wire was made anew" "netdev w0 is gone"
ip link del "$(master w0)"
cured "the bridge was deleted" "is gone"
does "down" down a b
ip link set w0 down
does "up on a parent that is down" up a --parent w0 --link veth --count 2 --subnet 10.81.0.0/24
does "down" down a
ip link del w0
ip link del w2

# what an earlier lab of the same name has left is a leftover, though the lab is there
does "up" up a --parent none --count 2
ip link add stray0 type dummy
ip link set stray0 alias rxelab:a:00000000
has "gc names it" 'netdev.*stray0' "$(rxelab gc --dry-run 2>&1)"
does "gc" rxelab gc
is "it is gone" 0 "$(ip -o link show stray0 2>/dev/null | wc -l)"
does "and the lab is whole" rxelab inspect a
does "down" down a

# a ledger that cannot be read: what is provably the lab's goes all the same
does "up" up a --parent eth0 --vlan 20 --count 2
sed -i '5s/.*/no json/' /run/rxelab/a/ledger
has "gc names it" "lab a" "$(rxelab gc --dry-run 2>&1)"
does "down of a lab whose ledger is damaged" down a
is "no namespace of it is left" 0 "$(ip netns list | grep -c '^rxl\.a\.')"
is "no netdev of it is left" 0 "$(ip -o link | grep -c ': rxl')"
has "no lab is left" '"labs": *\[\]' "$(rxelab list --json | tr -d '\n')"

# the same of what labs share: they go, and so does the record
does "up" up a --parent eth0 --link veth --vlan 20 --count 2
sed -i '1a no json' /run/rxelab/.host/ledger
does "down of a lab while the host's ledger is damaged" down a
has "no lab is left" '"labs": *\[\]' "$(rxelab list --json | tr -d '\n')"
is "nor the host's ledger" 0 "$(find /run/rxelab -name ledger 2>/dev/null | wc -l)"
is "nor a netdev" 0 "$(ip -o link | grep -cE ': (rxl|eth0\.20)')"

# another rxelab, in a container with a /run of its own, is not gc's
if [ "$EXPECT_PLANE" = netns ]; then
	unshare -mn bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/lock && "$0" up --name theirs --parent none --count 2 &&
		touch "$1" && exec sleep 1234' "$rx" "$WORK/theirs" >/dev/null 2>"$WORK/theirs.err" &
	theirs=$!
	within 30 [ -e "$WORK/theirs" ]
	has "another rxelab's netdev is told" 'netdev.*another' "$(rxelab gc 2>&1)"
	is "and stays" 2 "$(nsenter -t $theirs -n -m "$rx" list --json | json 'd["labs"][0]["endpoints"]')"
	is "with its netdevs" 0 "$(nsenter -t $theirs -n -m "$rx" inspect theirs >/dev/null 2>&1; echo $?)"
	# also where an endpoint of ours is in that container, and has given its namespace a name of ours
	does "up" up a --parent none --count 2
	does "attach to that container" rxelab attach a/ep1 --pid $theirs
	has "its netdevs are told" 'netdev.*another' "$(rxelab gc 2>&1)"
	is "and stay" 0 "$(nsenter -t $theirs -n -m "$rx" inspect theirs >/dev/null 2>&1; echo $?)"
	does "down" down a
	nsenter -t $theirs -n -m "$rx" down theirs >/dev/null 2>&1
	kill $theirs
	wait $theirs 2>/dev/null
fi

# two labs with the same addresses on one wire: a subnet that nobody asked for gives way, one that was asked for is refused
does "up" up a --parent eth0 --count 2
said=$(rxelab up --name b --parent eth0 --count 2 2>&1 >/dev/null)
has "up says which subnet the second lab has, and for whom" 'lab b: .*10\.77\.1\.0/24.* a .*10\.77\.0\.0/24' "$said"
is "it has it" 10.77.1.1/24 "$(rxelab inspect b --json | json 'd["endpoints"][0]["ipv4"]')"
verify_all b 2
does "up again finds the lab as it is" up b --parent eth0 --count 2
does "recreate" rxelab recreate b
is "keeps it" 10.77.1.1/24 "$(rxelab inspect b --json | json 'd["endpoints"][0]["ipv4"]')"
does "down a" down a
does "--replace keeps it, too" up b --parent eth0 --count 2 --replace
is "as it was" 10.77.1.1/24 "$(rxelab inspect b --json | json 'd["endpoints"][0]["ipv4"]')"
mac=$(rxelab inspect b --json | json 'd["endpoints"][0]["mac"]')
refuses_as "an address that another lab has" 1 address-conflict "c/ep1 10.77.1.1 b/ep1 $mac" \
	rxelab up --name c --parent eth0 --count 2 --subnet 10.77.1.0/24
has "nothing is made of that lab" '"lab": *"b"' "$(rxelab list --json | tr -d '\n')"
does "a lab that is elsewhere" up c --parent none --count 2 --subnet 10.90.0.0/24
refuses_as "to come to an address that another lab has" 1 address-conflict "c/ep1 10.77.1.1 b/ep1" \
	rxelab up --name c --parent eth0 --count 2 --subnet 10.77.1.0/24 --replace
does "it is as it was" rxelab inspect c
does "down" down b c
