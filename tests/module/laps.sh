# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A lab comes, proves itself and goes LAPS times (20), its modules with it: nothing may stay, and no CPU may stick (CPUS of `run`).
. "$(dirname "$0")/lib.sh"
[ "$VARIANT" != rebuilt ] || "$RXELAB" module load --road rebuild >/dev/null || exit 1
mode=(--rdma-netns exclusive)
[ "$VARIANT" != helper ] || mode=()
ip link add p0 type dummy && ip link set p0 up
dmesg -n alert
for f in softlockup_all_cpu_backtrace hardlockup_all_cpu_backtrace; do echo 1 2>/dev/null >/proc/sys/kernel/$f; done
dmesg -C
bad=0 tests=(rc-send rc-write ud-send cm)
say() { bad=$((bad + 1)); echo "# lap $1: $2"; tail -n 3 /tmp/rxl/lap | sed 's/^/# /'; }
lap() {
	local passed
	"$RXELAB" up --name lap --parent p0 --count "${COUNT:-4}" "${mode[@]}" >/tmp/rxl/lap 2>&1 || { say "$1" up; return; }
	"$RXELAB" verify lap --tests "$(IFS=,; echo "${tests[*]}")" --format tap >/tmp/rxl/lap 2>&1 || say "$1" verify
	passed=$(grep -v SKIP /tmp/rxl/lap | grep -cE '^ok [0-9]+ cm ')
	[ "$passed" = $((${COUNT:-4} * (${COUNT:-4} - 1))) ] || say "$1" "rdma_cm passed for $passed pairs"
	timeout 120 "$RXELAB" down lap >/tmp/rxl/lap 2>&1 || say "$1" down
	until_ 20 gone || say "$1" "something is left"
	[ "$VARIANT" = rebuilt ] || [ ! -e /sys/module/rdma_rxe ] || say "$1" "rdma_rxe is left"
}
start=$SECONDS
for c in $(seq "${LAPS:-20}"); do
	lap "$c"
	! dmesg | grep -qE 'soft lockup|hard LOCKUP|rcu:.*stall' || { echo "# lap $c: a CPU stuck"; break; }
done
echo "# $c laps, $((SECONDS - start)) s, $(nproc) CPUs, $(memory)"
check "${LAPS:-20} labs came, proved themselves and went" test "$bad $c" = "0 ${LAPS:-20}"
kernel_quiet "laps" "ib_query_port failed"
finish
