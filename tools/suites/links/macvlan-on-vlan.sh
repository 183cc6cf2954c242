# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Macvlans directly on a VLAN netdev: verbs work; does rdma_cm?
# Kernel: find_gid_index() (drivers/infiniband/core/verbs.c) compares the GID's VLAN, one level below the macvlan, with the
# completion's, which RXE sets only where the receiving netdev itself is a VLAN: CM requests arrive and are dropped.
. ./lib.sh
modprobe 8021q
ip link add link eth0 name t.30 type vlan id 30
ip link set t.30 up
does "up" rxelab up --name mvl --parent t.30 --count 2
verified mvl "verbs" gid-distinct,rc-send,path
verified mvl "rdma_cm" cm --pairs ep1:ep2
does "down" rxelab down mvl
ip link del t.30
