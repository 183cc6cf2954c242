# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module goes while its devices are there: they are unregistered, their netdevs are free for the next load.
# Kernel: rxe_module_exit() -> ib_unregister_driver() (drivers/infiniband/sw/rxe/rxe.c).
. ./lib.sh
modprobe rdma_rxe
modprobe dummy numdummies=0
ip link add t-dum type dummy
ip link set t-dum up
does "RXE on eth0" rdma link add t-one type rxe netdev eth0
does "RXE on a dummy" rdma link add t-two type rxe netdev t-dum
does "modprobe -r rdma_rxe" timeout 60 modprobe -r rdma_rxe
is "the devices are gone" '' "$(rdma link 2>/dev/null | grep t-)"
does "modprobe rdma_rxe" modprobe rdma_rxe
does "RXE on eth0 again" rdma link add t-one type rxe netdev eth0
rdma link delete t-one
ip link del t-dum
