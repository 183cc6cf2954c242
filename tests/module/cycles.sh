# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# N times, or until LIMIT seconds have passed: two namespaces, netdevs, devices (moved in unless born there), QP1, traffic, and deletion in each of five orders.
# Memory before and after, and after all caches were dropped. Traffic in each EVERYth cycle, rdma_cm and RC in turn.
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
N=${N:-100} LIMIT=${LIMIT:-3600} EVERY=${EVERY:-2}
qp1=0 pings=0 bad=0 start=$SECONDS
gone12() { gone && [ ! -e /run/netns/n1 ] && ! ip -br link | grep -q 'm[12]@'; }

settle() { sync; echo 3 >/proc/sys/vm/drop_caches; memory; }
# the slab caches that grew most since the first cycle, KiB: what a leak would be made of
slabs() { awk '!/^(#|slabinfo)/ { print $1, $3 * $4 }' /proc/slabinfo | sort; }
grown() { slabs | join /tmp/rxl/slabs - | awk '$3 > $2 { printf "%d KiB %s\n", ($3 - $2) / 1024, $1 }' | sort -rn | head -n 6 | tr '\n' ';'; }
orders=("link netdev ns" "netdev ns" "ns" "link ns" "ns2 netdev")
delete() {
	local word
	for word in ${orders[$1]}; do
		case $word in
		link) for i in 1 2; do ip netns exec n$i rdma link delete rxe$i; done ;;
		netdev) for i in 1 2; do ip -n n$i link del m$i 2>/dev/null; done ;;
		ns) ip netns del n1; ip netns del n2 ;;
		ns2) ip netns del n2; ip -n n1 link del m1; ip netns del n1 ;;
		esac
	done
}
# one cycle first, so that what is allocated once does not count
for c in $(seq 0 "$N"); do
	[ "$c" != 1 ] || { echo "# before: $(settle)"; slabs >/tmp/rxl/slabs; start=$SECONDS; }
	for i in 1 2; do endpoint $i || { bad=$((bad + 1)); echo "# cycle $c: endpoint $i"; }; done
	if has_qp1 1 && has_qp1 2; then qp1=$((qp1 + 1)); else echo "# cycle $c: QP1"; fi
	case $((c % (2 * EVERY))) in
	0) rping_ 1 2 ;;
	"$EVERY") rc 2 1 ;;
	*) true ;;
	esac && pings=$((pings + 1)) || echo "# cycle $c: traffic"
	delete $((c % 5)) 2>/dev/null
	until_ 20 gone12 || { bad=$((bad + 1)); echo "# cycle $c: something is left"; }
	[ $((c % 25)) != 0 ] || echo "# cycle $c: $(settle)"
	[ $((SECONDS - start)) -lt "$LIMIT" ] || { echo "# the limit of $LIMIT s passed after $c cycles"; N=$c; break; }
done
echo "# after:  $(settle) $((SECONDS - start)) s"
echo "# slabs that grew: $(grown)"
check "$N cycles: all made and gone" test $bad = 0
check "$N cycles: QP1 each time" test $qp1 = $((N + 1))
check "$N cycles: traffic each time" test $pings = $((N + 1))
kernel_quiet "cycles" "ib_query_port failed"
check "rdma_rxe unloads" timeout 60 rmmod rdma_rxe
kernel_quiet "rmmod"
finish
