# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams that end before their headers do, with every pad count: they are dropped.
# Kernel: the length of the payload was computed before pad count and ICRC were known to fit, and could be negative. Mended by
# 7244491dab34 "RDMA/rxe: Validate pad and ICRC before payload_size() in rxe_rcv" (7.1; stable: 5.10, 5.15, 7.0).
. ./lib.sh
. packets/ends.bash
does "made" ends
traffic
is "traffic runs" 0 $?
sent=$(ip netns exec t-b python3 -I -S packets/send.py 10.99.0.1 short)
does "[sent] more than 500 datagrams were sent" test "$sent" -gt 500
does "they have come" came "$sent"
ends_away
does "[alive] RXE still works" works
away
