# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints on a VLAN: VLAN netdev, bridge, macvlans (or veth pairs). Verbs and rdma_cm.
# Kernel: RXE refuses a VLAN netdev; a bridge between hides the VLAN from ib_core's lookup of the GID.
. ./lib.sh
tests=gid-distinct,port-active,rc-send,path,cm
for link in macvlan veth; do
	does "$link: up" rxelab up --name vl --parent eth0 --vlan 20 --link $link --count 2
	verified vl "$link: verbs and rdma_cm" $tests
	does "$link: down" rxelab down vl
done
