#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# churn.sh [SECONDS [CYCLES [SEED]]]: in the guest: the endpoints of a lab of six are broken and mended under traffic, CYCLES
# times (500) or until the time (900 s) is up. One row of a table, and one for each action.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
limit=${1:-900} cycles=${2:-500}
begin
check "up" rxelab up --name churn --parent eth0 --count 6 --subnet6 fd77::/64
rxelab churn churn --cycles "$cycles" --timeout "$limit" ${3:+--seed "$3"} --json >"$WORK/churn.json" 2>"$WORK/churn.err"
status=$?
said() { json "$1" "$WORK/churn.json"; }
in_time() { [ $status -eq 0 ] || { [ $status -eq 124 ] && [ "$(said 'd["done"]')" -gt 0 ]; } || { cat "$WORK/churn.err"; return 1; }; }
check "all cycles, or as many as the time allowed" in_time
no_problem() { ! said '"\n".join("%d %s %s: %s" % (p["cycle"], p["what"], p["endpoint"], p["detail"]) for p in d["problems"])' | grep .; }
check "no problem" no_problem
right() { [ "$(said 'd["traffic"]["transfers"] > d["done"] and not d["traffic"]["wrong"]')" = True ]; }
check "traffic ran, and all that arrived was right" right
check "verify all" rxelab verify churn
row seed cycles of seconds transfers "cut off" wrong problems "slab bytes a cycle"
row --- --- --- --- --- --- --- --- ---
said '"| " + " | ".join(str(x) for x in (d["seed"], d["done"], d["cycles"], d["seconds"], d["traffic"]["transfers"], d["traffic"]["cut_off"], d["traffic"]["wrong"], len(d["problems"]), d["slab"]["growth_bytes_per_cycle"])) + " |"'
echo
row action done
row --- ---
said '"\n".join("| %s | %d |" % (k, v["done"]) for k, v in d["actions"].items())'
check "down" rxelab down churn
check "nothing is left" as_before 30
[ -z "$failed" ]
