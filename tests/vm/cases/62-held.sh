# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# down while programs use the lab: it goes, or process and endpoint are named and nothing is changed; --kill ends those
# in the lab's own namespaces alone.
. ./lib.sh
# a program in held/ep1 that has its device open
hold() {
	rxelab exec held/ep1 -- sh -c 'set -- /dev/infiniband/uverbs*; exec 7<>"$1"; exec sleep 300' &
	pid=$!
	does "a program has its device open" within 20 test -e "/proc/$pid/fd/7"
}
does "up" rxelab up --name held --parent none --count 2
lets_go=$(grep -c ' rxe_disassociate_ucontext' /proc/kallsyms)
hold
if [ "$lets_go" -gt 0 ]; then
	said=$(rxelab down held --timeout 1 2>&1)
	is "down beside a program that has the device open" 0 $?
	has "names the program that stays" "held/ep1.* $pid " "$said"
	does "the program lives" kill -0 $pid
	kill $pid
else
	before=$(rxelab inspect held --json)
	refuses_as "down beside a program that has the device open" 1 device-held "held/ep1 $pid sleep" rxelab down held --timeout 1
	is "nothing has changed" "$before" "$(rxelab inspect held --json)"
	refuses_as "recreate" 1 device-held "held/ep1 $pid" rxelab recreate held
	is "nothing has changed" "$before" "$(rxelab inspect held --json)"
	unshare -n sleep 300 &
	elsewhere=$!
	within 10 sh -c "[ \$(readlink /proc/$elsewhere/ns/net) != \$(readlink /proc/self/ns/net) ]"
	refuses_as "attach" 1 device-held "ep1 $pid" rxelab attach held/ep1 --pid $elsewhere
	is "nothing has changed" "$before" "$(rxelab inspect held --json)"
	kill $elsewhere
	began=$SECONDS
	rxelab down held --timeout 300 2>/dev/null &
	down=$!
	sleep 3
	kill $down
	wait $down
	does "a signal ends the waiting" test $((SECONDS - began)) -lt 60
	is "nothing has changed" "$before" "$(rxelab inspect held --json)"
	kill $pid
	wait $pid $elsewhere 2>/dev/null
	does "down" rxelab down held
fi
wait $pid 2>/dev/null
does "up" rxelab up --name held --parent none --count 2
hold
sleep 1234 &
outside=$!
does "down --kill" rxelab down held --kill
does "the program was ended" within 5 sh -c "! kill -0 $pid 2>/dev/null"
does "one outside was not" kill -0 $outside
kill $outside
wait $pid $outside 2>/dev/null
has "no lab is left" '"labs": *\[\]' "$(rxelab list --json | tr -d '\n')"
