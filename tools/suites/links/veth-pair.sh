# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two namespaces joined by one veth pair: RC, UC and UD by the unmodified ibv_*_pingpong.
# Kernel: RXE in a namespace, since 7.1 (13f2a53c2a71, f1327abd6abe).
. ./lib.sh
needs namespace-data-path
ip link add t-a0 type veth peer name t-b0
does "RXE at both ends" raw_ends
for kind in rc uc ud srq; do does "ibv_${kind}_pingpong" raw_pingpong ibv_${kind}_pingpong; done
raw_away
