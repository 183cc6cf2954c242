# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The RDMA MTU follows from the netdev's: 80 bytes off, the next lower power of two, 256 to 4096.
# Kernel: rxe_mtu_int_to_enum() and eth_mtu_int_to_enum() (drivers/infiniband/sw/rxe/rxe_param.h), all versions.
. ./lib.sh
modprobe rdma_rxe
modprobe dummy numdummies=0
while read -r netdev_mtu wanted; do
	ip link add t-dum type dummy
	ip link set t-dum up mtu "$netdev_mtu"
	rdma link add t-dev type rxe netdev t-dum
	is "$netdev_mtu gives $wanted" "$wanted" "$(ibv_devinfo -d t-dev | sed -nE 's/.*active_mtu:[[:space:]]+([0-9]+).*/\1/p')"
	rdma link delete t-dev
	ip link del t-dum
done <<'TABLE'
400 256
1000 512
1500 1024
2200 2048
4200 4096
9000 4096
TABLE
