# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# CYCLES cycles (cycles/main.c), or as many as LIMIT seconds allow: two namespaces, netdevs, devices (moved in unless born there), QP1,
# traffic, and deletion in every order, a third of them beneath live users. PARTS: what the module can of "move,traffic,cm"; a stock
# one is only asked to make and delete, for comparison of its memory.
. "$(dirname "$0")/lib.sh"
[ "$VARIANT" != stock ] || PARTS=${PARTS-none}
cycles=$PWD/build/module/cycles
[ -x "$cycles" ] || { not_ok "cycles: $cycles is missing (make build/module/cycles)"; finish; }
load_modules || exit 1
[ "$VARIANT" != helper ] || PARTS=${PARTS-$(in_namespaces && echo traffic,cm || echo none)}
to_memory "$cycles"
# grace periods without waiting for each CPU's own pace: no order of events changes, only the time between them
echo 1 >/sys/kernel/rcu_expedited
# the console is slow; dmesg has it all
dmesg -n alert
echo "rxelab: cycles begin" >/dev/kmsg
"$cycles" -n "${CYCLES:-100}" -l "${LIMIT:-3600}" -p "${PARTS:-move,traffic,cm}" p0 || not_ok "the cycles"
echo 0 >/sys/kernel/rcu_expedited
check "nothing that the kernel said is lost" bash -c 'dmesg | grep -q "rxelab: cycles begin"'
kernel_quiet "cycles" "ib_query_port failed"
check "rdma_rxe unloads" timeout 60 rmmod rdma_rxe
kernel_quiet "rmmod"
finish
