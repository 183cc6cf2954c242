#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# memory.sh [ROW...]: run in a guest. Measured memory of a lab against what up --dry-run predicts; a row is the number of
# endpoints and options of up, such as "16 --rdma-netns shared". Without rows: those of docs/dev/measurements.md for this kernel.
# Fails if a prediction is more than 15 percent off.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
if [ $# -eq 0 ]; then
	case $(uname -r) in
	[1-6].*) set -- "8 --plane hosted" "16 --plane hosted" "32 --plane hosted" "64 --plane hosted --control none" ;;
	# small ones first: what a large lab took comes back late, and would be missing in the row after it
	*) set -- "8 --rdma-netns exclusive" "64 --rdma-netns exclusive" "250 --rdma-netns exclusive" "8 --rdma-netns shared" \
		"16 --rdma-netns shared" "32 --rdma-netns shared" "1000 --rdma-netns exclusive" ;;
	esac
fi

bad=0
echo "kernel $(uname -r), $(awk '/^MemTotal/ { print $2 }' /proc/meminfo) KiB"
echo "| endpoints | predicted, KiB | measured, KiB | predicted / measured |"
echo "|---|---|---|---|"
"$rx" up --name warm --parent eth0 --count 2 >/dev/null && "$rx" down warm >/dev/null
modules
start=$(settled)
# what the lab before took is given back by RCU and work queues, long after down and in more than one go
given_back() {
	local end=$((SECONDS + 120))
	until [ "$(settled)" -ge $((start - 6144)) ] || [ $SECONDS -ge $end ]; do :; done
}
for row; do
	read -r n options <<<"$row"
	# shellcheck disable=SC2086 # options are words
	predicted=$("$rx" up --name memory --parent eth0 --count "$n" $options --dry-run --json |
		python3 -I -S -c 'import json, sys; print(json.load(sys.stdin)["memory_bytes"] // 1024)')
	given_back
	before=$(settled)
	# shellcheck disable=SC2086
	"$rx" up --name memory --parent eth0 --count "$n" $options >/dev/null || exit 1
	measured=$((before - $(settled)))
	"$rx" down memory >/dev/null
	quiet
	awk -v n="$n" -v o="$options" -v p="$predicted" -v m="$measured" 'BEGIN {
		printf "| %d %s | %d | %d | %.2f |\n", n, o, p, m, p / m; exit p / m < 0.85 || p / m > 1.15 }' || bad=1
done
exit $bad
