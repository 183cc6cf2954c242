# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# limit: 60 s
# A lab whose endpoints live in namespaces, RXE and all: every test of verify, between every pair.
# Kernel: RXE's data path in a namespace, since 7.1: 13f2a53c2a71 "RDMA/rxe: Add net namespace support for IPv4/IPv6
# sockets", f1327abd6abe "RDMA/rxe: Support RDMA link creation and destruction per net namespace".
. ./lib.sh
needs namespace-data-path
harmless 'rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state'
does "up" rxelab up --name pln --parent none --count 2 --plane netns --rdma-netns shared
verified_all pln
does "down" rxelab down pln
