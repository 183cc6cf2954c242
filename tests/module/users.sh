# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Users that stay on the device, with mappings and with traffic, while it moves, while its namespace dies, while rdma_rxe goes.
# ROUNDS: how many under traffic (6).
. "$(dirname "$0")/lib.sh"
load_modules || exit 1
needs_traffic users
here=$(dirname "$0")
N=${ROUNDS:-6}
holding() { grep -q holding /tmp/rxl/hold; }
endpoints() { endpoint 1 && endpoint 2; }
# timeout(1) would leave its child behind when it is killed itself
kill_users() { local p; for p in $(pgrep -x rping; pgrep -x ibv_rc_pingpong); do kill -9 "$p"; done; wait "$@" 2>/dev/null; }
clean() { ip netns del n1 2>/dev/null; ip netns del n2 2>/dev/null; until_ 20 gone; }

# the helper moves nothing
hows="move death rmmod"
[ "$VARIANT" != helper ] || hows="death rmmod"
for how in $hows; do
	rm -f /tmp/rxl/go /tmp/rxl/hold
	check "$how: endpoints" endpoints
	python3 "$here/hold.py" n1 rxe1 /tmp/rxl/go >/tmp/rxl/hold 2>&1 &
	holder=$!
	check "$how: a foreign process holds mappings" until_ 30 holding
	case $how in
	move)
		check "$how: out" timeout 30 ip netns exec n1 rdma dev set rxe1 netns init0
		check "$how: in" timeout 30 rdma dev set rxe1 netns n1
		check "$how: rping with the holder there" rping_ 1 2 ;;
	death)
		ip netns del n1
		check "$how: the device goes though it is held" until_ 20 bash -c '! ls -d /sys/class/infiniband/rxe1 /sys/class/net/m1 2>/dev/null | grep -q .'
		check "$how: made anew" endpoint 1
		check "$how: rping with the holder there" rping_ 1 2 ;;
	rmmod)
		check "$how: rmmod with a holder" timeout 30 rmmod rdma_rxe ;;
	esac
	touch /tmp/rxl/go
	check "$how: the holder reads its mappings and ends" timeout 60 tail --pid=$holder -f /dev/null
	check "$how: the holder was content" wait $holder
	sed 's/^/# /' /tmp/rxl/hold
	if [ $how = rmmod ]; then modprobe_again() { case $VARIANT in rebuilt) "$RXELAB" module load --road rebuild >/dev/null ;; *) modprobe rdma_rxe ;; esac; }; check "$how: loaded again" modprobe_again; fi
	check "$how: clean" clean
	kernel_quiet "$how" "ib_query_port failed"
done

check "traffic: endpoints" endpoints
good=0
for round in $(seq "$N"); do
	ip netns exec n1 timeout 60 ibv_rc_pingpong -d rxe1 -g "$(gid 1)" -n 1000000 >/dev/null 2>&1 & a=$!
	until_ 10 listens 1 18515
	ip netns exec n2 timeout 60 ibv_rc_pingpong -d rxe2 -g "$(gid 2)" -n 1000000 10.0.0.1 >/dev/null 2>&1 & b=$!
	ip netns exec n1 timeout 60 rping -s -a 10.0.0.1 >/dev/null 2>&1 & c=$!
	until_ 10 cm_listens 1
	ip netns exec n2 timeout 60 rping -c -a 10.0.0.1 -I 10.0.0.2 -v >/tmp/rxl/busy 2>&1 & d=$!
	until_ 10 grep -q 'ping data' /tmp/rxl/busy
	if [ $((round % 2)) = 0 ] && [ "$VARIANT" != helper ]; then
		timeout 30 ip netns exec n1 rdma dev set rxe1 netns init0 && timeout 30 rdma dev set rxe1 netns n1 || not_ok "round $round: move"
	else
		ip netns del n1
		kill_users $a $b $c $d
		endpoint 1 || not_ok "round $round: made anew"
	fi
	kill_users $a $b $c $d
	until_ 10 rping_ 1 2 && good=$((good + 1))
done
check "traffic: rping passed after each of $N rounds ($good)" test "$good" = "$N"
check "no unkillable task" bash -c '! ps -eo stat,comm | grep -E "^D.*(rping|ibv_|python|rdma|ip$)"'
check "clean" clean
kernel_quiet "traffic" "ib_query_port failed"
check "rdma_rxe unloads" timeout 60 rmmod rdma_rxe
kernel_quiet "rmmod"
finish
