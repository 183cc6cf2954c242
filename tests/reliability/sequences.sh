#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sequences.sh [SEQUENCES [SEED]]: in the guest: three labs share a parent, a bridge and a VLAN with foreign objects among
# them: random sequences of up, down, recreate, --replace, attach, detach and impair, of which some are killed at a random
# boundary; then all go, in a random order, and the machine must be as it was before. A sequence that is not so is printed.
# BUDGET (seconds) ends earlier.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
sequences=${1:-200} seed=${2:-31}
RANDOM=$seed
pick() { local words=("$@"); echo "${words[RANDOM % ${#words[@]}]}"; }

# what is not ours: on the parent, in the bridge, in namespaces, with names like ours
ip link add p0 type dummy
ip link set p0 up
ip link add brh type bridge
ip link add f0 mtu 1500 type dummy
ip link set f0 master brh up
ip link set brh up
ip link add link p0 name p0.30 type vlan id 30
ip link set p0.30 up
ip address add 192.168.30.5/24 dev p0.30
ip link add link p0 name p0.20 type vlan id 20
ip link add link p0 name rxlforeign-1 type macvlan mode bridge
ip netns add box
ip netns add rxl.other.ep1
within 15 sh -c '! ip -6 address show tentative | grep -q inet6'
begin

# options of a lab: each kind shares something with another
kind_of() {
	local parent=(--parent p0 --mtu "$(pick 1500 1600 2000 3000)" --raise-parent-mtu)
	case $1 in
	0) echo "${parent[*]}" ;;
	1) echo "--parent p0 --vlan 20" ;;
	2) echo "--parent p0 --vlan 20 --link veth" ;;
	3) echo "--parent p0 --vlan 40 --link veth" ;;
	4) echo "--parent brh --link veth" ;;
	*) echo "--parent none --bridge brh --link veth" ;;
	esac
}
there() { [ -d "/run/rxelab/$1" ]; }

# one random command on lab $1, with its options; sets words and wanted: the statuses that are right
choose() {
	local its=$1 kind
	# shellcheck disable=SC2207 # options are words
	kind=($(kind_of $((RANDOM % 6))))
	local up=(up --name "$its" "${kind[@]}" --count $((RANDOM % 2 + 1)) --subnet "10.$((80 + 10#${its#l})).0.0/24")
	wanted='^0$'
	if ! there "$its"; then
		words=("${up[@]}")
		return
	fi
	case $((RANDOM % 7)) in
	0 | 1) words=(down "$its") ;;
	2) words=(recreate "$its") ;;
	3) words=("${up[@]}" --replace) ;;
	# attached or detached already, or on this kernel's plane not possible: 1
	4) words=(attach "$its/ep1" --netns /run/netns/box) wanted='^[014]$' ;;
	5) words=(detach "$its/ep1") wanted='^[01]$' ;;
	*) words=(impair "$its/ep1" "$(pick --delay --jitter)" 1ms) wanted='^[01]$' ;;
	esac
}

# one command; sometimes killed, after which the lab is mended by whatever comes next
commands=0 kills=0
step() {
	local its words wanted status
	its=$(pick l1 l2 l3)
	choose "$its"
	echo "${words[*]}" >>"$WORK/sequence"
	commands=$((commands + 1))
	if [ $((RANDOM % 6)) -eq 0 ]; then
		kills=$((kills + 1))
		RXELAB_DEBUG_KILL=$((RANDOM % 150 + 1)) timeout 120 rxelab "${words[@]}" >"$WORK/said" 2>&1
		echo "  killed: $(grep -a 'debug: signal' "$WORK/said" || echo no)" >>"$WORK/sequence"
		return
	fi
	timeout 120 rxelab "${words[@]}" >"$WORK/said" 2>&1
	status=$?
	[[ $status =~ $wanted ]] && return
	echo "  status $status: $(tail -n 3 "$WORK/said")" >>"$WORK/sequence"
	# what a kill has left half made may be refused until it is down
	grep -q '  killed: ' "$WORK/sequence" || return 1
}

sequence() {
	local n=$((RANDOM % 5 + 3)) its bad=0
	: >"$WORK/sequence"
	while [ $((n--)) -gt 0 ]; do step || bad=1; done
	for its in $(printf '%s\n' l1 l2 l3 | shuf --random-source=<(yes "$RANDOM")); do
		there "$its" || continue
		echo "down $its" >>"$WORK/sequence"
		timeout 120 rxelab down "$its" >"$WORK/said" 2>&1 && continue
		sed 's/^/  /' "$WORK/said" >>"$WORK/sequence"
		bad=1
	done
	rxelab gc >"$WORK/said" 2>&1
	as_before 15 >"$WORK/differs" 2>&1 || bad=1
	[ $bad = 0 ] && return
	sed 's/^/# /' "$WORK/sequence" "$WORK/differs"
	return 1
}

started=$SECONDS
while [ $tried -lt "$sequences" ] && [ $((SECONDS - started)) -lt "${BUDGET:-100000}" ]; do
	tried=$((tried + 1))
	if sequence; then right=$((right + 1)); else failed=1; fi
done
echo "| three labs at random, seed $seed | sequences | as before | commands | killed | seconds |"
row "" "$tried" "$right" "$commands" "$kills" $((SECONDS - started))
bugs
[ -z "$failed" ]
