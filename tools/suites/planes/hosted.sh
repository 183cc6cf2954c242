# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# limit: 60 s
# A lab whose RXE devices stay in init_net and whose netdevs do not: every test of verify, between every pair.
# Kernel: ib_core takes the addresses of netdevs above RXE's, RXE routes by the ifindex of a GID's netdev.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state'
does "up" rxelab up --name plh --parent none --count 2 --plane hosted --rdma-netns shared
verified_all plh
does "down" rxelab down plh
