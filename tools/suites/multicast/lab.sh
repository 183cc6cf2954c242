# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UD multicast: a receiver that joined gets every datagram.
# Kernel: rxe_mcast_add() takes the MAC of an IPv6 group for an IPv4 one, so the netdev must have joined as well.
. ./lib.sh
does "up" rxelab up --name mc --parent none --count 3
verified mc "4 datagrams to a group" multicast
does "down" rxelab down mc
