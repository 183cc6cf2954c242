# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A bridge as the parent: macvlans on it, veth pairs into it, and a VLAN above it.
# Kernel: macvlan on a bridge; a bridge forwards between its ports and itself.
. ./lib.sh
modprobe bridge
ip link add t-br type bridge
ip link set eth0 master t-br
ip link set t-br up
lab() { # NAME OPTION...
	local name=$1
	shift
	does "$name: up" rxelab up --name br --count 2 "$@"
	verified br "$name: verbs" gid-distinct,port-active,rc-send,path
	does "$name: down" rxelab down br
}
lab macvlan --parent t-br
lab veth --parent t-br --link veth
lab vlan --parent t-br --vlan 40
ip link set eth0 nomaster
ip link del t-br
