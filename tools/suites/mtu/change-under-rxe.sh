# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The netdev's MTU changes under a live RXE: its port follows.
# Kernel: rxe_notify() on NETDEV_CHANGEMTU -> rxe_set_mtu() (drivers/infiniband/sw/rxe/rxe_net.c).
. ./lib.sh
modprobe rdma_rxe
modprobe dummy numdummies=0
mtu() { ibv_devinfo -d t-dev | sed -nE 's/.*active_mtu:[[:space:]]+([0-9]+).*/\1/p'; }
ip link add t-dum type dummy
ip link set t-dum up mtu 1500
rdma link add t-dev type rxe netdev t-dum
is "1024 at first" 1024 "$(mtu)"
ip link set t-dum mtu 9000
is "4096 after a change to 9000" 4096 "$(mtu)"
ip link set t-dum mtu 1000
is "512 after a change to 1000" 512 "$(mtu)"
rdma link delete t-dev
ip link del t-dum
