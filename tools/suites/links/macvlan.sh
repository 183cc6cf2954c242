# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Independent endpoints on one netdev: macvlans in bridge mode, each with an RXE of its own, whose traffic crosses them.
# Kernel: RXE's data path in a namespace since 7.1 (per-namespace UDP 4791 sockets, 13f2a53c2a71); before,
# devices in init_net.
. ./lib.sh
does "up: four endpoints on eth0" rxelab up --name mv --parent eth0 --count 4
verified mv "distinct GIDs, RC between every pair, over their own netdevs" gid-distinct,gid-owner,port-active,path,rc-send,rc-write,rc-read
does "down" rxelab down mv
