# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# up is killed at sampled instants: down, gc or up --replace then find everything from the ledger.
. ./lib.sh
# a kill while an RXE is added: ib_mad's workqueue is not made, and the kernel says why
harmless 'workqueue: Failed to create a rescuer kthread for wq "ib_mad[0-9]+": -EINTR'
census >"$WORK/start"
up=("$rx" up --name killed --parent eth0 --count 3)
lab_known() { [ -d /run/rxelab/killed ]; }
began=$(date +%s%N)
does "up as a measure" "${up[@]}"
took=$((($(date +%s%N) - began) / 1000000))
does "down as a measure" rxelab down killed

# after MILLISECONDS: kill an up then
kill_up() { timeout -s KILL "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" "${up[@]}" >/dev/null 2>&1; }
# an up that was killed before it had a ledger of its own is a matter for gc
cure_down() { if lab_known; then rxelab down killed; else rxelab gc; fi; }
cure_gc() { rxelab gc && { ! lab_known || rxelab down killed; }; }
cure_replace() { "${up[@]}" --replace && rxelab down killed; }

cures=(cure_down cure_gc cure_replace)
tenths='2 5 9'
[ -z "${FULL:-}" ] || tenths='1 2 3 4 5 6 7 8 9'
for tenth in $tenths; do
	cure=${cures[$((tenth % 3))]}
	kill_up $((took * tenth / 10)) 2>/dev/null
	if ${cure} >"$WORK/cure" 2>&1 && settled "$WORK/start" >"$WORK/diff"; then
		ok "up killed at $tenth/10, then $cure: nothing is left"
	else
		not_ok "up killed at $tenth/10, then $cure: nothing is left" "$(cat "$WORK/cure" "$WORK/diff")"
		clean_slate
	fi
done

"${up[@]}" >/dev/null 2>&1
"$rx" down killed >/dev/null 2>&1 & # the program itself, not the function: kill must reach it
pid=$!
within 10 sh -c '! ls /run/netns/rxl.killed.ep3 || ! rdma link | grep -q rxl.killed.ep3'
kill -9 $pid
wait $pid 2>/dev/null
! lab_known || does "down after a down that was killed" rxelab down killed
rxelab gc >/dev/null 2>&1
does "nothing is left of it" settled "$WORK/start"
