# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Errors of the kernel that lie, told as what is the case and what to do; and nothing stays behind a failure.
. ./lib.sh
stack='rdma_rxe rdma_ucm ib_uverbs macvlan veth bridge'
modprobe -a $stack # else each refusal loads and unloads all of it, which takes the longest in emulation
census >"$WORK/start"
harmless 'rdma_rxe: .*failed to add|rxe_register_device failed with error -23'
refuses_as "a parent that is not there" 1 netdev-unknown eth9 rxelab up --name e --parent eth9 --count 2
refuses_as "an MTU above the parent's" 1 mtu-too-large "eth0 4000" rxelab up --name e --parent eth0 --count 2 --mtu 4000
refuses_as "ipvlan is not a link kind here" 2 link-unusable ipvlan rxelab up --name e --parent eth0 --count 2 --link ipvlan
refuses_as "an unknown lab" 1 lab-unknown nosuch rxelab down nosuch
refuses_as "an endpoint of an unknown lab" 1 lab-unknown '"e"' rxelab exec e/ep9 -- true
does "the failures left nothing" settled "$WORK/start"

ip link add vmbr0 type bridge
ip link set eth0 master vmbr0
ip link set vmbr0 up
refuses_as "a macvlan on a bridge's port: EBUSY, the bridge is named" 1 parent-unusable vmbr0 rxelab up --name e --parent eth0 --count 2
does "on the bridge itself it works" rxelab up --name e --parent vmbr0 --count 2
verify_all e 2
is "down, as JSON: of two names one is a lab" "1 e:pass:None nosuch:fail:lab-unknown" "$(
	said=$(rxelab down e nosuch --json 2>/dev/null)
	echo "$? $(json '" ".join("%s:%s:%s" % (l["lab"], l["status"], l["id"]) for l in d["labs"])' <<<"$said")"
)"
ip link set eth0 nomaster
ip link del vmbr0
does "the bridge is gone without a trace" settled "$WORK/start"

ip link add link eth0 name eth0.20 type vlan id 20
ip link set eth0.20 up
does "a VLAN netdev as parent: RXE sits on macvlans above it" rxelab up --name e --parent eth0.20 --count 2
is "rc-send passes on it" 2 "$(rxelab verify e --tests rc-send --json | json 'len([r for r in d["results"] if r["test"] == "rc-send" and r["status"] == "pass"])')"
does "down" rxelab down e
ip link del eth0.20
modprobe -r 8021q 2>/dev/null

modprobe rdma_rxe
ip link add dum0 type dummy
rdma link add rxl.e.ep2 type rxe netdev dum0 2>"$WORK/taken" || cat "$WORK/taken"
refuses_as "an RDMA device name that is taken (ENFILE)" 1 name-taken rxl.e.ep2 rxelab up --name e --parent eth0 --count 2
has "the device that had the name is still there" 'rxl\.e\.ep2' "$(rdma link)"
rdma link delete rxl.e.ep2
ip link del dum0
within 10 sh -c '! rdma link | grep -q rxl'
does "the failure undid what it had made" settled "$WORK/start"
modprobe -r $stack 2>/dev/null
true
