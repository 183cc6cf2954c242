# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# In shared mode every namespace sees the host's RXE device: one device, one GID for everybody.
# Kernel: compat devices in every namespace, add_compat_devs(), since 4e0f7b907072 "RDMA/core: Implement compat
# device/sysfs tree in net namespace" (5.2).
. ./lib.sh
modprobe rdma_rxe
does "RXE on eth0" rdma link add t-one type rxe netdev eth0
for ns in t-a t-b; do ip netns add $ns; done
gid() { ip netns exec "$1" cat /sys/class/infiniband/t-one/ports/1/gids/0; }
does "the device shows in a namespace" within 5 ip netns exec t-a ls /sys/class/infiniband/t-one/ports
is "two namespaces see the same GID" "$(gid t-a)" "$(gid t-b)"
is "which is the host's" "$(cat /sys/class/infiniband/t-one/ports/1/gids/0)" "$(gid t-a)"
for ns in t-a t-b; do ip netns del $ns; done
does "delete" rdma link delete t-one
