# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Verbs over IPv6 GIDs, of a subnet and link-local.
# Kernel: prepare6() and rxe_find_route6() (drivers/infiniband/sw/rxe/rxe_net.c), the second UDP 4791 socket.
. ./lib.sh
does "up with a subnet" rxelab up --name six --parent none --count 2 --subnet6 fd77::/64
verified six "SEND, WRITE, READ over GIDs of the subnet" ipv6,gid-distinct
does "down" rxelab down six
does "up without" rxelab up --name six --parent none --count 2
verified six "link-local GIDs" ipv6
does "down" rxelab down six
