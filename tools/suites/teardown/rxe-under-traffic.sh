# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While RC traffic runs the RXE device is deleted: no complaint of the kernel, nothing left when the processes have ended.
# Kernel: ib_unregister_device() disassociates user contexts while QPs send.
. ./lib.sh
needs namespace-data-path
harmless 'ib_query_port failed|rxe_completer|retry exceeded|non-flush error|rxe_requester|qp#'
ip link add t-a0 type veth peer name t-b0
does "made" raw_ends
traffic_starts # in this shell: it says which processes it started
is "traffic runs" 0 $?
does "the RXE device is deleted" timeout 60 ip netns exec t-a rdma link delete t-a
traffic_ends
raw_away
does "all is gone" within 20 sh -c '! rdma link | grep -q "^link t-[ab]/"; ! ip netns list | grep -q "^t-"'
