#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scale.sh: run in a guest (7.3, exclusive RDMA mode). What an endpoint costs as labs grow, against the shell loop that
# everybody writes first and against the floor (floor.c), one of it, four at once, and with expedited RCU two at once, which is
# what --expedite has to be compared with. Each figure three times. The raw
# figures come as "data WHAT N RUN UP DOWN KIB" (seconds for the whole lab; memory for the whole lab, "-" where not
# measured), which tests/bench/scale-table.py turns into tables and curves. Ratios mean something inside one boot alone.
#   SIZES (4 16 64 250, and 1000 where there are 7 GiB)   RUNS (3)   SHELL_LOOP (16: the size of the shell loop; 0: none)
#   FLOOR_MAX, EXPEDITE_MAX (1000: larger labs without these runs)
# Where the helper is built for this kernel, in the cache below CACHE (~/.cache), each run has its turn with it, too. The
# floor is the stock kernel's.
set -u
cd "$(dirname "$0")/../.." || exit 1
cache=${CACHE:-$HOME/.cache}
modprobe ib_core netns_mode=0
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
cp build/bench/floor /dev/shm/
floor=/dev/shm/floor
total=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
sizes=${SIZES:-4 16 64 250$([ "$total" -lt 7000000 ] || echo " 1000")}
runs=${RUNS:-3} shell=${SHELL_LOOP:-16} floor_max=${FLOOR_MAX:-1000} expedite_max=${EXPEDITE_MAX:-1000}
echo "kernel $(uname -r), $(nproc) processors, $((total / 1024)) MiB, $(rdma system show)"

helper=
[ ! -e "$cache/rxelab/modules/$(uname -r)/rxelab_helper.ko" ] || helper=+helper
# with COMMAND...: beside the helper, which `up` would otherwise not find (lib.sh)
with_helper() {
	XDG_CACHE_HOME=$cache "$rx" module load --road helper >/dev/null || return 1
	"$@"
	local status=$?
	rmmod rxelab_helper || return 1
	return $status
}

measure_rxelab() { # N RUN [OPTION...]
	local n=$1 run=$2 began between ended before kib=- what=rxelab
	shift 2
	[ ! -e /sys/module/rxelab_helper ] || what+=+helper
	what+="$*"
	[ $# -gt 0 ] || before=$(settled)
	began=$(now)
	"$rx" up --name scale --parent eth0 --count "$n" --plane netns --rdma-netns exclusive "$@" >/dev/null || return 1
	between=$(now)
	[ $# -gt 0 ] || kib=$((before - $(settled)))
	if [ "$run" = 1 ] && [ $# -eq 0 ]; then
		local b
		b=$(now)
		timeout 600 "$rx" inspect scale --json >/dev/null
		echo "inspect $n: $(seconds "$b" "$(now)") s"
		b=$(now)
		timeout 600 "$rx" verify scale --pairs ring --tests rc-send --json >/tmp/verify.json
		echo "verify $n, ring, rc-send: status $?, $(seconds "$b" "$(now)") s, $(python3 -I -S -c 'import json
d = json.load(open("/tmp/verify.json"))
print("%d passed, %d failed, %d skipped" % (d["passed"], d["failed"], d["skipped"]))')"
	fi
	local down
	down=$(now)
	"$rx" down scale >/dev/null || return 1
	ended=$(now)
	echo "data $what $n $run $(seconds "$began" "$between") $(seconds "$down" "$ended") $kib"
	[ -z "$(ls /run/netns; ls /run/rxelab 2>/dev/null)" ] || echo "something is left in /run"
	quiet
}

measure_floor() { # N RUN PROCESSES
	local out what=floor
	[ "$3" = 1 ] || what=floor-at-once
	out=$("$floor" "$1" eth0 "$3") || return 1
	read -r _ up _ down <<<"$out"
	echo "data $what${4:-} $1 $2 $up $down -"
	quiet
}

measure_expedited() { # N RUN
	local status
	echo 1 >/sys/kernel/rcu_expedited
	status=0
	[ -e /sys/module/rxelab_helper ] || measure_floor "$1" "$2" 2 --expedite || status=1
	echo 0 >/sys/kernel/rcu_expedited
	[ $status = 0 ] && measure_rxelab "$1" "$2" --expedite
}

measure_shell() { # N RUN
	local i began between
	began=$(now)
	for ((i = 1; i <= $1; i++)); do
		ip netns add "sh$i"
		ip link add link eth0 name "shm$i" netns "sh$i" type macvlan mode bridge
		ip -n "sh$i" link set lo up
		ip -n "sh$i" address add "10.88.0.$i/16" dev "shm$i"
		ip -n "sh$i" link set "shm$i" up
		ip netns exec "sh$i" rdma link add "shrxe$i" type rxe netdev "shm$i"
		rdma dev set "shrxe$i" netns "sh$i"
	done
	between=$(now)
	for ((i = 1; i <= $1; i++)); do
		ip netns exec "sh$i" rdma link delete "shrxe$i"
		ip -n "sh$i" link delete "shm$i"
		ip netns delete "sh$i"
	done
	echo "data shell $1 $2 $(seconds "$began" "$between") $(seconds "$between" "$(now)") -"
	quiet
}

for n in $sizes; do
	for ((run = 1; run <= runs; run++)); do
		[ "$n" -gt "$floor_max" ] || { measure_floor "$n" "$run" 1 && measure_floor "$n" "$run" 4; } || exit 1
		measure_rxelab "$n" "$run" || exit 1
		[ "$n" -gt "$expedite_max" ] || measure_expedited "$n" "$run" || exit 1
		[ "$n" != "$shell" ] || measure_shell "$n" "$run"
		[ -n "$helper" ] || continue
		with_helper measure_rxelab "$n" "$run" || exit 1
		[ "$n" -gt "$expedite_max" ] || with_helper measure_expedited "$n" "$run" || exit 1
	done
done
