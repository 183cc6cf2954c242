#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# against-guest.sh OLD NEW: run in a guest by tests/bench/against. up of two programs, in turns and in one boot: "calls
# PROGRAM N" is how many system calls it made, "time PROGRAM S" its user and system time, "call PROGRAM NAME N" what the
# last run made of each.
#   COUNT (8) endpoints   RUNS (5)
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
count=${COUNT:-8} runs=${RUNS:-5}
cp "$1" /dev/shm/old
cp "$2" /dev/shm/new
cp "$(command -v strace)" /dev/shm/strace
up() { "$@" up --name against --parent eth0 --count "$count" >/dev/null; }
down() { "$1" down against >/dev/null && quiet; }

echo "kernel $(uname -r)"
for program in old new; do # the first of each pays for what is read once
	up /dev/shm/$program && down /dev/shm/$program || exit 1
done
for ((run = 1; run <= runs; run++)); do
	order='old new'
	[ $((run % 2)) = 1 ] || order='new old'
	for program in $order; do
		up /dev/shm/strace -f -c -U calls,name -o /dev/shm/calls "/dev/shm/$program" || exit 1
		down "/dev/shm/$program" || exit 1
		echo "calls $program $(awk '$2 == "total" { print $1 }' /dev/shm/calls)"
		[ "$run" != "$runs" ] || awk -v p="$program" '$1 ~ /^[0-9]+$/ && $2 != "total" { print "call", p, $2, $1 }' /dev/shm/calls
		TIMEFORMAT='%U %S'
		took=$({ time up "/dev/shm/$program"; } 2>&1) || exit 1
		down "/dev/shm/$program" || exit 1
		echo "time $program $(awk '{ print $1 + $2 }' <<<"$took")"
	done
done
