#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# together.sh: in the guest: commands at the same time: locks hold, nobody waits for ever, words are clear.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
begin
up() { timeout 120 rxelab up --name "$1" --parent eth0 --count 2 --subnet "10.$2.0.0/24" >"$WORK/$1$3.out" 2>&1; }
all_ended() { # PID...: each with status 0
	local pid bad=0
	for pid; do wait "$pid" || bad=1; done
	[ $bad -eq 0 ] || cat "$WORK"/*.out
	return $bad
}

up one 61 & a=$!
up two 62 & b=$!
up three 63 & c=$!
check "three labs up at once" all_ended $a $b $c
check "all of them are there" says 'three' rxelab list
rxelab down one >"$WORK/d1.out" 2>&1 & a=$!
rxelab down two >"$WORK/d2.out" 2>&1 & b=$!
rxelab down three >"$WORK/d3.out" 2>&1 & c=$!
check "three downs at once" all_ended $a $b $c
check "nothing is left" as_before
table_row "different labs at once: checks"

up same 61 a & a=$!
up same 61 b & b=$!
check "the same lab twice at once" all_ended $a $b
check "one lab is there, whole" rxelab inspect same
check "down" rxelab down same
up same 61 & a=$!
within 20 test -d /run/rxelab/same
check "down during up waits and takes it down" timeout 120 rxelab down same
wait $a
check "nothing is left" as_before
# it stops itself in the middle, with the lab's lock in its hands
RXELAB_DEBUG_KILL=40 RXELAB_DEBUG_SIGNAL=$(kill -l STOP) rxelab up --name same --parent eth0 --count 2 >"$WORK/same.out" 2>&1 & a=$!
check "up stops half-way" within 20 grep -q '^State:.T' /proc/$a/status
rxelab -v down same >"$WORK/waiter.out" 2>&1 & b=$!
within 20 grep -qw "$a" "$WORK/waiter.out"
kill -TERM $b
check "who waits for a lock ends at SIGTERM within 3 s" within 3 sh -c "! kill -0 $b"
wait $b
check "and says so" says '\b15\b.* \[stopped\]$' cat "$WORK/waiter.out"
kill -CONT $a
wait $a
check "down" rxelab down same
check "nothing is left" as_before
table_row "the same lab at once: checks"

check "up" up same 61
rxelab exec same/ep1 -- sleep 100 & a=$!
within 10 pgrep -x sleep
check "down while a command runs in an endpoint" timeout 60 rxelab down same
kill $a
wait $a 2>/dev/null
check "nothing is left once it has ended" as_before
check "up" up same 61
rxelab down same >"$WORK/down.out" 2>&1 & a=$!
check "exec during down ends, one way or the other" timeout 60 sh -c 'rxelab exec same/ep1 -- true; test $? -le 4'
wait $a
up same 61 & a=$!
rxelab gc >"$WORK/gc.out" 2>&1 & b=$!
check "gc during up takes nothing of it" all_ended $a $b
check "it is whole" rxelab inspect same
check "down" rxelab down same
check "nothing is left" as_before
table_row "exec and gc during up and down: checks"
bugs
[ -z "$failed" ]
