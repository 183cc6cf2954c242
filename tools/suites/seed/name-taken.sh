# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A name that an RDMA device has is refused with ENFILE ("Too many open files in system"), which says something else.
# Kernel: rxe_add()'s ib_register_device() -> assign_name() (drivers/infiniband/core/device.c) gives ENFILE, all versions.
. ./lib.sh
modprobe rdma_rxe
modprobe dummy numdummies=0
ip link add t-dum type dummy
harmless 'failed to add|rxe_register_device failed'
does "the first" rdma link add t-one type rxe netdev eth0
said=$(rdma link add t-one type rxe netdev t-dum 2>&1)
is "the same name on another netdev fails" 1 $(($? != 0))
has "with Too many open files in system" 'open files' "$said"
does "delete" rdma link delete t-one
ip link del t-dum
