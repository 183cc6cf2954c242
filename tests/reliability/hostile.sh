#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hostile.sh: in the guest: no room or no right to write under /run, the clock stepped, stopped for a while, killed for
# want of memory, privileges missing, links and another user's folders in the way.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
begin
two=(rxelab up --name hard --parent eth0 --count 2)

# a full disk: /run/rxelab with room for no, one, two, ... pages
for pages in 0 1 2 3 4 5; do
	mkdir -m 700 /run/rxelab
	mount -t tmpfs -o "size=$((pages ? pages * 4096 : 4096)),mode=700" none /run/rxelab
	[ $pages -gt 0 ] || dd if=/dev/zero of=/run/rxelab/.filler bs=4096 count=1 2>/dev/null
	if said=$("${two[@]}" 2>&1 >/dev/null); then
		check "a disk of $pages pages is enough: down" rxelab down hard
	else
		check "a disk of $pages pages: it says so" says 'rxelab: .*No space' echo "$said"
		check "a disk of $pages pages: no lab is there" test ! -d /run/rxelab/hard
	fi
	umount /run/rxelab
	rmdir /run/rxelab 2>/dev/null
	check "a disk of $pages pages: nothing is left" as_before
done
# full only after up
mkdir -m 700 /run/rxelab
mount -t tmpfs -o size=64k,mode=700 none /run/rxelab
check "up" "${two[@]}"
dd if=/dev/zero of=/run/rxelab/.filler bs=4096 2>/dev/null
check "down on a full disk" rxelab down hard
umount /run/rxelab
rmdir /run/rxelab 2>/dev/null
check "nothing is left" as_before
mkdir -m 700 /run/rxelab
mount -t tmpfs -o ro,mode=700 none /run/rxelab
check "a read-only /run/rxelab: one clear sentence" says 'rxelab: .*[Rr]ead-only' "${two[@]}"
umount /run/rxelab
rmdir /run/rxelab 2>/dev/null
check "nothing is left" as_before
table_row "no room, no right to write: checks"

# links and folders of others in the way
ln -s /tmp /run/rxelab
check "a link in place of /run/rxelab is refused" fails 1 "${two[@]}"
rm /run/rxelab
ln -s /tmp /run/lock/rxelab
check "a link in place of /run/lock/rxelab is refused" fails 1 "${two[@]}"
rm /run/lock/rxelab
mkdir /run/lock/rxelab
chown 65534 /run/lock/rxelab
check "another user's /run/lock/rxelab is refused" fails 1 "${two[@]}"
rmdir /run/lock/rxelab
check "nothing is left" as_before
for name in ../x a/b .host ''; do
	check "down '$name' is refused" fails 2 rxelab down "$name"
	check "inspect '$name' is refused" sh -c "rxelab inspect '$name' 2>/dev/null; test \$? -eq 1 -o \$? -eq 2"
done
table_row "links, folders of others, names: checks"

# privileges: it says what is missing, and works with no more than it says
bounded() { setpriv --bounding-set "-all,$1" --inh-caps=-all "${@:2}"; }
check "without CAP_NET_ADMIN: status 4" fails 4 bounded +sys_admin "${two[@]}"
check "it names the capabilities" says 'CAP_NET_ADMIN and CAP_SYS_ADMIN' bounded +sys_admin "${two[@]}"
check "without CAP_SYS_ADMIN: status 4" fails 4 bounded +net_admin "${two[@]}"
check "up with CAP_NET_ADMIN and CAP_SYS_ADMIN alone" bounded +net_admin,+sys_admin "${two[@]}"
check "exec --user drops everything" says '^CapEff:.*0000000000000000$' rxelab exec hard/ep1 --user nobody -- cat /proc/self/status
check "and its groups" says '^Groups:[[:space:]]*(65534)?[[:space:]]*$' rxelab exec hard/ep1 --user nobody -- cat /proc/self/status
check "there is no way back" says 'uid=65534' rxelab exec hard/ep1 --user nobody -- id
# the ls itself has the folder open
exec 7</etc/hostname
check "inherited descriptors are closed" says '^0 1 2 3 $' rxelab exec hard/ep1 -- sh -c 'ls /proc/self/fd | tr "\n" " "'
exec 7<&-
check "down with them alone" bounded +net_admin,+sys_admin rxelab down hard
check "nothing is left" as_before
modprobe -r macvlan
check "up that must load a module, without CAP_SYS_MODULE, says so" says 'rxelab: .*macvlan' bounded +net_admin,+sys_admin "${two[@]}"
rxelab down hard 2>/dev/null
check "up that must load a module, with CAP_SYS_MODULE" bounded +net_admin,+sys_admin,+sys_module "${two[@]}"
check "down" bounded +net_admin,+sys_admin,+sys_module rxelab down hard
modprobe macvlan
check "nothing is left" as_before
# shellcheck disable=SC2016
check "down runs with no more than it needs" sh -c 'RXELAB_DEBUG_KILL=1 RXELAB_DEBUG_SIGNAL=19 rxelab down hard 2>/dev/null & p=$!
	for i in $(seq 100); do grep -q "^State:.*T" /proc/$p/status && break; done
	c=$(sed -n "s/^CapEff:[[:space:]]*//p" /proc/$p/status); kill -KILL $p; echo "$c"; [ $((0x$c & ~0x4082d10c6)) -eq 0 ]'
rm -rf /run/lock/rxelab
table_row "privileges: checks"

# time, stops, want of memory
"${two[@]}" >"$WORK/up.out" 2>&1 & pid=$!
within 20 test -d /run/rxelab/hard
date -s '+1 day' >/dev/null
date -s '-2 days' >/dev/null
check "up while the clock is stepped" wait $pid
date -s '+1 day' >/dev/null
check "down" rxelab down hard
"${two[@]}" >"$WORK/up.out" 2>&1 & pid=$!
within 20 test -d /run/rxelab/hard
kill -STOP $pid
check "list while up is stopped" says hard rxelab list
sleep "${STOPPED:-10}" # nothing happens meanwhile: that is what is waited for
kill -CONT $pid
check "up that was stopped for a while" wait $pid
check "down" rxelab down hard
check "nothing is left" as_before
(echo 1000 >/proc/self/oom_score_adj; exec "${two[@]}") >"$WORK/up.out" 2>&1 & pid=$!
within 20 test -d /run/rxelab/hard
echo f >/proc/sysrq-trigger
wait $pid
check "up that was killed for want of memory left its ledger or nothing" test $? -eq 137 -o $? -eq 0
check "gc puts it right" sh -c 'rxelab gc && { [ ! -d /run/rxelab/hard ] || rxelab down hard; }'
check "nothing is left" as_before
table_row "clock, stop, want of memory: checks"
dmesg --clear # the kernel says much of a process that it kills
[ -z "$failed" ]
