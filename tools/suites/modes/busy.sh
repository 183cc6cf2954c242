# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# The mode cannot be changed, either way, while another network namespace exists: EBUSY.
# Kernel: rdma_compatdev_set() refuses when rdma_nets is not empty (drivers/infiniband/core/device.c), since 2b34c5580226
# (5.2).
. ./lib.sh
modprobe rdma_rxe
ip netns add t-other
said=$(rdma system set netns exclusive 2>&1)
has "to exclusive: busy" 'busy' "$said"
has "the mode is what it was" 'netns shared' "$(rdma system show)"
ip netns del t-other
does "once it is gone the mode can be changed" within 15 rdma system set netns exclusive
ip netns add t-other
said=$(rdma system set netns shared 2>&1)
has "to shared: busy" 'busy' "$said"
ip netns del t-other
does "and back" within 15 rdma system set netns shared
