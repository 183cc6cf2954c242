# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The helper, exclusive mode: short GID tables, devices born in their namespace, whom it leaves alone, and everything that can end
# them: link, netdev, namespace, rdma_rxe beneath them, the helper itself. RELOADS: how often all is unloaded and loaded again (20).
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
here=$(dirname "$0") set=/sys/module/rxelab_helper/parameters
entries() { ip netns exec "n$1" bash -c "ls /sys/class/infiniband/rxe$1/ports/1/gids | wc -l"; }
# what the op says, to which programs listen
says() { ip netns exec "n$1" ibv_devinfo -v -d "rxe$1" | sed -n 's/.*gid_tbl_len:[[:space:]]*//p' | head -n 1; }
in_init_net() { rdma dev show "$1" >/dev/null 2>&1; }
changed() { cat /sys/module/rxelab_helper/refcnt; }
holds() { [ "$(changed)" = "$1" ]; }

for i in 1 2 3; do
	ns $i
	check "device $i is made" rxe $i
	check "... in its namespace" in_ns $i
	check "... and not in init_net" eval "! in_init_net rxe$i"
	check "... with QP1" has_qp1 $i
	check "... with 16 entries for GIDs" test "$(entries $i)" = 16
done
check "ibv_query_port says so, too" test "$(says 1)" = 16
check "three devices hold the helper" holds 3
check "it cannot be unloaded" eval '! rmmod rxelab_helper 2>/dev/null'
check "fewer than 16 entries are refused" eval "! echo 15 2>/dev/null >$set/gids"
check "more than RXE has, too" eval "! echo 1025 2>/dev/null >$set/gids"
echo 64 >$set/gids
ns 4 && rxe 4
check "64 entries for the next" test "$(entries 4)" = 64
check "the others keep theirs" test "$(entries 1) $(says 1)" = "16 16"
kernel_quiet "births"

# not of our name: as the distribution has it
echo N >$set/all
echo 16 >$set/gids
ip link add d9 type dummy && ip link set d9 up && ip addr add 10.9.9.9/24 dev d9
check "a device of another name is made" rdma link add foreign type rxe netdev d9
check "... with all its entries" test "$(ls /sys/class/infiniband/foreign/ports/1/gids | wc -l)" = 1024
check "... and does not hold the helper" holds 4
rdma link delete foreign
check "one of rxelab's name is changed" python3 "$here/apart.py" n1 rxlapart d9
apart() { ip netns exec n1 rdma dev show rxlapart >/dev/null 2>&1; }
check "... and born where who asks is, its netdev elsewhere" apart
check "... and not in init_net" eval '! in_init_net rxlapart'
echo Y >$set/all

ip -n n4 link delete m4
check "netdev deleted: the device is gone" until_ 20 holds 4
check "link deleted" ip netns exec n3 rdma link delete rxe3
check "... the device is gone" until_ 20 holds 3
again() { until_ 10 rxe 3 && in_ns 3; }
check "... and made again" again
ip netns del n3
check "a namespace dies with netdev and device" until_ 20 holds 3
ip netns del n1
check "one dies with a device whose netdev is elsewhere: it comes to init_net" until_ 20 in_init_net rxlapart
check "... and the other one is gone" until_ 20 holds 2
check "... deleted there" rdma link delete rxlapart
check "... it is gone" until_ 20 holds 1
kernel_quiet "deaths" "ib_query_port failed|returned err|Couldn.t"

check "rdma_rxe unloads beneath a device" timeout 60 rmmod rdma_rxe
check "... which is gone" until_ 20 holds 0
check "the helper unloads" timeout 60 rmmod rxelab_helper
ip netns del n2; ip netns del n4; ip link del d9
kernel_quiet "rmmod" "ib_query_port failed"

bad=0
for c in $(seq "${RELOADS:-20}"); do
	# by turns: which one comes first, which one goes first
	if [ $((c % 2)) = 0 ]; then modprobe rdma_rxe && "$RXELAB" module load --road helper; else "$RXELAB" module load --road helper && modprobe rdma_rxe; fi >/dev/null || bad=$((bad + 1))
	echo Y >$set/all
	for i in 1 2; do { ns $i && until_ 10 rxe $i && in_ns $i; } || { bad=$((bad + 1)); echo "# cycle $c: device $i"; }; done
	case $((c % 3)) in
	0) timeout 60 rmmod rdma_rxe ;;
	1) ip netns del n1; ip netns del n2 ;;
	2) ip netns exec n1 rdma link delete rxe1; ip -n n2 link delete m2 ;;
	esac
	until_ 20 holds 0 || { bad=$((bad + 1)); echo "# cycle $c: $(changed) devices hold the helper"; }
	timeout 60 rmmod rxelab_helper || { bad=$((bad + 1)); echo "# cycle $c: rmmod"; }
	[ ! -e /sys/module/rdma_rxe ] || timeout 60 rmmod rdma_rxe || bad=$((bad + 1))
	for i in 1 2; do [ ! -e /run/netns/n$i ] || ip netns del n$i; done
	until_ 20 gone || { bad=$((bad + 1)); echo "# cycle $c: something is left"; }
done
check "$c times loaded, made, ended, unloaded" test $bad = 0
# a device comes home without QP1 when its namespace dies, a moment before its netdev does
kernel_quiet "reloads" "ib_query_port failed|returned err|Couldn.t"

finish
