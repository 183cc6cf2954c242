# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Leaves and spines over VLANs of one NIC.
# Kernel: forwarding between VLAN bridges, TTL of RoCE v2.
. ./lib.sh
does "up" rxelab up --name leaf --parent eth0 --vlan 100 --topology leaf-spine:2,2 --count 4
verified leaf "all pairs" gid-distinct,port-active,path,rc-send
does "down" rxelab down leaf
