# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device is moved into a namespace, renamed there, moved back; then it comes back by itself when its namespace dies.
# Kernel: rdma_dev_change_netns(), rdma_dev_exit_net() (drivers/infiniband/core/device.c), which ask the driver for
# disassociate_ucontext: RXE has it since acf9cbb06f1f "RDMA/rxe: Implement disassociate_ucontext callback" (7.3).
. ./lib.sh
needs exclusive-mode device-move
harmless 'rxe_create_qp: returned err|ib_mad QP1|open port 1'
modprobe rdma_rxe
modprobe dummy numdummies=0
does "exclusive mode" within 15 rdma system set netns exclusive
ip link add t-dum type dummy
ip link set t-dum up
ip netns add t-a
does "RXE" rdma link add t-dev type rxe netdev t-dum
does "moved" rdma dev set t-dev netns t-a
is "it is gone here" '' "$(rdma link | grep t-dev)"
has "it is there" 't-dev/1' "$(ip netns exec t-a rdma link)"
does "renamed there" ip netns exec t-a rdma dev set t-dev name t-new
has "under its new name" 't-new/1' "$(ip netns exec t-a rdma link)"
ip netns attach t-host 1
does "moved back" ip netns exec t-a rdma dev set t-new netns t-host
has "it is here again" 't-new/1' "$(rdma link)"
ip netns del t-host
does "moved once more" rdma dev set t-new netns t-a
ip netns del t-a
does "its namespace is gone, and it is here" within 10 sh -c 'rdma link | grep -q "^link t-new"'
does "deleted" rdma link delete t-new
ip link del t-dum
does "shared mode" within 15 rdma system set netns shared
