#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill.sh SIGNAL [COMMAND...]: in the guest: each changing command on a lab of two endpoints is ended by SIGNAL (KILL,
# TERM, INT) at every boundary of its operations, one after the other; after KILL by "down" or "gc" in turn, after the
# others by nothing at all, the machine must be as it was before. One row of a table for each command.
# BUDGET (seconds for each command) ends earlier; what was tried by then is spread over all boundaries.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
signal=${1:-KILL}
shift

two=(rxelab up --name killed --parent eth0 --count 2)
make_lab() { "${two[@]}" >"$WORK/prepare" 2>&1; }

# each command: what is there before it all and stays (base), how it is prepared (nothing, if there is no such function),
# and what is run
run_up() { "${two[@]}"; }
run_up_hosted() { "${two[@]}" --plane hosted; }
run_up_exclusive() { "${two[@]}" --rdma-netns exclusive; }
run_up_vlan() { "${two[@]}" --vlan 7 --link veth --raise-parent-mtu --mtu 1600; }
# the smaller modules are unloaded before, so that up loads them, and down or gc must unload them
base_up_modules() { modprobe -r -a udp_diag inet_diag veth macvlan bridge stp llc dummy 2>/dev/null || :; }
prepare_up_modules() { base_up_modules; }
run_up_modules() { "${two[@]}"; }
prepare_down() { make_lab; }
run_down() { rxelab down killed; }
prepare_recreate() { make_lab; }
run_recreate() { rxelab recreate killed; }
prepare_replace() { make_lab; }
run_replace() { "${two[@]}" --mtu 1400 --replace; }
prepare_reconcile() { make_lab && rdma link delete rxl.killed.ep1 && ip -n rxl.killed.ep2 link delete "$ep2"; }
run_reconcile() { "${two[@]}"; }
# a lab half made, and the remains of one whose ledger is lost
prepare_gc() {
	rxelab up --name lost --parent eth0 --count 1 --subnet 10.78.0.0/24 >"$WORK/prepare" 2>&1 || return
	rm -r /run/rxelab/lost
	RXELAB_DEBUG_KILL=$half "${two[@]}" >/dev/null 2>&1
	[ -d /run/rxelab/killed ]
}
run_gc() { rxelab gc; }
prepare_impair() { make_lab; }
run_impair() { rxelab impair killed/ep1 --loss 5%; }
prepare_exec() { make_lab; }
run_exec() { rxelab exec killed/ep1 -- true; }

# a namespace that somebody else runs, as a container's would be
base_attach() { ip netns add box; }
prepare_attach() { make_lab; }
run_attach() { rxelab attach killed/ep1 --netns /run/netns/box; }
base_detach() { ip netns add box; }
prepare_detach() { make_lab && rxelab attach killed/ep1 --netns /run/netns/box >"$WORK/prepare" 2>&1; }
run_detach() { rxelab detach killed/ep1; }
# the name box goes over to another namespace, as when a container is started again; back_reattach undoes that
base_reattach() { ip netns add box-1 && ip netns add box-2 && touch /run/netns/box && turn_box box-1; }
turn_box() { umount /run/netns/box 2>/dev/null; mount --bind "/run/netns/$1" /run/netns/box; }
prepare_reattach() { prepare_detach && turn_box box-2; }
run_reattach() { rxelab reattach killed; }
back_reattach() { turn_box box-1; }

prepare() { ! declare -F "prepare_$1" >/dev/null || "prepare_$1"; }
back() { ! declare -F "back_$1" >/dev/null || "back_$1"; }

# what puts things right after COMMAND was killed at boundary K. The remains of a lab without ledger, which gc was removing,
# are gc's work alone
cure() {
	if [ "$1" != gc ] && [ -d /run/rxelab/killed ] && [ $((($2 + $2 / 4) % 2)) -eq 0 ]; then
		rxelab down killed
	else
		rxelab gc && { [ ! -d /run/rxelab/killed ] || rxelab down killed; }
	fi
}

# after COMMAND K: SIGKILL needs a cure; the other signals are answered by cleaning up at once, and what a command
# that ran on a whole lab leaves is a whole lab or none (reattach: one that it can be run on again). One that came too
# late finds the work done: status 0, a whole lab
after() {
	[ "$signal" = KILL ] && { cure "$1" "$2"; return; }
	case $1 in
	attach | detach) rxelab inspect killed && rxelab down killed ;;
	impair | exec | reattach) rxelab down killed ;;
	reconcile | gc) rxelab gc && { [ ! -d /run/rxelab/killed ] || rxelab down killed; } ;;
	*) [ ! -d /run/rxelab/killed ] || { [ "$status" -eq 0 ] && rxelab inspect killed && rxelab down killed; } ;;
	esac
}

# count_boundaries COMMAND: run it whole; sets n
count_boundaries() {
	n=0
	prepare "$1" && RXELAB_DEBUG_COUNT=$WORK/count "run_$1" >"$WORK/out" 2>"$WORK/err" && read -r n <"$WORK/count"
	[ "$1" != exec ] || n=5 # the command's own process ends without writing the count
	rxelab down --all >"$WORK/cure" 2>&1
	rxelab gc >>"$WORK/cure" 2>&1
	back "$1"
	[ "$n" -gt 0 ] && "$census" "$WORK/start" 20 >"$WORK/left" && return
	echo "# $1, not killed, is not clean ($n boundaries):"
	head -n 20 "$WORK/err" "$WORK/cure" "$WORK/left" | sed 's/^/#   /'
	return 1
}

# kill_at COMMAND K: sets where; fails when the machine is not as before
kill_at() {
	local quick=-q
	[ $(($2 % 8)) -ne 0 ] || quick=
	prepare "$1" || { echo "# $1: the machine could not be prepared: $(cat "$WORK/prepare")"; return 1; }
	RXELAB_DEBUG_KILL=$2 RXELAB_DEBUG_SIGNAL=$number "run_$1" >"$WORK/out" 2>"$WORK/err"
	status=$?
	where=$(sed -nE 's/^rxelab: debug: signal [0-9]+ at boundary [0-9]+ \((.*)\)$/\1/p' "$WORK/err")
	[ -n "$where" ] || where="not reached"
	after "$1" "$2" >"$WORK/cure" 2>&1 && back "$1" && "$census" $quick "$WORK/start" 15 >"$WORK/left"
}

# kill_everywhere COMMAND: a row of the table. Every fifth boundary, then the same from the next one on, and so on: if
# time is up, what was tried is spread evenly.
kill_everywhere() {
	local command=$1 k pass tried=0 clean=0 began=$SECONDS n
	! declare -F "base_$command" >/dev/null || "base_$command"
	"$census" >"$WORK/start"
	count_boundaries "$command" || failed=1
	for pass in 1 2 3 4 5; do
		for ((k = pass; k <= n; k += 5)); do
			[ $((SECONDS - began)) -lt "${BUDGET:-100000}" ] || break 2
			tried=$((tried + 1))
			if kill_at "$command" "$k" 2>/dev/null; then
				clean=$((clean + 1))
				continue
			fi
			failed=1
			echo "# $command: SIG$signal at boundary $k ($where), status $status, is not clean:"
			head -n 30 "$WORK/err" "$WORK/cure" "$WORK/left" | sed 's/^/#   /'
			clean_slate
			"$census" "$WORK/start" 20 >"$WORK/left" || "$census" >"$WORK/start"
		done
	done
	for box in box box-1 box-2; do ip netns del $box 2>/dev/null; done
	row "$command" "SIG$signal" "$n" "$tried" "$clean" $((SECONDS - began))
}

list=("$@")
number=$(kill -l "$signal")
[ $# -gt 0 ] || list=(up up_hosted up_exclusive up_vlan down recreate replace reconcile gc impair exec attach detach reattach up_modules)
half=$(boundaries run_up)
half=$((half * 2 / 3))
ep2=$(ip -n rxl.killed.ep2 -o link | sed -nE 's/^[0-9]+: (rxl[^:@]*-2)[:@].*/\1/p')
rxelab down killed >/dev/null 2>&1
row command signal boundaries kills clean seconds
row --- --- --- --- --- ---
for command in "${list[@]}"; do kill_everywhere "$command"; done
bugs
[ -z "$failed" ]
