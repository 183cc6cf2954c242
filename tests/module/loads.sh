# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# LOADS times, or until LIMIT seconds have passed: rdma_rxe loaded, a device in each of two namespaces, one of them moved out and in
# again under a running RC stream, and rdma_rxe unloaded beneath it all (exclusive mode).
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
needs_traffic loads
N=${LOADS:-20} LIMIT=${LIMIT:-600}
done_=0 bad=0 start=$SECONDS
fault() { bad=$((bad + 1)); echo "# cycle $c: $*"; }
reload() {
	case $VARIANT in
	rebuilt) "$RXELAB" module load --road rebuild >/dev/null ;;
	*) modprobe rdma_rxe ;;
	esac
}
nothing() { gone && [ ! -e /run/netns/n1 ] && ! ip -br link | grep -q 'm[12]@'; }
stream() { # a server in n1 and a client in n2 that go on until they are disturbed
	ip netns exec n1 timeout 40 ibv_rc_pingpong -d rxe1 -g "$(gid 1)" -n 1000000 >/dev/null 2>&1 &
	server=$!
	until_ 30 listens 1 18515 || return 1
	ip netns exec n2 timeout 40 ibv_rc_pingpong -d rxe2 -g "$(gid 2)" -n 1000000 10.0.0.1 >/dev/null 2>&1 &
	client=$!
}
for c in $(seq "$N"); do
	{ endpoint 1 && endpoint 2; } || fault "endpoints"
	stream || fault "stream"
	[ "$VARIANT" = helper ] || { timeout 30 ip netns exec n1 rdma dev set rxe1 netns init0 && timeout 30 rdma dev set rxe1 netns n1; } || fault "move"
	has_qp1 1 || fault "QP1"
	timeout 60 rmmod rdma_rxe || fault "rmmod"
	kill "$server" "$client" 2>/dev/null
	wait "$server" "$client" 2>/dev/null
	ip netns del n1
	ip netns del n2
	until_ 20 nothing || fault "something is left"
	reload || fault "load"
	done_=$c
	[ $((SECONDS - start)) -lt "$LIMIT" ] || { echo "# the limit of $LIMIT s passed after $c cycles"; break; }
done
echo "# $done_ cycles in $((SECONDS - start)) s, $(memory)"
check "$done_ cycles of load, make, move under traffic, unload" test $bad = 0
kernel_quiet "loads" "ib_query_port failed"
check "rdma_rxe unloads" timeout 60 rmmod rdma_rxe
finish
