# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# On a NIC that is a bridge's port (every Proxmox host) a macvlan is refused with EBUSY; on the bridge it works. RXE on
# the port itself is accepted.
# Kernel: one rx_handler a netdev, netdev_rx_handler_register() (net/core/dev.c), all versions.
. ./lib.sh
modprobe -a bridge macvlan rdma_rxe
ip link add t-br type bridge
ip link set eth0 master t-br
ip link set t-br up
said=$(ip link add link eth0 name t-mv type macvlan mode bridge 2>&1)
is "a macvlan on the port fails" 1 $(($? != 0))
has "with Device or resource busy" 'resource busy' "$said"
does "RXE on the port itself" rdma link add t-dev type rxe netdev eth0
does "and away" rdma link delete t-dev
does "a lab on the bridge" rxelab up --name bp --parent t-br --count 2
verified bp "RC between the endpoints" gid-distinct,rc-send,path
does "down" rxelab down bp
ip link set eth0 nomaster
ip link del t-br
