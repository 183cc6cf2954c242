# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Two segments and routers between: RoCE v2 is routed like any UDP, and the router's counters say so.
# Kernel: RXE's route lookup in the namespace of its netdev (7.1 and later).
. ./lib.sh
does "up" rxelab up --name bell --parent none --topology dumbbell --count 4
router=$(ip netns list | sed -nE 's/^(rxl\.bell\.[^ ]*r[^ e]*).*/\1/p' | grep -v '\.ep' | head -n 1)
forwarded() { ip netns exec "$router" awk '/^Ip: [0-9]/ { print $7 }' /proc/net/snmp; }
before=$(forwarded)
verified bell "RC between all pairs" gid-distinct,port-active,path,rc-send
has "the router forwarded" '^1$' "$(($(forwarded) > before + 50))"
does "down" rxelab down bell
