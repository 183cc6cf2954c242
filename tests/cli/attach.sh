#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# attach, detach, reattach: what is judged before the machine is looked at, and what env says of a declared container.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 2 container-name "attach without a container" attach quad/ep1
refused 2 container-name "attach to two" attach quad/ep1 --lxc a --pid 77
refused 2 endpoint-name "attach of a lab" attach quad --lxc a
refused 2 container-name "a pid that is no number" attach quad/ep1 --pid self
refused 2 container-name "process 0, which is none" attach quad/ep1 --pid 0
refused 2 container-name "a namespace that is no path" attach quad/ep1 --netns blue
refused 2 netdev-name "a netdev's name that the kernel does not take" attach quad/ep1 --lxc a --netdev averyverylongname
refused 2 netdev-name "a netdev's name with a slash" attach quad/ep1 --lxc a --netdev a/b
refused 2 container-name "a container without a name" attach quad/ep1 --lxc ''
refused 2 endpoint-name "detach of a lab" detach quad
refused 2 operand-missing "reattach of nothing" reattach
refused 2 operand-missing "reattach of all and one" reattach --all quad
refused 2 operand-extra "words behind reattach" reattach quad -- c1 lxc start-host

cat >"$work/lab.yaml" <<'LAB'
name: quad
parent: eth0
endpoints:
  - {name: a, container: {lxc: 101, netdev: roce0}}
  - {name: b}
LAB
run env quad/a --format lxc -f "$work/lab.yaml"
is "env --format lxc prints the hook of a declared container" test "$(grep -c '^lxc.hook.*reattach quad/a --hook$' "$work/out")" -eq 2
is "... and no device nodes, which attach makes" test "$(grep -c 'lxc.mount.entry\|cgroup2' "$work/out")" -eq 0
mkdir "$work/a place"
cp "$RXELAB" "$work/a place/"
RXELAB="$work/a place/rxelab" run env quad/a --format lxc -f "$work/lab.yaml"
is "... quoted where the program's path has a space: LXC runs it by sh" \
	test "$(grep -cF " = '$work/a place/rxelab' reattach quad/a --hook" "$work/out")" -eq 2
run env quad/b --format lxc -f "$work/lab.yaml"
is "no hook for an endpoint in a namespace of its own" test "$(grep -c '^lxc.hook' "$work/out")" -eq 0
run env quad/b --format cdi -f "$work/lab.yaml"
is "a CDI file is of the lowest version" grep -q '"cdiVersion": "0.3.0"' "$work/out"
sed 's/quad/7quad/' "$work/lab.yaml" >"$work/digit.yaml"
run env 7quad/b --format cdi -f "$work/digit.yaml"
is "which is a later one for a name that begins with a digit" grep -q '"cdiVersion": "0.5.0"' "$work/out"
run up "$work/lab.yaml" --dry-run --format yaml
is "the container comes back as it was" grep -q 'container: {lxc: "*101"*, netdev: roce0}' "$work/out"
finish
