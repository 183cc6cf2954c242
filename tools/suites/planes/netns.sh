# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# A lab whose endpoints live in namespaces, RXE and all: every test of verify, between every pair.
# Kernel: RXE's data path in a namespace (per-namespace UDP 4791 sockets, routes of the device's namespace), since 7.1.
. ./lib.sh
needs namespace-data-path
harmless 'rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state'
does "up" rxelab up --name pln --parent none --count 2 --plane netns --rdma-netns shared
verified pln "every test of verify" all
does "down" rxelab down pln
