# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ibv_uc_pingpong, ibv_srq_pingpong, RC with checked payload and with events.
# Kernel: UC, shared receive queues, completion events of RXE; on-demand paging since d03fb5c6599e (6.15).
. ./lib.sh
does "up" rxelab up --name pp --parent none --count 2
pp() { # NAME PROGRAM OPTION...
	local name=$1
	shift
	between pp "$name" "$* -n 100 -d \$RXELAB_DEV -g \$RXELAB_GID_INDEX" "$* -n 100 -d \$RXELAB_DEV -g \$RXELAB_GID_INDEX ep1" 18515
}
pp "UC" ibv_uc_pingpong
pp "SRQ" ibv_srq_pingpong -q 4
pp "RC, payload checked" ibv_rc_pingpong -c
pp "RC with events" ibv_rc_pingpong -e
if can odp; then pp "RC with on-demand paging" ibv_rc_pingpong -o; else skip "RC with on-demand paging" "this kernel's RXE has none"; fi
does "down" rxelab down pp
