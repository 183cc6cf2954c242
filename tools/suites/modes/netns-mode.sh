# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ib_core loaded with netns_mode=0: exclusive mode beside somebody's namespace, where the mode cannot be changed.
# Kernel: ib_core's parameter netns_mode (drivers/infiniband/core/device.c), read-only once it is loaded, since 5.2.
. ./lib.sh
# whoever uses ib_core goes first, and whoever uses those
unload() {
	local holder
	for holder in /sys/module/ib_core/holders/*; do modprobe -r "${holder##*/}"; done
	modprobe -r ib_core && [ ! -e /sys/module/ib_core ]
}
said=$(within 20 unload || unload 2>&1) || { modprobe ib_uverbs; skip_case "ib_core cannot be unloaded: $said $(grep ib_core /proc/modules)"; }
ip netns add t-other
does "ib_core with netns_mode=0" modprobe ib_core netns_mode=0
modprobe -a ib_uverbs rdma_rxe
has "the mode is exclusive, beside a namespace" 'netns exclusive' "$(rdma system show)"
is "as its parameter says" N "$(</sys/module/ib_core/parameters/netns_mode)"
has "and cannot be changed" 'busy' "$(rdma system set netns shared 2>&1)"
does "RXE" rdma link add t-dev type rxe netdev eth0
is "the other namespace does not see it" '' "$(ip netns exec t-other rdma link)"
rdma link delete t-dev
ip netns del t-other
does "unloaded again" within 20 unload
does "and as before" modprobe -a ib_uverbs rdma_rxe
has "shared again" 'netns shared' "$(rdma system show)"
