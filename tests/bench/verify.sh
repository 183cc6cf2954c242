#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# verify.sh: run in a guest (rxelab vm -- bash tests/bench/verify.sh): how long verify takes beside a loop of ibv_rc_pingpong
# (four messages of 4096 bytes, one ordered pair after the other), the first time and the second; then what all and negative
# give. A table, and a line for whatever did not pass. Exit 1 if something failed.
#   SIZES (8 16 32) endpoints   PAIRS (4) that the loop takes
# shellcheck disable=SC2016,SC2154 # the endpoint's shell expands its environment; rx comes from lib.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
failed=0
up() { "$rx" up --name speed --parent eth0 --count "$1" "${@:2}" >/dev/null || exit 1; }
took() {
	local at status=0
	at=$(now)
	"$rx" verify speed --tests "$1" --json >/dev/shm/v || status=1
	seconds "$at" "$(now)"
	return $status
}
# in an endpoint: its device and GID index
ping_one() {
	"$rx" exec "speed/$1" -- sh -c 'exec ibv_rc_pingpong -d $RXELAB_DEV -g $RXELAB_GID_INDEX -n 4 -s 4096 '"${2:-}" >/dev/null 2>&1
}
loop() {
	local i at pid
	at=$(now)
	for ((i = 1; i <= PAIRS; i++)); do
		ping_one ep1 &
		pid=$!
		until ping_one ep2 "$server"; do kill -0 $pid 2>/dev/null || break; done
		wait $pid
	done
	seconds "$at" "$(now)"
}
PAIRS=${PAIRS:-4}
echo "kernel $(uname -r)"
echo
echo "| endpoints | ordered pairs | first, s | second, s | first / second | loop, s a pair | loop / first, a pair |"
echo "|---|---|---|---|---|---|---|"
for n in ${SIZES:-8 16 32}; do
	up "$n"
	server=$("$rx" exec speed/ep1 -- sh -c 'echo ${RXELAB_CONTROL_IPV4:-$RXELAB_IPV4}')
	first=$(took rc-send) || failed=1
	second=$(took rc-send) || failed=1
	awk -v n="$n" -v a="$first" -v b="$second" -v l="$(loop)" -v p="$PAIRS" 'BEGIN { q = n * (n - 1)
		printf "| %d | %d | %.3f | %.3f | %.2f | %.3f | %.0f |\n", n, q, a, b, a / b, l / p, l / p / (a / q) }'
	"$rx" down speed >/dev/null
done
echo
for subnet6 in "" fd77::/64; do
	# shellcheck disable=SC2086 # two words
	up 4 ${subnet6:+--subnet6 $subnet6}
	for tests in all negative; do
		spent=$(took $tests) || failed=1
		python3 - "$tests" "${subnet6:-no IPv6 subnet}" "$spent" <<'END'
import json, sys
d = json.load(open("/dev/shm/v"))
print("%s, %s, 4 endpoints: %d passed, %d failed, %d skipped, %s s" % (*sys.argv[1:3], d["passed"], d["failed"], d["skipped"], sys.argv[3]))
seen = set()
for r in d["results"]:
    if r["status"] != "pass" or len(r["attempts"]) > 1:
        line = "%s %s after %d attempts: %s" % (r["test"], r["status"], len(r["attempts"]), r["detail"])
        if line not in seen:
            print("   ", line)
        seen.add(line)
END
	done
	"$rx" down speed >/dev/null
done
exit $failed
