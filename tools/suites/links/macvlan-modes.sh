# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Macvlan's other modes: private and vepa carry nothing between siblings without a reflecting switch; passthru takes one.
# Kernel: macvlan_queue_xmit() and macvlan_common_newlink() (drivers/net/macvlan.c), all versions.
. ./lib.sh
needs namespace-data-path
harmless 'retry exceeded|non-flush error status'
modprobe macvlan
for mode in private vepa; do
	ip link add link eth0 name t-a0 type macvlan mode $mode
	ip link add link eth0 name t-b0 type macvlan mode $mode
	does "$mode: RXE at both ends" raw_ends
	if raw_pingpong ibv_rc_pingpong 6 >/dev/null; then not_ok "$mode: no traffic between siblings"; else ok "$mode: no traffic between siblings"; fi
	raw_away
done
does "passthru: the first" ip link add link eth0 name t-a0 up type macvlan mode passthru
does "passthru: RXE on it" rdma link add t-dev type rxe netdev t-a0
said=$(ip link add link eth0 name t-b0 type macvlan mode passthru 2>&1)
has "passthru: a second is EINVAL" 'Invalid argument' "$said"
rdma link delete t-dev
ip link del t-a0
