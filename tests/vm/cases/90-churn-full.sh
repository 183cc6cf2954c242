# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 6000 s
# Endpoints broken and mended at random under traffic, CHURN_CYCLES times (500; make soak: 2,000): no leak, no message of
# the kernel that nothing explains, and at the end the lab as it was. A signal and a deadline end it with the lab whole.
. ./lib.sh
cycles=${CHURN_CYCLES:-500}
mode=()
[ "$EXPECT_PLANE" != netns ] || mode=(--rdma-netns "${CHURN_MODE:-exclusive}")
# what cannot be chosen, there
never='set()'
[ "$EXPECT_PLANE" = hosted ] || never='{"wire-delete", "rxe-netdev-delete", "filter-delete", "rule-delete", "route-delete"}'
does "up" rxelab up --name churn --parent eth0 --count 6 "${mode[@]}"
state() { rxelab inspect churn --json | json '[(e["name"], e["mac"], e["mtu"], e["ipv4"], e["gid"], e["port_state"], e["drift"]) for e in d["endpoints"]]'; }
before=$(state)

# the same seed makes the same choices
rxelab churn churn --cycles 3 --workers 1 --seed 5 --json >"$WORK/a.json" 2>"$WORK/a.err"
rxelab churn churn --cycles 3 --workers 1 --seed 5 --json >"$WORK/b.json" 2>"$WORK/b.err"
choices='sorted((k, v["done"]) for k, v in d["actions"].items())'
is "a seed repeats its choices" "$(json "$choices" "$WORK/a.json")" "$(json "$choices" "$WORK/b.json")"

rxelab churn churn --cycles 100000 --seed 424242 --json >"$WORK/int.json" 2>"$WORK/int.err" &
pid=$!
within 60 grep -q 424242 "$WORK/int.err"
kill -INT $pid
wait $pid
is "a signal ends it, in time, with status 1" 1 $?
has "and says how far it came" ' 2 .*[0-9]+ .*100000' "$(cat "$WORK/int.err")"
is "with the lab as before" "$before" "$(state)"
refuses "a deadline ends it with status 124" 124 '[0-9]+ .*100000' rxelab churn churn --cycles 100000 --timeout 3

rxelab churn churn --cycles "$cycles" --workers 2 --json >"$WORK/churn.json" 2>"$WORK/churn.err"
is "$cycles cycles: status" 0 $?
json '"seed %d, %d of %d cycles in %d s; traffic: %d transfers, %d cut off; slab %+d bytes a cycle" % (d["seed"], d["done"], d["cycles"], d["seconds"], d["traffic"]["transfers"], d["traffic"]["cut_off"], d["slab"]["growth_bytes_per_cycle"])' "$WORK/churn.json"
json '"\n".join("%s: %d" % (k, v["done"]) for k, v in d["actions"].items())' "$WORK/churn.json"
is "every cycle ran" "$cycles" "$(json 'd["done"]' "$WORK/churn.json")"
is "no problem" "" "$(json '"; ".join("%d %s %s: %s" % (p["cycle"], p["what"], p["endpoint"], p["detail"]) for p in d["problems"])' "$WORK/churn.json")"
# of 14 actions a run of 60 choices leaves out one in six times
missed=$(json "sum(1 for k, v in d['actions'].items() if not v['done'] and k not in $never)" "$WORK/churn.json")
is "every action was chosen, or nearly in a short run" yes "$([ "$missed" -le $((cycles < 200 ? 3 : 0)) ] && echo yes)"
is "traffic ran meanwhile, and all that arrived was right" "True 0" "$(json '"%s %d" % (d["traffic"]["transfers"] > d["done"], d["traffic"]["wrong"])' "$WORK/churn.json")"
is "the lab is as before" "$before" "$(state)"
# the kernel's messages were judged, each against an explanation, by churn itself
json '"\n".join("%s" % __import__("re").escape(m["text"]) for m in d["kernel"] if m["why"])' "$WORK/churn.json" | sed -E 's/[0-9]+/[0-9]+/g' >>"$WORK/harmless"
verify_all churn 6
does "down" rxelab down churn
