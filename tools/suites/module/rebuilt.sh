# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rebuilt module, where this machine has built one for the kernel under test (rxelab module build --road rebuild
# --kernel RELEASE, docs/reference/module.md): RXE's data path in a namespace, devices that move, rdma_cm after it; then away again.
# Kernel: drivers/infiniband/sw/rxe of the distribution with single objects replaced; ib_core's moves between namespaces.
. ./lib.sh
module=$HOST_CACHE/rxelab/modules/$(uname -r)/rdma_rxe.ko
[ -e "$module" ] || skip_case "no module was built for this kernel (rxelab module build --road rebuild --kernel $(uname -r))"
harmless 'rdma_rxe: loading out-of-tree|rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state|open port 1'
ours() { [ -e /sys/module/rdma_rxe/version ] && grep -q ^rxelab- /sys/module/rdma_rxe/version; }
does "it is loaded" env XDG_CACHE_HOME="$HOST_CACHE" "$rx" module load --road rebuild
does "and is ours" ours
for mode in shared exclusive; do
	does "$mode: up in the netns plane" rxelab up --name mo --parent none --count 2 --plane netns --rdma-netns $mode
	verified mo "$mode: every test of verify" all
	does "$mode: down" rxelab down mo
done
does "away" within 20 modprobe -r rdma_rxe
does "the distribution's again" modprobe rdma_rxe
if ours; then not_ok "which it is"; else ok "which it is"; fi
