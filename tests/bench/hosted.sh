#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hosted.sh [RUNS]: run in a guest whose RXE works in init_net alone. Whole endpoints, by eBPF and by flower, against the
# bare form (RXE on a macvlan in init_net), by turns in one boot: medians of RUNS (5), and the lowest and highest. Exit 1: eBPF
# has less than 0.90 of the bandwidth, or more than 1.15 of the latency.
set -u
. "$(dirname "$0")/lib.sh"
runs=${1:-5}
figures=/dev/shm/figures
: >"$figures"
# same cells for each: once around all labs, then again
"$rx" up --name bare --parent eth0 --count 2 --plane hosted --control none --subnet 10.78.0.0/24 >/dev/null || exit 1
"$rx" up --name ebpf --parent eth0 --count 2 --plane hosted --subnet 10.77.0.0/24 >/dev/null || exit 1
RXELAB_DEBUG_STEER=flower "$rx" up --name flower --parent eth0 --count 2 --plane hosted --subnet 10.76.0.0/24 >/dev/null || exit 1
measure() { # LAB TEST SIZES
	"$rx" bench "$1" --pairs ep1:ep2 --tests "$2" --sizes "$3" --duration "${DURATION:-1}" --json |
		python3 -I -S -c 'import json, sys
for r in json.load(sys.stdin)["results"]:
    figure = (r["bandwidth_MBps"] or {}).get("average") or (r["latency_us"] or {}).get("median")
    if figure:
        print(sys.argv[1], r["test"], r["size"], figure, sep="\t")' "$1" >>"$figures"
}
for ((run = 0; run < runs; run++)); do
	for lab in ebpf bare flower; do
		measure $lab write-bw 4096,65536
		measure $lab send-lat 64
	done
done
for lab in ebpf bare flower; do "$rx" down $lab >/dev/null; done
python3 -I - "$figures" <<'END'
import statistics
import sys
seen = {}
for line in open(sys.argv[1]):
    lab, test, size, figure = line.split()
    seen.setdefault((test, int(size)), {}).setdefault(lab, []).append(float(figure))
print("| what | whole by | ratio of medians | ratios of neighbours | whole | bare |")
print("|---|---|---|---|---|---|")
missed = False
for (test, size), labs in seen.items():
    bare = labs["bare"]
    for way in ("ebpf", "flower"):
        whole = labs[way]
        ratios = sorted(a / b for a, b in zip(whole, bare))
        of = ["%.4g (%.4g to %.4g)" % (statistics.median(v), min(v), max(v)) for v in (whole, bare)]
        ratio = statistics.median(whole) / statistics.median(bare)
        missed |= way == "ebpf" and (ratio > 1.15 if test.endswith("lat") else ratio < 0.90)
        print("| %s %d B | %s | %.2f | %.2f (%.2f to %.2f) | %s %s | %s |" % (
            test, size, way, ratio, statistics.median(ratios),
            ratios[0], ratios[-1], of[0], "us" if test.endswith("lat") else "MB/s", of[1]))
sys.exit(missed)
END
