# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab that cannot be replaced stays, or is made again as it was.
. ./lib.sh
up=(rxelab up --name kept --parent eth0 --count 2)
same() {
	look kept
	echo "${lab[ep1.mac]} ${lab[ep2.mac]} $(rxelab save kept)"
}
does "up" "${up[@]}"
first=$(same)
refuses_as "--replace with a parent that is not there" 1 netdev-unknown "kept eth9" rxelab up --name kept --parent eth9 --count 2 --replace
is "the lab is as it was" "$first" "$(same)"
refuses_as "recreate with a limit that is too short" 124 timeout kept rxelab recreate kept --timeout 0.01
is "the lab is as it was" "$first" "$(same)"
ops=$("${up[@]}" --replace --dry-run --json | json 'len(d["operations"])')
does "--replace --dry-run shows the operations" test "${ops:-0}" -gt 5
is "and changes nothing" "$first" "$(same)"

# a failure that only shows when the old lab is gone: a stranger has a name that the new one needs
ip netns add rxl.kept.ep3
refuses_as "--replace that fails after the old lab is gone" 1 name-taken "kept rxl.kept.ep3" rxelab up --name kept --parent eth0 --count 3 --replace
is "the old lab was made again" "$first" "$(same)"
ip netns del rxl.kept.ep3
verify_all kept 2
does "--replace that works" rxelab up --name kept --parent eth0 --count 3 --replace
verify_all kept 3

# a kill at any instant leaves the lab or a record to make it from: some of the boundaries
kept=$(same)
RXELAB_DEBUG_COUNT=$WORK/boundaries rxelab recreate kept >"$WORK/said" 2>&1
count=$(cat "$WORK/boundaries")
does "recreate has boundaries" test "${count:-0}" -gt 50
for part in 5 10 11 12; do
	RXELAB_DEBUG_KILL=$((count * part / 20)) rxelab recreate kept >"$WORK/said" 2>&1
	is "recreate was killed at boundary $part of 20" 137 $?
	does "the lab can be made again" rxelab recreate kept
	is "and is as it was" "$kept" "$(same)"
done

# its record outlives gc, and an up that fails
RXELAB_DEBUG_KILL=$((count / 2)) rxelab recreate kept >"$WORK/said" 2>&1
is "recreate was killed half-way" 137 $?
does "gc" rxelab gc
has "gc leaves the record alone" 'lab kept: left alone' "$(rxelab gc)"
refuses_as "up that fails" 1 netdev-unknown "kept eth9" rxelab up --name kept --parent eth9 --count 2
has "the record is still there" '"lab": *"kept"' "$(rxelab list --json | tr -d '\n')"
does "recreate" rxelab recreate kept
is "the lab is as it was" "$kept" "$(same)"

# a limit holds while another command has the lock
exec 9>/run/lock/rxelab/kept.lock
flock 9
began=$SECONDS
refuses_as "up with a limit behind another's lock" 124 lock-busy kept rxelab up --name kept --parent eth0 --count 3 --timeout 2
does "it ended within its limit" test $((SECONDS - began)) -lt 20
exec 9>&-

# rcu_expedited is put back by each command that set it
if [ -w /sys/kernel/rcu_expedited ]; then
	was=$(cat /sys/kernel/rcu_expedited)
	does "down" rxelab down kept
	does "up --expedite" "${up[@]}" --expedite
	is "up puts rcu_expedited back" "$was" "$(cat /sys/kernel/rcu_expedited)"
	unshare -n sleep 300 &
	pid=$!
	within 10 sh -c "[ \$(readlink /proc/$pid/ns/net) != \$(readlink /proc/self/ns/net) ]"
	does "attach" rxelab attach kept/ep1 --pid $pid
	is "attach puts it back" "$was" "$(cat /sys/kernel/rcu_expedited)"
	does "detach" rxelab detach kept/ep1
	is "detach puts it back" "$was" "$(cat /sys/kernel/rcu_expedited)"
	kill $pid
fi
does "down" rxelab down kept
