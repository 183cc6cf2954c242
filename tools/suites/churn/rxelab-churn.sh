# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints come and go at random under traffic.
# Kernel: registration, removal and traffic of RXE devices at once.
. ./lib.sh
rxelab churn -h >/dev/null 2>&1 || skip_case "this rxelab has no churn"
harmless 'ib_query_port failed|rxe_completer|retry exceeded|non-flush error'
does "up" rxelab up --name ch --parent none --count 3
does "20 cycles" timeout 200 "$rx" churn ch --cycles 20 --seed 1
rxelab list 2>/dev/null | grep -q '^ch ' && does "down" rxelab down ch
ok "done"
