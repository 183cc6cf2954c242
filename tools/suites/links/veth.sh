# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# RXE on veth pairs into a bridge.
# Kernel: RXE on veth; the bridge forwards RoCE v2 like any UDP.
. ./lib.sh
does "up: three endpoints" rxelab up --name ve --parent none --link veth --count 3
verified ve "distinct GIDs, RC between every pair" gid-distinct,port-active,path,rc-send,rc-read
does "down" rxelab down ve
