# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Shared mode, the kernel's default: endpoints work; what each namespace sees is every device.
# Kernel: ib_core's netns_mode, RDMA_NLDEV_SYS_ATTR_NETNS_MODE, since 5.2: 2b34c5580226 "RDMA/core: Add command to set
# ib_core device net namspace sharing mode".
. ./lib.sh
has "the mode is shared" 'netns shared' "$(modprobe rdma_rxe; rdma system show)"
does "up" rxelab up --name sh --parent none --count 2 --rdma-netns shared
is "an endpoint's namespace sees both devices" 2 "$(ip netns exec rxl.sh.ep1 ls /sys/class/infiniband | grep -c rxl)"
verified sh "RC both ways" gid-distinct,rc-send,path
does "down" rxelab down sh
