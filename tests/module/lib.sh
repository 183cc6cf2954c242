# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the scripts of this folder, inside a guest, as root, from the top of the tree.
# VARIANT: stock | helper | rebuilt (the module built into the cache). MODE: shared | exclusive.
# Everything waits for a condition with a deadline. Results are TAP lines: ok, not ok, skip.
set -u
RXELAB=${RXELAB:-$PWD/build/rxelab}
VARIANT=${VARIANT:-stock}
MODE=${MODE:-exclusive}
failed=0
mkdir -p /tmp/rxl
# a pipe that nobody writes to: `read -t` on it is a wait without a process
[ -p /tmp/rxl/never ] || mkfifo /tmp/rxl/never
exec 7<>/tmp/rxl/never

ok() { echo "ok $*"; }
not_ok() { echo "not ok $*"; failed=$((failed + 1)); }
# check NAME COMMAND...: one result
check() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
finish() { exit $((failed > 0)); }

# until_ SECONDS COMMAND...: until it succeeds
until_() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.05 <&7 || :
	done
}

# to_memory PROGRAM...: programs, their libraries and the RXE provider into memory: the guest's root is a slow file system
to_memory() {
	local place=/dev/shm/rxl program file verbs
	mkdir -p $place/libibverbs
	for program; do
		program=$(command -v "$program") || continue
		for file in "$program" $(ldd "$program" | awk '/=> \// { print $3 }'); do
			[ -e "$place/${file##*/}" ] || cp -L "$file" $place/
			case $file in */libibverbs.so.*) verbs=${file%/*}/libibverbs ;; esac
		done
	done
	[ "${verbs:-$place/libibverbs}" = $place/libibverbs ] || cp -L "$verbs"/librxe-rdmav*.so $place/libibverbs/
	PATH=$place:$PATH
	export LD_LIBRARY_PATH=$place
}

load_modules() {
	modprobe -a virtio_net dummy macvlan veth 2>/dev/null
	case $VARIANT in
	stock) modprobe rdma_rxe ;;
	helper) # it changes what rxelab makes, unless told otherwise
		modprobe rdma_rxe && "$RXELAB" module load --road helper >/tmp/rxl/load 2>&1 || { cat /tmp/rxl/load; return 1; }
		echo Y >/sys/module/rxelab_helper/parameters/all ;;
	rebuilt) "$RXELAB" module load --road rebuild >/tmp/rxl/load 2>&1 || { cat /tmp/rxl/load; return 1; } ;;
	esac
	modprobe -a ib_uverbs rdma_ucm
	rdma system set netns "$MODE"
	[ -d /run/netns ] || mkdir -p /run/netns
	touch /run/netns/init0
	mount --bind /proc/1/ns/net /run/netns/init0
	ip link add p0 type dummy && ip link set p0 up
	echo "# $(uname -r) $VARIANT $(rdma system show) taint=$(cat /proc/sys/kernel/tainted)"
	dmesg -C
}

# ns I: namespace nI with macvlan mI, address 10.0.0.I and a fixed MAC, so that peers' neighbour entries stay right
ns() {
	local mac
	mac=02:00:00:00:00:$(printf %02x "$1")
	ip netns add "n$1" &&
		until_ 5 ip link add "m$1" link p0 netns "n$1" address "$mac" type macvlan mode bridge &&
		ip -n "n$1" -batch - <<-END
			link set lo up
			addr add 10.0.0.$1/24 dev m$1
			addr add fd00::$1/64 dev m$1 nodad
			link set m$1 up
		END
}
rxe() { ip netns exec "n$1" rdma link add "rxe$1" type rxe netdev "m$1"; }
in_ns() { ip netns exec "n$1" rdma dev show "rxe$1" >/dev/null 2>&1; }
move() { rdma dev set "rxe$1" netns "n$1"; }
# born I: the device is in its namespace, by itself or by a move
born() { [ "$MODE" = shared ] || in_ns "$1" || move "$1"; }
# endpoint I: all of it; a name that is still being torn down is tried again
endpoint() { ns "$1" && until_ 10 rxe "$1" && born "$1"; }
# RXE's data path is where its device is, and not in init_net: else nothing flows between namespaces
in_namespaces() {
	local open
	ns 9 && until_ 10 rxe 9 && open=$(ip netns exec n9 ss -Hlun 'sport = :4791')
	ip netns del n9
	until_ 20 gone
	[ -n "$open" ]
}
needs_traffic() { in_namespaces || { echo "skip $1: this rdma_rxe carries no traffic in namespaces"; exit 0; }; }
gone() { ! grep -qs . /sys/class/infiniband/*/node_type && ! ls -d /sys/class/infiniband_verbs/uverbs* >/dev/null 2>&1; }
has_qp1() { ip netns exec "n$1" rdma resource show qp | grep -q 'link rxe'"$1"'/1 lqpn 1 type GSI'; }
counters() { ip netns exec "n$1" cat "/sys/class/infiniband/rxe$1/ports/1/hw_counters/"{sent,rcvd}_pkts | tr '\n' ' '; }

# gid I FAMILY: index of the RoCE v2 GID
gid() {
	local pattern
	[ "${2:-4}" = 4 ] && pattern=0000:0000:0000:0000:0000:ffff: || pattern=fd00:
	# shellcheck disable=SC2016
	ip netns exec "n$1" bash -c 'cd /sys/class/infiniband/rxe'"$1"'/ports/1 && for i in 0 1 2 3 4 5 6 7; do
		[ "$(cat gid_attrs/types/$i 2>/dev/null)" = "RoCE v2" ] || continue
		case $(cat gids/$i) in '"$pattern"'*) echo $i; break ;; esac; done'
}
listens() { ip netns exec "n$1" ss -Hltn "sport = :$2" | grep -q .; }
cm_listens() { ip netns exec "n$1" rdma resource show cm_id 2>/dev/null | grep -q LISTEN; }

# pair PROGRAM A B ARG...: a verbs pingpong with its server in nA and its client in nB
pair() {
	local program=$1 a=$2 b=$3 family=${FAMILY:-4} server status
	shift 3
	rm -f /tmp/rxl/[sc]
	ip netns exec "n$a" timeout 40 "$program" -d "rxe$a" -g "$(gid "$a" "$family")" -n 50 "$@" >/tmp/rxl/s 2>&1 &
	server=$!
	until_ 30 listens "$a" 18515 && ip netns exec "n$b" timeout 30 "$program" -d "rxe$b" -g "$(gid "$b" "$family")" -n 50 "$@" \
		"10.0.0.$a" >/tmp/rxl/c 2>&1
	status=$?
	[ $status = 0 ] || { kill $server 2>/dev/null; tail -qn 2 /tmp/rxl/s /tmp/rxl/c | sed 's/^/# /'; }
	wait $server || status=1
	return $status
}
rc() { pair ibv_rc_pingpong "$@"; }

# rping_ A B [COUNT]: rdma_cm from nB to nA
rping_() {
	local a=$1 b=$2 count=${3:-5} server status out=/tmp/rxl/rping.$1.$2 to=10.0.0.$1 from=10.0.0.$2
	[ "${FAMILY:-4}" = 4 ] || { to=fd00::$a from=fd00::$b; }
	ip netns exec "n$a" timeout 40 rping -s -a "$to" -C "$count" >"$out.s" 2>&1 &
	server=$!
	until_ 30 cm_listens "$a" && ip netns exec "n$b" timeout 30 rping -c -a "$to" -I "$from" -C "$count" -v >"$out" 2>&1 &&
		[ "$(grep -c 'ping data' "$out")" = "$count" ]
	status=$?
	[ $status = 0 ] || { kill $server 2>/dev/null; sed 's/^/# /' "$out" 2>/dev/null | grep -v 'ping data' | head -n 3; }
	wait $server 2>/dev/null
	return $status
}
perftest_cm() { # A B
	local server status
	ip netns exec "n$1" timeout 60 ib_send_bw -R -d "rxe$1" -n 200 -s 4096 >/tmp/rxl/ps 2>&1 &
	server=$!
	until_ 30 cm_listens "$1" && ip netns exec "n$2" timeout 50 ib_send_bw -R -d "rxe$2" -n 200 -s 4096 "10.0.0.$1" >/tmp/rxl/pc 2>&1
	status=$?
	[ $status = 0 ] || { kill $server 2>/dev/null; tail -n 2 /tmp/rxl/pc | sed 's/^/# /'; }
	wait $server || status=1
	return $status
}

# mcast I: a multicast datagram for UDP 4791 from nI to all others. RXE drops it, but its socket holds the route from then on.
mcast() {
	ip -n "n$1" route replace 224.0.0.0/4 dev "m$1"
	ip netns exec "n$1" bash -c 'echo x >/dev/udp/224.0.0.1/4791'
}

# kernel_quiet NAME [ALLOWED]: no report of the kernel since the last dmesg -C
kernel_quiet() {
	dmesg | grep -iE 'WARNING|BUG|Oops|Call Trace|refcount|use-after|unregister_netdevice|hung task|stall|rcu:|leak|Poison|Redzone|returned err|Couldn.t' |
		grep -vE "clocksource|nohz_full|${2:-^\$}" >/tmp/rxl/dmesg
	if [ -s /tmp/rxl/dmesg ]; then
		not_ok "$1: the kernel says"
		head -n 12 /tmp/rxl/dmesg | sed 's/^/# /'
	else
		ok "$1: the kernel has nothing to say"
	fi
	dmesg -C
}
memory() { awk '/^(MemFree|Slab|SUnreclaim|Percpu):/ { printf "%s %d KiB  ", $1, $2 }' /proc/meminfo; }
