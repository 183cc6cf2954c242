# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams with opcodes that RoCE has not, of one header, from a neighbour that nobody asked who it is: they are dropped.
# Kernel: the ICRC of a packet was looked for by the length of its opcode's headers, which an unknown opcode has not, so that
# one datagram was a panic. Mended by 4c6f86d85d03 "RDMA/rxe: Reject unknown opcodes before ICRC processing" (7.1; stable:
# 6.6.140, 6.12.88, 6.18.30, 7.0.7).
. ./lib.sh
. packets/ends.bash
does "made" ends
traffic
is "traffic runs" 0 $?
sent=$(ip netns exec t-b python3 -I -S packets/send.py 10.99.0.1 unknown)
does "[sent] more than 500 datagrams were sent" test "$sent" -gt 500
does "they have come" came "$sent"
ends_away
does "[alive] RXE still works" works
away
