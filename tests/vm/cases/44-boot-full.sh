#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=tools/suites/lib.sh disable=SC2154
# limit: 400 s
# systemd as init (of a PID namespace of its own) brings labs up when it boots and down when it powers off: one whose
# parent is there, one whose parent comes late, one whose lab file is bad.
. ./lib.sh
harmless 'systemd|IPv6: ADDRCONF|link becomes ready|already configured on'
if [ ! -x /lib/systemd/systemd ]; then
	skip "systemd is missing (make deps-full)"
	exit 0
fi
units=/run/systemd/system
mkdir -p $units /etc/rxelab
sed "s|@bindir@|$(dirname "$rx")|" ../systemd/rxelab@.service.in >$units/rxelab@.service
# in the hosted plane a subnet belongs to one lab
printf 'name: boot\nparent: eth0\nendpoints: {count: 2}\n' >/etc/rxelab/boot.yaml
printf 'name: late\nparent: late0\nsubnet: 10.78.0.0/24\nendpoints: {count: 2}\n' >/etc/rxelab/late.yaml
echo 'name: bad' >/etc/rxelab/bad.yaml
# a boot of these alone: the host's other services are none of this test's
for unit in multi-user basic sysinit network-online poweroff shutdown umount final; do
	cp /lib/systemd/system/$unit.target $units/
done
cp /lib/systemd/system/systemd-poweroff.service $units/
mkdir $units/multi-user.target.wants
for name in boot bad; do ln -s ../rxelab@.service "$units/multi-user.target.wants/rxelab@$name.service"; done
# the first memory control group switches a static key in the allocator, and QEMU's emulation of two processors can die of
# code that is changed while it runs (Oops: int3)
mkdir -p /run/systemd/system.conf.d
printf '[Manager]\nDefaultMemoryAccounting=no\nDefaultTasksAccounting=no\n' >/run/systemd/system.conf.d/rxelab.conf
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
env -i container=test SYSTEMD_UNIT_PATH=$units PATH="$PATH" unshare --pid --fork --mount --propagation shared --mount-proc --kill-child \
	/lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=console >"$WORK/console" 2>&1 &
outer=$!
init() { pgrep -P $outer -x systemd; }
ctl() { nsenter -t "$(init)" -m -p systemctl "$@"; }
# the names of namespaces are mounts, which are seen where systemd's services live
rxelab() { nsenter -t "$(init)" -m -p "$rx" "$@"; }
state() { ctl show -P ActiveState "rxelab@$1.service"; }
became() { [ "$(state "$1")" = "$2" ]; }

tried_again() { [ "$(ctl show -P NRestarts "rxelab@$1.service")" -gt 0 ]; }

does "a lab is up when systemd has booted" within 150 became boot active
# not at boot: it is tried ten times, 5 s apart, and to boot may take as long in emulation
ctl start --no-block rxelab@late.service
does "a lab whose parent is missing is tried again" within 60 tried_again late
ip link add late0 type dummy
ip link set late0 up
trap 'ip link del late0' EXIT
does "and is up when the parent is there" within 90 became late active
verified boot "the first carries traffic" rc-send,rc-write,path
verified late "and carries traffic, too" rc-send
is "a bad lab file is not tried again: its unit has failed" failed "$(state bad)"
is "with the exit status" 2 "$(ctl show -P ExecMainStatus rxelab@bad.service)"
does "one lab is stopped" ctl stop rxelab@late.service
refuses_as "and is gone" 1 lab-unknown late rxelab inspect late
does "the other is still there" rxelab inspect boot
kill -s RTMIN+4 "$(init)" # power off (systemd(1), SIGNALS)
does "systemd powers off" within 90 sh -c "! kill -0 $outer 2>/dev/null"
unset -f rxelab
is "no lab is left" "" "$(ls /run/rxelab 2>/dev/null)"
sed 's/^/systemd: /' "$WORK/console"
rm -r $units /run/systemd/system.conf.d /etc/rxelab
