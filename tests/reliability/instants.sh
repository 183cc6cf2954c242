#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# instants.sh [N [SEED]]: in the guest: up and down of a lab of two endpoints, with all their threads, killed at N random
# instants of their measured times, then "down" or "gc" in turn.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
begin
RANDOM=${2:-13}
two=(rxelab up --name killed --parent eth0 --count 2)
measure() { # COMMAND...: milliseconds
	local from
	from=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - from) / 1000000))
}
killed_after() { # MILLISECONDS COMMAND...
	timeout -s KILL "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" "${@:2}" >/dev/null 2>&1
}
cure() {
	if [ -d /run/rxelab/killed ] && [ $(($1 % 2)) -eq 0 ]; then
		rxelab down killed
	else
		rxelab gc && { [ ! -d /run/rxelab/killed ] || rxelab down killed; }
	fi
}
one() { cure "$1" && "$census" -q "$WORK/start" 15; }

up_time=$(measure "${two[@]}")
down_time=$(measure rxelab down killed)
for ((i = 1; i <= ${1:-200}; i++)); do
	if [ $((i % 3)) -eq 0 ]; then
		"${two[@]}" >/dev/null 2>&1
		at=$((RANDOM * down_time / 32767 + 1)) what=down
		killed_after $at rxelab down killed
	else
		at=$((RANDOM * up_time / 32767 + 1)) what=up
		killed_after $at "${two[@]}"
	fi 2>/dev/null
	check "$what killed after $at ms" one $i
	[ -z "$failed" ] || clean_slate
done
check "the whole census, at last" as_before
row "random instants of up (0 to $up_time ms) and down (0 to $down_time ms)" $tried $right
bugs
[ -z "$failed" ]
