# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The larger ready shapes.
. ./lib.sh
tests=ledger,gid-distinct,port-active,path,rc-send,cm,ipv6
does "leaf-spine: up" rxelab up --name leaf --parent eth0 --vlan 100 --topology leaf-spine:4,2 --count 8 --subnet6 fd77::/56
does "leaf-spine: all pairs" rxelab verify leaf --tests $tests
does "leaf-spine: down" rxelab down leaf
does "ring: up" rxelab up --name ring --parent none --topology ring --count 4
does "ring: verify" rxelab verify ring --tests $tests
does "ring: down" rxelab down ring
