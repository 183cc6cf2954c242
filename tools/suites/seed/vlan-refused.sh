# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# RXE on a VLAN netdev is refused with EPERM, which is no matter of privilege; on a macvlan above it, it is accepted.
# Kernel: rxe_newlink() refuses is_vlan_dev() with -EPERM (drivers/infiniband/sw/rxe/rxe.c), all versions.
. ./lib.sh
harmless 'creation allowed on top of a real device'
modprobe -a rdma_rxe 8021q macvlan
ip link add link eth0 name t.20 type vlan id 20
ip link set t.20 up
said=$(rdma link add t-vlan type rxe netdev t.20 2>&1)
is "RXE on a VLAN netdev fails" 1 $(($? != 0))
has "with Operation not permitted" 'not permitted' "$said"
is "and nothing was made" '' "$(rdma link | grep t-vlan)"
ip link add link t.20 name t-mv type macvlan mode bridge
ip link set t-mv up
does "RXE on a macvlan above it" rdma link add t-vlan type rxe netdev t-mv
does "it goes with its netdev" ip link del t.20
does "the device is gone" within 10 sh -c '! rdma link | grep -q t-vlan'
