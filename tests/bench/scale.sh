#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scale.sh: run in a guest (7.3, exclusive RDMA mode). What an endpoint costs as labs grow, against the shell loop that
# everybody writes first and against the sequential floor (floor.c). Each figure three times. The raw figures come as
# "data WHAT N RUN UP DOWN KIB" (seconds for the whole lab; memory for the whole lab, "-" where not measured), which
# tests/bench/scale-table.py turns into tables and curves. Ratios mean something inside one boot alone.
#   SIZES (16 64 250, and 1000 where there are 7 GiB)   RUNS (3)   SHELL_LOOP (16: the size of the shell loop; 0: none)
#   FLOOR_MAX, EXPEDITE_MAX (1000: larger labs without that run)
set -u
cd "$(dirname "$0")/../.." || exit 1
cp "${RXELAB:-build/rxelab}" build/bench/floor /dev/shm/ # the guest's root is a slow network file system
rx=/dev/shm/rxelab floor=/dev/shm/floor
total=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
sizes=${SIZES:-16 64 250$([ "$total" -lt 7000000 ] || echo " 1000")}
runs=${RUNS:-3} shell=${SHELL_LOOP:-16} floor_max=${FLOOR_MAX:-1000} expedite_max=${EXPEDITE_MAX:-1000}
dmesg -n 1
modprobe virtio_net 2>/dev/null
ip link set eth0 up
modprobe ib_core netns_mode=0
modprobe -a ib_uverbs rdma_rxe rdma_ucm udp_diag veth macvlan bridge
ip netns add warm && ip netns del warm # /run/netns becomes a mount
echo "kernel $(uname -r), $(nproc) processors, $((total / 1024)) MiB, $(rdma system show)"

now() { date +%s%N; }
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b - a) / 1e9 }'; }

# namespaces die after the command that deleted them has returned: the next measurement must not pay for them
quiet() {
	local end=$((SECONDS + 60))
	until [ "$(awk '/^macvlan / { print $3 }' /proc/modules)" = 0 ]; do
		[ $SECONDS -lt $end ] || { echo "macvlans are still there after 60 s"; return 1; }
		sleep 0.2
	done
}

measure_rxelab() { # N RUN [OPTION...]
	local n=$1 run=$2 began between ended before after what=rxelab
	shift 2
	[ $# -eq 0 ] || what="rxelab$*"
	before=$(available)
	began=$(now)
	"$rx" up --name scale --parent eth0 --count "$n" --plane netns --rdma-netns exclusive "$@" >/dev/null || return 1
	between=$(now)
	after=$(available)
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
	echo "data $what $n $run $(seconds "$began" "$between") $(seconds "$down" "$ended") $((before - after))"
	[ -z "$(ls /run/netns; ls /run/rxelab 2>/dev/null)" ] || echo "something is left in /run"
	quiet
}

measure_floor() { # N RUN
	local out
	out=$("$floor" "$1" eth0) || return 1
	read -r _ up _ down <<<"$out"
	echo "data floor $1 $2 $up $down -"
	quiet
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
		[ "$n" -gt "$floor_max" ] || measure_floor "$n" "$run" || exit 1
		measure_rxelab "$n" "$run" || exit 1
		[ "$n" -gt "$expedite_max" ] || measure_rxelab "$n" "$run" --expedite || exit 1
		[ "$n" != "$shell" ] || measure_shell "$n" "$run"
	done
done
