#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gid-table.sh [N]: what N RXE devices (8) cost in shared RDMA mode beside N network namespaces: each device's GID table is
# 1,024 entries of three sysfs files, in every namespace. Exit 0: less than 100 files a device and namespace; 1: the cost.
# Needs root and iproute2.
set -eu
n=${1:-8}
clean() {
	for i in $(seq "$n"); do
		ip netns del "gt$i" 2>/dev/null
		rdma link delete "gtr$i" 2>/dev/null
		ip link del "gtd$i" 2>/dev/null
	done
}
trap 'clean || :' EXIT
free() { sync; echo 3 >/proc/sys/vm/drop_caches; awk '/^(MemFree|Cached|SReclaimable):/ { sum += $2 } END { print sum }' /proc/meminfo; }
modprobe rdma_rxe
rdma system show | grep -q 'netns shared' || { echo "the RDMA mode is exclusive; this is about shared mode"; exit 4; }
before=$(free)
start=$(date +%s%N)
for i in $(seq "$n"); do
	ip netns add "gt$i"
	ip link add "gtd$i" type dummy
	ip address add "10.98.$i.1/24" dev "gtd$i"
	ip link set "gtd$i" up
	rdma link add "gtr$i" type rxe netdev "gtd$i"
done
made=$((($(date +%s%N) - start) / 1000000))
memory=$(((before - $(free)) / 1024))
# in a namespace that has nothing to do with the device
files=$(ip netns exec gt1 find "/sys/class/infiniband/gtr$n/ports/1/" -path '*gid*' -type f | wc -l)
used=$(cat /sys/class/infiniband/gtr"$n"/ports/1/gids/* 2>/dev/null | grep -vc '^0000:0000:0000:0000:0000:0000:0000:0000$')
echo "$(uname -r): $n devices beside $n namespaces: $made ms, $memory MiB;" \
	"$files files for the $used GIDs of one device in each of $((n + 1)) namespaces"
[ "$files" -lt 100 ]
