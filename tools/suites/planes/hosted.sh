# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# limit: 60 s
# A lab whose endpoints share init_net, each with its own netdev and RXE: every test of verify, between every pair.
# Kernel: RXE routes with the outgoing netdev set; accept_local, arp_ignore and arp_announce of IPv4, all versions.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state'
does "up" rxelab up --name plh --parent none --count 2 --plane hosted --rdma-netns shared
verified_all plh
does "down" rxelab down plh
