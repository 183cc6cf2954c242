#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo, in the guest: four endpoints on one network card, shown, proved, taken down, nothing left.
say() { printf '\n%s\n' "$*"; }
try() {
	printf '\n$ %s\n' "$*"
	"$@"
}
must() { try "$@" || { status=$?; say "The demo stops here: \"$*\" ended with status $status."; exit $status; }; }

say "=== This is Linux $(uname -r) in a VM. It has one network card: ==="
try ip -br link
say "=== Four endpoints on it, each with a namespace, an RXE device and a GID of its own ==="
must rxelab up --name demo --parent eth0 --count 4
must rxelab inspect demo
say "=== The kernel's own view of the first endpoint ==="
try rxelab exec demo/ep1 -- sh -c 'ip -br address; ls /dev/infiniband; echo "$RXELAB_DEV $RXELAB_GID"'
say "=== Verbs traffic with checked payload between every pair ==="
must rxelab verify demo
say "=== Down again; nothing is left ==="
must rxelab down demo
try ip -br link
try ip netns
try rdma link
left="$(ip netns)$(rdma link)$(ip -o link | grep rxl)$(ls /run/rxelab 2>/dev/null)"
[ -z "$left" ] || { say "Something is left: $left"; exit 1; }
say "=== Nothing is left. The same on another kernel: make demo KERNEL=bookworm ==="
