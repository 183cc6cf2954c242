# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest hangs: a real-time loop on every processor, and nobody else has a turn.
. ./lib.sh
ok "so far"
echo -1 >/proc/sys/kernel/sched_rt_runtime_us
for ((cpu = 1; cpu < $(nproc); cpu++)); do taskset -c $cpu chrt -f 99 bash -c 'while :; do :; done' & done
exec taskset -c 0 chrt -f 99 bash -c 'while :; do :; done'
