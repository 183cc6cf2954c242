# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the measurements in a guest have in common: sourced by them. rx is the program.
# No cache: a helper module that somebody has built on this machine would be used, and this is about the stock kernel.
export XDG_CACHE_HOME=/run/no-cache
export rx=/dev/shm/rxelab
cp "${RXELAB:-$PWD/build/rxelab}" "$rx" # the guest's root is a slow network file system
dmesg -n 1
modprobe virtio_net 2>/dev/null
ip link set eth0 up
# what comes in once, whatever the size of the lab, is not the lab's
modules() {
	modprobe -a ib_uverbs rdma_rxe rdma_ucm udp_diag veth macvlan bridge
	modprobe dummy numdummies=0
}
modules
ip netns add warm && ip netns del warm # /run/netns becomes a mount

now() { date +%s%N; }
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b - a) / 1e9 }'; }
# KiB that are free or can be freed. Not MemAvailable: that takes off up to a watermark (14 MiB) each for page cache and slab,
# and what lies in the lists of each CPU (tens of MiB since 6.7, mm/page_alloc.c) it does not count.
available() {
	awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { sum += $2 } $1 == "count:" { sum += 4 * $2 } END { print sum }' \
		/proc/meminfo /proc/zoneinfo
}

# available once it stands still, for 60 s at most: memory comes and goes through RCU and work queues
settled() {
	local end=$((SECONDS + 60)) last now still=0
	now=$(available)
	while [ $SECONDS -lt $end ] && [ $still -lt 3 ]; do
		last=$now
		read -rt 1 <> <(:) || true
		now=$(available)
		if [ $((now > last ? now - last : last - now)) -gt 300 ]; then still=0; else still=$((still + 1)); fi
	done
	echo "$now"
}

# namespaces die after the command that deleted them has returned: the next measurement must not pay for them
quiet() {
	local end=$((SECONDS + 60))
	until [ "$(awk '/^macvlan / { print $3 }' /proc/modules)" = 0 ]; do
		[ $SECONDS -lt $end ] || { echo "macvlans are still there after 60 s"; return 1; }
		sleep 0.2
	done
}
