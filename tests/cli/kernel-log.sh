#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites' runner takes for a complaint of the kernel, by lines as kernels print them: one of each kind.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
suites=$(cd "$(dirname "$0")/../../tools/suites" && pwd)
WORK=$work/case CASE=x/y
mkdir "$WORK"
# the runner's judgement, of what the kernel is made to say: in a shell of its own, where dmesg is ours
judged() { # TEXT [HARMLESS]
	(
		cd "$suites" || exit 2
		export WORK CASE
		printf '%s' "${2:+$2$'\n'}" >"$WORK/harmless"
		. ./lib.sh
		say() { echo "said: $*"; }
		dmesg() { echo "$said_by_the_kernel"; }
		said_by_the_kernel=$1
		dmesg_verdict
	)
}
while IFS=: read -r kind line; do
	is "a complaint: $kind" test "$(judged "$line" >/dev/null; echo $?)" = 1
done <<'LINES'
WARN:WARNING: CPU: 1 PID: 77 at drivers/infiniband/core/device.c:1234 ib_unregister_device+0x1/0x2 [ib_core]
BUG:kernel BUG at mm/slub.c:448!
bad pointer:BUG: unable to handle page fault for address: ffffffffc0a12345
Oops:Oops: 0000 [#1] PREEMPT SMP NOPTI
lockdep, circular:WARNING: possible circular locking dependency detected
lockdep, recursive:WARNING: possible recursive locking detected
lockdep, older kernels:[ INFO: possible recursive locking detected ]
lockdep, keys:INFO: trying to register non-static key.
lockdep, RCU:WARNING: suspicious RCU usage
sleeping:BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580
scheduling:BUG: scheduling while atomic: kworker/0:1/12/0x00000002
KASAN:BUG: KASAN: slab-use-after-free in rxe_completer+0x1/0x2 [rdma_rxe]
UBSAN:UBSAN: array-index-out-of-bounds in drivers/infiniband/sw/rxe/rxe_resp.c:1:2
hung task:INFO: task rdma:812 blocked for more than 120 seconds.
refcount:refcount_t: underflow; use-after-free.
leaked netdevice reference:unregister_netdevice: waiting for t-a0 to become free. Usage count = 2
leaked reference, tracked:ref_tracker: eth%d@ffff88800 has 1/1 users at
leaked reference, older kernels:leaked reference.
RCU stall:rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
stall of one's own:rcu: INFO: rcu_preempt self-detected stall on CPU
soft lockup:watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:33]
protection fault:general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
list:list_del corruption. prev->next should be ffff8880, but was dead000000000122
kmemleak:kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
LINES
is "a complaint where every line is declared harmless" test \
	"$(judged 'WARNING: CPU: 1 PID: 77 at drivers/infiniband/core/device.c:1234' . >/dev/null; echo $?)" = 1
is "no complaint: nothing" test "$(judged '')" = ''
is "no complaint: 8021q, once loaded, meets a new netdev" test \
	"$(STRICT_DMESG=1 judged '8021q: adding VLAN 0 to HW filter on device rxl0')" = ''
is "every line of the list has a known kind, a pattern and an explanation" test "$(
	grep -vE '^(#|(bug|said|torn)'$'\t[^\t]+\t[^\t]+$)' "$suites/kernel-lines")" = ''
is "no complaint: what RXE says of itself" test "$(judged 'rdma_rxe: loaded')" = ''
is "a line that nobody knows is a note" test "$(judged 'rdma_rxe: a new sentence')" = 'said: note x/y: the kernel said: rdma_rxe: a new sentence'
is "... and with STRICT_DMESG a failure" test "$(STRICT_DMESG=1 judged 'rdma_rxe: a new sentence' >/dev/null; echo $?)" = 1
finish
