# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets of 4096 bytes over veth with an MTU of 9000; above the parent's MTU a macvlan is refused.
# Kernel: RXE's segmentation at the path MTU; macvlan_change_mtu() and macvlan_common_newlink() check the parent's.
. ./lib.sh
does "up with MTU 9000" rxelab up --name ju --parent none --link veth --mtu 9000 --count 2
verified ju "RC at an RDMA MTU of 4096, 8 MiB in one SEND" rdma-mtu,rc-send,rc-large,path
does "down" rxelab down ju
modprobe macvlan
said=$(ip link add link eth0 name t-mv mtu 4000 type macvlan mode bridge 2>&1)
has "a macvlan above its parent's MTU: EINVAL" 'Invalid argument' "$said"
