#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench.sh [N...]: run in a guest. Ratios inside this boot, which alone mean something under emulation:
#   verify of all pairs against a loop of ibv_rc_pingpong, per ordered pair, for labs of N endpoints (8 16 32 64);
#   the first verify after up against the second, medians of three ups; bench against perftest, median of five interleaved runs.
set -u
rx=${RXELAB:-$PWD/build/rxelab}
cp "$rx" /dev/shm/rxelab && rx=/dev/shm/rxelab   # the guest's root is a slow network file system
dmesg -n 1
modprobe virtio_net 2>/dev/null
ip link set eth0 up
sizes=${*:-8 16 32 64}

now() { date +%s%N; }
value() { python3 -I -S -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"; }

# milliseconds of one pingpong between ep1 and ep2, process starts and all, waiting for the server's port
pingpong_ms() {
	local began runs=5 i server index1 index2
	read -r index1 index2 < <("$rx" inspect ratio --json | value '" ".join(str(e["gid_index"]) for e in d["endpoints"][:2])')
	began=$(now)
	for ((i = 0; i < runs; i++)); do
		ip netns exec rxl.ratio.ep1 ibv_rc_pingpong -d rxl.ratio.ep1 -g "$index1" -n 4 >/dev/null &
		server=$!
		until ip netns exec rxl.ratio.ep1 grep -q ':4853 .* 0A ' /proc/net/tcp /proc/net/tcp6; do :; done
		ip netns exec rxl.ratio.ep2 ibv_rc_pingpong -d rxl.ratio.ep2 -g "$index2" -n 4 10.77.0.1 >/dev/null || return 1
		wait $server || return 1
	done
	echo $((($(now) - began) / runs / 1000000))
}

# milliseconds of the whole process; verify's own verdict counts
verify_ms() {
	local began
	began=$(now)
	"$rx" verify ratio --tests rc-send >/dev/null || return 1
	echo $((($(now) - began) / 1000000))
}

echo "| what | N | ratio | from |"
echo "|---|---|---|---|"
# the median and the range of the lines of a file
middle() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
range() { sort -n "$1" | awk 'NR == 1 { low = $1 } { high = $1 } END { print low "-" high }'; }

runs=${RUNS:-3}
for n in $sizes; do
	rm -f /tmp/first /tmp/second /tmp/single
	for ((run = 0; run < runs; run++)); do
		"$rx" up --name ratio --parent eth0 --count "$n" --plane netns --rdma-netns "${MODE:-exclusive}" >/dev/null || continue 2
		verify_ms >>/tmp/first && verify_ms >>/tmp/second && pingpong_ms >>/tmp/single || continue 2
		"$rx" down ratio >/dev/null 2>&1
	done
	first=$(middle /tmp/first) second=$(middle /tmp/second) single=$(middle /tmp/single)
	echo "| verify all pairs against pingpong | $n | $((single * n * (n - 1) / first)) | medians of $runs: $single ($(range /tmp/single)) ms a pingpong, $first ($(range /tmp/first)) ms for $((n * (n - 1))) ordered pairs |"
	echo "| first verify after up against the second | $n | $(awk "BEGIN { printf \"%.2f\", $first / $second }") | medians of $runs: $first ms, $second ($(range /tmp/second)) ms |"
done

"$rx" up --name ratio --parent eth0 --count 2 >/dev/null || exit 1
"$rx" bench ratio --tests write-bw --sizes 64k,1M --repeats 5 --with perftest --json >/tmp/bench-bw.json
"$rx" bench ratio --tests send-lat --sizes 64 --repeats 5 --with perftest --json >/tmp/bench-lat.json
python3 -I - <<'END'
import json, statistics
for path, figure, key in (("/tmp/bench-bw.json", "bandwidth_MBps", "average"), ("/tmp/bench-lat.json", "latency_us", "median")):
    results = json.load(open(path))["results"]
    for size in sorted({r["size"] for r in results}):
        medians = {}
        for tool in ("rxelab", "perftest"):
            values = [r[figure][key] for r in results if r["size"] == size and r["tool"] == tool and r["status"] == "pass"
                      and (r.get(figure) or {}).get(key) is not None]
            medians[tool] = statistics.median(values) if values else None
        if None in medians.values():
            print("| %s %s against perftest | %d B | n/a | %s |" % (results[0]["test"], key, size, medians))
        else:
            print("| %s %s against perftest | %d B | %.2f | %.1f and %.1f |" % (results[0]["test"], key, size,
                  medians["rxelab"] / medians["perftest"], medians["rxelab"], medians["perftest"]))
END
"$rx" down ratio >/dev/null
