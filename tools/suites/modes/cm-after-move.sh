# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device that was moved keeps QP1, and so rdma_cm.
# Kernel: rxe_qp_init_misc() stores port->qp_gsi_index and nothing sets it back, so QP1 cannot be made again after a move
# (since 8700e3e7c485 "Soft RoCE driver"; seen on 7.2.13 and 7.3.4; docs/dev/upstream/qp1-index.md).
. ./lib.sh
needs exclusive-mode device-move
modprobe rdma_rxe
modprobe dummy numdummies=0
within 15 rdma system set netns exclusive
ip link add t-dum type dummy
ip link set t-dum up
rdma link add t-dev type rxe netdev t-dum
ip netns add t-a
does "moved" rdma dev set t-dev netns t-a
said=$(dmesg --notime) # what it said since this case began; not cleared, since the runner judges it, too
grep -q 'ib_mad QP1' <<<"$said"
harmless 'rxe_create_qp: '
is "QP1 is made again" 1 $?
ip netns del t-a
within 10 sh -c 'rdma link | grep -q "^link t-dev"'
rdma link delete t-dev
ip link del t-dum
within 15 rdma system set netns shared
