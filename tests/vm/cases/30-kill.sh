# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# up is killed at sampled instants: down, gc or up --replace then find everything from the ledger.
. ./lib.sh
census >"$WORK/start"
up() { rxelab up --name killed --parent eth0 --count 3 >/dev/null 2>&1; }
began=$(date +%s%N)
does "up as a measure" up
took=$((($(date +%s%N) - began) / 1000000))
does "down as a measure" rxelab down killed
for tenth in 1 2 3 4 5 6 7 8 9; do
	after=$((took * tenth / 10))
	timeout -s KILL "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))" "$rx" up --name killed --parent eth0 --count 3 \
		>/dev/null 2>&1
	case $((tenth % 3)) in
	0) rxelab up --name killed --parent eth0 --count 3 --replace >"$WORK/cure" 2>&1 && rxelab down killed >>"$WORK/cure" 2>&1 ;;
	1) if [ -d /run/rxelab/killed ]; then rxelab down killed >"$WORK/cure" 2>&1; fi ;;
	2) rxelab gc >"$WORK/cure" 2>&1; [ ! -d /run/rxelab/killed ] || rxelab down killed >>"$WORK/cure" 2>&1 ;;
	esac
	status=$?
	if [ $status -eq 0 ] && settled "$WORK/start" >"$WORK/diff"; then
		ok "killed after $tenth/10: nothing is left"
	else
		not_ok "killed after $tenth/10: nothing is left" "status $status" "$(cat "$WORK/cure" "$WORK/diff")"
		clean_slate
	fi
done
up
rxelab down killed >/dev/null 2>&1 &
pid=$!
within 5 test ! -e /sys/class/infiniband/rxl.killed.ep3
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
[ ! -d /run/rxelab/killed ] || does "down after a down that was killed" rxelab down killed
does "nothing is left of it" settled "$WORK/start"
