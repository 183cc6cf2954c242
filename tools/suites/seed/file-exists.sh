# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# A second RXE on a netdev is refused with EEXIST ("File exists"), and the first is unharmed.
# Kernel: rxe_newlink() asks rxe_get_dev_from_net() first (drivers/infiniband/sw/rxe/rxe.c), all versions.
. ./lib.sh
harmless 'already configured on'
modprobe rdma_rxe
does "the first RXE on eth0" rdma link add t-one type rxe netdev eth0
said=$(rdma link add t-two type rxe netdev eth0 2>&1)
is "the second fails" 1 $(($? != 0))
has "with File exists" 'File exists' "$said"
has "the first is active" 't-one/1 state ACTIVE' "$(rdma link)"
does "it can be deleted" rdma link delete t-one
