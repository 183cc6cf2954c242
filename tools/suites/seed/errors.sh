# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Completion statuses say what they should: 10 for a wrong key, 11 for a SEND longer than the receive, 12 for a dead peer.
# Kernel: rxe_resp.c's AETH syndromes and rxe_comp.c's retry limit, all versions; retry 7 never gives up.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|no qp matches|moved to error state'
does "up" rxelab up --name er --parent none --count 2
verified er "status 10, 11 and 12 where they belong" rkey-violation,oversized-send,dead-peer --pairs ep1:ep2
does "down" rxelab down er
