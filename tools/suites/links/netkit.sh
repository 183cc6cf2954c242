# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RXE on a netkit pair in L2 mode.
# Kernel: netkit, since 6.7 where it is configured (CONFIG_NETKIT).
. ./lib.sh
needs namespace-data-path
said=$(ip link add t-a0 type netkit mode l2 peer name t-b0 2>&1) || skip_case "no netkit pair can be made: $said"
does "RXE at both ends" raw_ends
does "ibv_rc_pingpong" raw_pingpong ibv_rc_pingpong
raw_away
