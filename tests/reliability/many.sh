#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# many.sh [N [OPTION...]]: in the guest: a lab of N endpoints (64) is made with these options of up, verified around the
# ring, looked at, and taken down. Seconds of each and the memory that it takes: one row of a table.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
n=${1:-64}
shift
begin
available() { awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo; }
seconds() { # NAME COMMAND...: sets took
	local from
	from=$(date +%s%N)
	check "$@"
	took=$((($(date +%s%N) - from) / 1000000))
	took=$((took / 1000)).$(printf %03d $((took % 1000)))
}
before=$(available)
seconds "up" rxelab up --name many --parent eth0 --count "$n" --subnet6 fd77::/64 "$@"
up=$took after=$(available)
seconds "verify around the ring" rxelab verify many --pairs ring --tests gid-distinct,path,rc-send,rc-write,rc-read,uc-send,ud-send,ipv6 --json
verify=$took
cp "$WORK/check" "$WORK/many.json"
is_ring() { [ "$(json 'len({(r["from"], r["to"]) for r in d["results"] if r["test"] == "rc-send" and r["status"] == "pass"})' "$WORK/many.json")" -ge "$n" ]; }
check "each of the ring has passed" is_ring
no_drift() { [ "$(rxelab inspect many --json | json 'sum(i["drift"] is not None for e in d["endpoints"] for i in e["interfaces"])')" = 0 ]; }
seconds "inspect finds nothing" no_drift
inspect=$took
seconds "up again, nothing is missing" says 'already' rxelab up --name many --parent eth0 --count "$n" --subnet6 fd77::/64 "$@"
again=$took
seconds "down" rxelab down many
row endpoints "up s" "MiB" "verify ring s" "inspect s" "up again s" "down s"
row --- --- --- --- --- --- ---
row "$n" "$up" $((before - after)) "$verify" "$inspect" "$again" "$took"
check "nothing is left" as_before 30
bugs
[ -z "$failed" ]
