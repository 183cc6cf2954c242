#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lean.sh: run in a guest, the helper built for its kernel into the cache below $CACHE. What a lab costs on the stock kernel and
# with the helper: up, memory, down, in one boot, beside a lab of one endpoint that is up. Median of RUNS (3) and their range.
#   SIZES (1 4 16 32)   RUNS (3)   WAYS (stock helper)
set -u
cd "$(dirname "$0")/../.." || exit 1
cache=${CACHE:-$HOME/.cache}
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
figures=/dev/shm/lean
: >"$figures"
echo "kernel $(uname -r), $(nproc) processors, $(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB"

# all of RXE out, so that the next up chooses the RDMA mode
unloaded() {
	local end=$((SECONDS + 30)) module
	while [ -e /sys/module/ib_core ] && [ $SECONDS -lt $end ]; do
		for module in rdma_rxe rdma_ucm rdma_cm iw_cm ib_cm ib_uverbs rxelab_helper ib_core; do
			[ ! -e /sys/module/$module ] || rmmod $module 2>/dev/null
		done
	done
	[ ! -e /sys/module/ib_core ]
}

measure() { # WAY N
	local before kib began between down
	before=$(settled)
	began=$(now)
	"$rx" up --name lean --parent eth0 --count "$2" >/dev/null || return 1
	between=$(now)
	kib=$((before - $(settled)))
	down=$(now)
	"$rx" down lean >/dev/null || return 1
	echo "$1 $2 $(seconds "$began" "$between") $kib $(seconds "$down" "$(now)")" | tee -a "$figures"
	quiet_but_one
}
# as quiet of lib.sh, beside the lab that stays
quiet_but_one() {
	local end=$((SECONDS + 60))
	until [ "$(awk '/^macvlan / { print $3 }' /proc/modules)" = "$stays" ]; do
		[ $SECONDS -lt $end ] || { echo "macvlans are still there after 60 s"; return 1; }
		sleep 0.2
	done
}

status=0
for way in ${WAYS:-stock helper}; do
	unloaded || { echo "the RDMA modules do not unload"; exit 1; }
	export XDG_CACHE_HOME=/run/no-cache
	[ "$way" = stock ] || export XDG_CACHE_HOME=$cache
	"$rx" up --name stays --parent eth0 --count 1 --subnet 10.78.0.0/24 >/dev/null || exit 1
	[ -e /sys/module/rxelab_helper ] && loaded=helper || loaded=stock
	[ $loaded = "$way" ] || { echo "$way was wanted, and $loaded is there"; exit 1; }
	"$rx" list | sed 's/^/# /'
	stays=$(awk '/^macvlan / { print $3 }' /proc/modules)
	for n in ${SIZES:-1 4 16 32}; do
		for ((run = 0; run < ${RUNS:-3}; run++)); do measure "$way" "$n" || status=1; done
	done
	"$rx" down stays >/dev/null
done
python3 -I -S - "$figures" <<'END'
import sys
seen = {}
for line in open(sys.argv[1]):
    way, n, *figures = line.split()
    for what, figure in zip(("up", "memory", "down"), figures):
        seen.setdefault((int(n), what), {}).setdefault(way, []).append(float(figure))
def shown(values, what):
    values = sorted(v / 1024 if what == "memory" else v for v in values)
    form = "%.0f (%.0f to %.0f) MiB" if what == "memory" else "%.2f (%.2f to %.2f) s"
    return form % (values[len(values) // 2], values[0], values[-1])
print("| endpoints | what | stock | helper | helper / stock |\n|---|---|---|---|---|")
for (n, what), ways in seen.items():
    middle = {w: sorted(v)[len(v) // 2] for w, v in ways.items()}
    ratio = "%.2f" % (middle["helper"] / middle["stock"]) if len(middle) == 2 and middle["stock"] > 0 else "-"
    print("| %d | %s | %s | %s | %s |" % (n, what, *(shown(ways[w], what) if w in ways else "-" for w in ("stock", "helper")), ratio))
END
exit $status
