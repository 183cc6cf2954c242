# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest hangs: a real-time loop on every processor, and nobody else has a turn.
. ./lib.sh
ok "so far"
echo -1 >/proc/sys/kernel/sched_rt_runtime_us
# since 6.12 ordinary tasks have a server of their own, which real-time tasks cannot starve
for runtime in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do [ ! -e "$runtime" ] || echo 0 >"$runtime"; done
for ((cpu = 1; cpu < $(nproc); cpu++)); do taskset -c $cpu chrt -f 99 bash -c 'while :; do :; done' & done
exec taskset -c 0 chrt -f 99 bash -c 'while :; do :; done'
