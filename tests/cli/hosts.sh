#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Labs on several hosts: what is judged before the machine is looked at.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
printf 'name: q\nparent: lo\nendpoints: {count: 3}\n' >"$work/lab.yaml"

for host in 0/2 3/2 1 1/2/3 a/b 1/251; do
	refused 2 value-form "up --host $host" up "$work/lab.yaml" --host "$host"
done
refused 2 endpoints-too-few "up: more hosts than endpoints" up "$work/lab.yaml" --host 1/4
is "... has both numbers" grep -qw '3.*4' <<<"$err"
refused 2 host-share "up: no way to the other host" up --name q --parent none --count 2 --host 1/2

refused 2 option-combination "verify --serve proves nothing itself" verify q --serve --tests rc-send
refused 2 option-combination "verify --serve and --remote" verify q --serve --remote host
refused 2 option-combination "verify --listen without --serve" verify q --listen 10.0.0.1
refused 2 option-combination "verify --once without --serve" verify q --once
refused 2 option-combination "verify --wait without --remote" verify q --wait 3
refused 2 remote-address "verify --remote: a port that is none" verify q --remote host:70000
refused 2 remote-address "verify --listen: not an address" verify q --serve --listen '[fd77::1'
refused 2 test-unknown "verify --remote: no such test" verify q --remote host --tests rc-send,srq,nosuch
is "... names it and those there are" test "$(grep -owE 'srq|rc-send|rc-write|rc-read|path|cm' <<<"$err" | sort -u | wc -l)" -eq 6
finish
