# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A link that could not be made (its name is taken) leaves no UDP 4791 socket in its namespace.
# Kernel: rxe_newlink() does not undo rxe_net_init() when rxe_add() fails (since f1327abd6abe, 7.1; seen on 7.3.4;
# docs/dev/upstream/socket-reference.md).
. ./lib.sh
needs namespace-data-path
harmless 'failed to add|rxe_register_device failed'
modprobe dummy numdummies=0
ip netns add t-a
ip link add t-dum type dummy
ip link set t-dum netns t-a
ip -n t-a link set t-dum up
does "the name is taken" rdma link add t-dev type rxe netdev eth0
ip netns exec t-a rdma link add t-dev type rxe netdev t-dum 2>/dev/null
is "the same name in a namespace fails" 1 $(($? != 0))
does "no socket is left there" within 3 sh -c '! ip netns exec t-a ss -Huln | grep -q :4791'
rdma link delete t-dev
ip netns del t-a
