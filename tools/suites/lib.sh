# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the cases share. They look at the machine from outside rxelab: ip, rdma, /proc, /sys, ibv_rc_pingpong.
# a program in PATH, not a function: what is started in the background is then the program itself, for kill and wait
rx=${RXELAB:-$(command -v rxelab)}
PATH=${rx%/*}:$PATH
export -n RXELAB

ok() { echo "ok $*"; }
not_ok() { # NAME [DETAIL...]
	echo "not ok $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}
skip() { # NAME [REASON...]
	echo "skip $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}
# is NAME WANTED GOT
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "wanted: $2" "got:    $3"; fi; }
# has NAME PATTERN TEXT: a line of it matches (the shell looks: in emulation a process costs more than the question)
has() {
	local line
	while IFS= read -r line; do
		if [[ $line =~ $2 ]]; then ok "$1"; return; fi
	done <<<"$3"
	not_ok "$1" "no match for: $2" "in: $3"
}
# does NAME COMMAND...: it succeeds; its output is shown if not
does() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "status $?: $*" "$said"; fi
}
# refuses NAME STATUS PATTERN COMMAND...: it ends with STATUS and standard error matches PATTERN, in one readable line
refuses() {
	local name=$1 wanted=$2 pattern=$3 said status
	shift 3
	said=$("$@" 2>&1 >/dev/null)
	status=$?
	if [ $status -eq "$wanted" ] && grep -qE -e "$pattern" <<<"$said"; then
		ok "$name"
	else
		not_ok "$name" "wanted status $wanted and: $pattern" "got status $status and: $said"
	fi
}
# refuses_as NAME STATUS ID "WORD..." rxelab ARG...: it ends with STATUS, and its sentence is of the kind ID (-v shows it)
# and names every WORD
refuses_as() {
	local name=$1 wanted=$2 id=$3 words=$4 said status word lacks=
	shift 4
	said=$("$1" -v "${@:2}" 2>&1 >/dev/null | grep -E '^rxelab: .* \[[a-z0-9-]+\]$' | tail -n 1; exit "${PIPESTATUS[0]}")
	status=$?
	for word in $words; do [[ $said == *"$word"* ]] || lacks+=" $word"; done
	if [ $status -eq "$wanted" ] && [[ $said == *" [$id]" ]] && [ -z "$lacks" ]; then
		ok "$name"
	else
		not_ok "$name" "wanted status $wanted, [$id] and: $words" "got status $status and: $said"
	fi
}
# for_plane netns|hosted: ends a case that is not meant for this kernel
for_plane() { [ "$EXPECT_PLANE" = "$1" ] || exit 77; }
# harmless REGEX: a line the kernel is expected to print in this case
harmless() { echo "$1" >>"$WORK/harmless"; }
# within SECONDS COMMAND...: poll until it succeeds
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
# json EXPRESSION [FILE]: a value of a JSON document, by Python, where d is the document
json() { python3 -I -S -c 'import json, sys
d = json.load(open(sys.argv[2]) if len(sys.argv) > 2 else sys.stdin)
print(eval(sys.argv[1]))' "$@"; }

# census: everything that a lab could leave behind, from outside (tools/census): beside the program, or where it is installed
for census in "${rx%/*}/census" "$PWD/../census"; do [ ! -f "$census" ] || break; done
census() { "$census"; }
# settled FILE: the census equals FILE; devices go asynchronously, so it is taken until it does, for 15 s. Prints the
# difference otherwise. Loading modules is allowed to remain.
settled() { "$census" -m "$1" 15; }

# clean_slate: after a failure, take everything of ours away by other means, so that the next case starts clean
clean_slate() {
	local dev ns
	rxelab down --all >/dev/null 2>&1
	rxelab gc >/dev/null 2>&1
	for dev in $(rdma link 2>/dev/null | sed -nE 's/^link (rxl[^/]*)\/.*/\1/p'); do rdma link delete "$dev"; done
	for ns in $(ip netns list | awk '/^rxl/ { print $1 }'); do
		for dev in $(ip netns exec "$ns" rdma link 2>/dev/null | sed -nE 's/^link (rxl[^/]*)\/.*/\1/p'); do
			ip netns exec "$ns" rdma link delete "$dev"
		done
		ip netns del "$ns"
	done
	for dev in $(ip -o link | sed -nE 's/^[0-9]+: (rxl[^:@]*)[:@].*/\1/p'); do ip link del "$dev" 2>/dev/null; done
	rm -rf /run/rxelab /run/lock/rxelab
}
# clean_guest: the same for a guest that is nobody's machine: everything goes that was not there when it booted
clean_guest() {
	local dev ns pid
	clean_slate
	for pid in $(pgrep -x 'rping|ucmatose|mckey|ibv_.*|ib_.*|iperf3|qperf|rxelab'); do kill -9 "$pid"; done
	for ns in $(ip netns list | awk '{ print $1 }'); do
		for pid in $(ip netns pids "$ns"); do kill -9 "$pid"; done
		for dev in $(ip netns exec "$ns" rdma link 2>/dev/null | sed -nE 's/^link ([^/]*)\/.*/\1/p'); do
			ip netns exec "$ns" rdma link delete "$dev"
		done
		ip netns del "$ns"
	done
	for dev in $(rdma link 2>/dev/null | sed -nE 's/^link ([^/]*)\/.*/\1/p'); do rdma link delete "$dev"; done
	for dev in $(ip -o link | sed -nE 's/^[0-9]+: ([^:@]*)[:@].*/\1/p'); do
		case $dev in lo | eth0) ;; *) ip link del "$dev" ;; esac
	done
	tc qdisc del dev eth0 root
	ip link set eth0 nomaster
	ip address flush dev eth0 scope global
	ip link set eth0 up mtu 1500
	within 10 rdma system set netns shared
} >/dev/null 2>&1

# kernel_lines KIND: what kernel-lines has of that kind, as one regular expression
kernel_lines() {
	local kind pattern why all=
	while IFS=$'\t' read -r kind pattern why; do
		[ "$kind" != "$1" ] || all+=${all:+|}$pattern
	done <"$PWD/kernel-lines"
	printf '%s' "$all"
}

# dmesg_verdict: what the kernel said since the last time. Anything with the look of a bug is printed and fails. So, with
# STRICT_DMESG, does a line that is neither in kernel-lines nor declared by the case; without, it is noted: a kernel
# under development may say more than a stock one.
dmesg_verdict() {
	local said bugs rest
	# by syslog(2) reading and clearing are one: nothing is lost between. The state of the processor's mitigations is no
	# complaint
	said=$(dmesg --syslog --notime --read-clear | grep -vE 'Spectre|RETBleed|mitigation')
	[ -n "$said" ] || return 0
	bugs=$(grep -nE "$(kernel_lines bug)" <<<"$said")
	rest=$(grep -vE "^$|$(kernel_lines said)" <<<"$said")
	[ ! -s "$WORK/harmless" ] || rest=$(grep -vEf "$WORK/harmless" <<<"$rest")
	if [ -z "$bugs" ] && [ -n "$rest" ] && [ -z "${STRICT_DMESG:-}" ]; then
		sort -u <<<"$rest" | head -n 20 | while read -r line; do say note "$CASE: the kernel said: $line"; done
		return 0
	fi
	[ -n "$bugs$rest" ] || return 0
	if [ -n "$bugs" ]; then printf '%s\n' "$said"; else sort -u <<<"$rest" | head -n 40; fi
	return 1
}

# what the probes of `capabilities` found out about this kernel
can() { grep -qP "^$1\tyes\t" "${CAPABILITIES:-/dev/null}"; }
# needs CAPABILITY...: the case is skipped on a kernel that lacks one
needs() {
	local name
	for name; do can "$name" || skip_case "this kernel lacks $name ($(grep -P "^$name\t" "$CAPABILITIES" | cut -f 2-))"; done
}
skip_case() {
	skip "[case] the whole case" "$*"
	exit 0
}

# counter NETNS NETDEV NAME: a netdev's statistics counter ("" as NETNS: here)
counter() { ${1:+ip netns exec "$1"} cat "/sys/class/net/$2/statistics/$3"; }

# pingpong LAB A B: unmodified ibv_rc_pingpong between two endpoints, each started by rxelab exec, payload checked
pingpong() {
	local lab=$1 a=$2 b=$3 server status
	rxelab exec "$lab/$a" -- sh -c 'exec ibv_rc_pingpong -c -n 100 -d "$RXELAB_DEV" -g "$RXELAB_GID_INDEX"' \
		>"$WORK/server" 2>&1 &
	server=$!
	if within 20 rxelab exec "$lab/$a" -- sh -c 'ss -ltn | grep -q :18515'; then
		timeout 30 "$rx" exec "$lab/$b" -- sh -c \
			'exec ibv_rc_pingpong -c -n 100 -d "$RXELAB_DEV" -g "$RXELAB_GID_INDEX" '"$a" >"$WORK/client" 2>&1
		status=$?
	else
		status=99
	fi
	[ $status -eq 0 ] || kill $server 2>/dev/null
	wait $server && [ $status -eq 0 ] && return 0
	cat "$WORK/server" "$WORK/client" 2>/dev/null
	return 1
}

# verify_all LAB N [all]: every ordered pair of N endpoints passes the RC tests, and nothing fails, as verify --json
# reports; the RC tests and the path alone unless all are asked for
verify_all() {
	local name=$1 pairs=$(($2 * ($2 - 1))) tests=gid-distinct,path,rc-send,rc-write,rc-read result=$WORK/verify-$1.json status failed send write read
	[ "${3:-}" != all ] || tests=all
	timeout 120 "$rx" verify "$name" --tests "$tests" --json >"$result" 2>"$WORK/verify-$1.err"
	status=$?
	if [ $status -ne 0 ]; then
		not_ok "verify $name" "status $status" "$(cat "$WORK/verify-$1.err")" \
			"$(json '"\n".join("%s %s %s: %s" % (r["test"], r["from"], r["to"], r["detail"]) for r in d["results"] if r["status"] == "fail")' "$result" 2>&1)"
		return
	fi
	read -r failed send write read < <(json '" ".join(str(x) for x in [d["failed"]] + [len({(r["from"], r["to"])
		for r in d["results"] if r["test"] == t and r["status"] == "pass"}) for t in ("rc-send", "rc-write", "rc-read")])' "$result")
	is "verify $name: nothing failed; rc-send, rc-write, rc-read for every ordered pair" \
		"0 $pairs $pairs $pairs" "$failed $send $write $read"
}

# look LAB: read inspect --json into the array "lab": ${lab[plane]}, ${lab[ep1.netdev]}, ... (one start of Python, which
# is slow in emulation)
declare -A lab
look() {
	local key value
	lab=()
	while IFS=$'\t' read -r key value; do lab[$key]=$value; done < <(rxelab inspect "$1" --json | python3 -I -S -c '
import json, sys
d = json.load(sys.stdin)
for k, v in d.items():
    if not isinstance(v, (list, dict)):
        print(k, v, sep="\t")
for e in d["endpoints"]:
    for k, v in e.items():
        if not isinstance(v, (list, dict)):
            print(e["name"] + "." + k, v, sep="\t")')
}

# wire LAB ENDPOINT, after look: $dev is the netdev by which its RoCE goes, "${ns[@]}" goes before commands about it
wire() {
	dev=${lab[$2.wire_netdev]} ns=()
	[ "$dev" = None ] || return 0
	dev=${lab[$2.netdev]} ns=(ip netns exec "rxl.$1.$2")
}

# verified LAB NAME TESTS [OPTION...]: verify passes, and something did pass
verified() {
	local of=$1 name=$2 tests=$3 said
	shift 3
	if said=$(rxelab verify "$of" --tests "$tests" --format tap --timeout 150 "$@" 2>&1) && grep -q '^# passed [1-9]' <<<"$said"; then
		ok "$name"
	else
		not_ok "$name" "$(grep -B 1 '^not ok' <<<"$said" | head -n 12)" "$(tail -n 4 <<<"$said")"
	fi
}

# verified_all LAB: every test of verify, a check for each by its name: it passed for some pair, and failed for none
verified_all() {
	rxelab verify "$1" --tests all --format tap --timeout 150 >"$WORK/verify" 2>&1
	awk '/^# passed / { ended = 1; next }
		/^# / { detail = $0; next }
		/^(not )?ok [0-9]+ / {
			test = /^not/ ? $4 : $3
			if (!(test in seen)) order[++n] = test
			seen[test]
			if (/^not/) failed[test] = failed[test] "# " $0 ": " substr(detail, 3) "\n"
			else if (/ # SKIP /) { skipped[test] = $0; sub(/.* # SKIP /, "", skipped[test]) }
			else passed[test]
		}
		END {
			for (i = 1; i <= n; i++) {
				test = order[i]
				if (test in failed) printf "not ok verify: %s\n%s", test, failed[test]
				else if (test in passed) print "ok verify: " test
				else print "skip verify: " test "\n# " skipped[test]
			}
			print (ended ? "ok" : "not ok") " verify comes to its end"
		}' "$WORK/verify"
}

# raw_ends: the netdevs t-a0 and t-b0, which are here, get a namespace each (t-a, t-b), an address and an RXE of that name
raw_ends() {
	local side n=0
	for side in a b; do
		n=$((n + 1))
		ip netns add t-$side && ip link set t-${side}0 netns t-$side && ip -n t-$side link set lo up &&
			ip -n t-$side address add 10.99.0.$n/24 dev t-${side}0 && ip -n t-$side link set t-${side}0 up &&
			ip netns exec t-$side rdma link add t-$side type rxe netdev t-${side}0 || return 1
	done
}
raw_away() {
	local side
	for side in a b; do
		ip netns exec t-$side rdma link delete t-$side
		ip netns del t-$side
	done
	within 10 sh -c '! rdma link | grep -q "^link t-[ab]/"; ! ip link show t-a0 2>/dev/null'
} >/dev/null 2>&1
# gid_index NETNS DEVICE [WORDS]: the index of the GID of its first IPv4 address, or of the one whose GID ends with WORDS
gid_index() {
	local i gid
	for i in 0 1 2 3 4 5 6 7; do
		read -r gid < <(ip netns exec "$1" cat "/sys/class/infiniband/$2/ports/1/gids/$i" 2>/dev/null)
		[[ $gid != 0000:0000:0000:0000:0000:ffff:*${3:-} ]] || { echo $i && return; }
	done
	return 1
}
# raw_pingpong PROGRAM [LIMIT [ADDRESS WORDS WORDS [DEVICE]]]: ibv_*_pingpong from t-b to t-a, where raw_ends made them; at
# another address of t-a than the first, by the GIDs there that end with WORDS, on another DEVICE of it
raw_pingpong() {
	local program=$1 limit=${2:-30} to=${3:-10.99.0.1} device=${6:-t-a} a b status server
	a=$(gid_index t-a "$device" "${4:-}") && b=$(gid_index t-b t-b "${5:-}") || { echo "no GID of an IPv4 address"; return 1; }
	timeout "$limit" ip netns exec t-a "$program" -n 200 -d "$device" -g "$a" >"$WORK/server" 2>&1 &
	server=$!
	if within 10 sh -c 'ip netns exec t-a ss -Hltn | grep -q :18515'; then
		timeout "$limit" ip netns exec t-b "$program" -n 200 -d t-b -g "$b" "$to" >"$WORK/client" 2>&1
		status=$?
	else
		status=99
	fi
	[ $status -eq 0 ] || kill $server 2>/dev/null
	wait $server && [ $status -eq 0 ] && return 0
	cat "$WORK/server" "$WORK/client" 2>/dev/null
	return 1
}
# traffic_starts: an endless ibv_rc_pingpong between t-a and t-b, seen to move; its processes are in $traffic
traffic_starts() {
	local a b
	a=$(gid_index t-a t-a) && b=$(gid_index t-b t-b) || return 1
	ip netns exec t-a ibv_rc_pingpong -n 1000000000 -d t-a -g "$a" >/dev/null 2>&1 &
	traffic=$!
	within 10 sh -c 'ip netns exec t-a ss -Hltn | grep -q :18515' || return 1
	ip netns exec t-b ibv_rc_pingpong -n 1000000000 -d t-b -g "$b" 10.99.0.1 >/dev/null 2>&1 &
	traffic="$traffic $!"
	within 15 sh -c '[ "$(cat /sys/class/infiniband/t-a/ports/1/hw_counters/rcvd_pkts)" -gt 500 ]'
}
traffic_ends() {
	kill -9 $traffic
	wait $traffic
} 2>/dev/null

# listens LAB PORT: within 15 s a program in ep1 listens on it (TCP, UDP or rdma_cm). One process in ep1 polls, and as long
# as it can without others: in emulation a process costs more than the question
listens() {
	# shellcheck disable=SC2016 # the shell in ep1 has the variables
	timeout 15 "$rx" exec "$1/ep1" -- bash -c '
		printf -v hex %04X "$1"
		until [[ $(</proc/net/tcp)$(</proc/net/tcp6)$(</proc/net/udp)$(</proc/net/udp6) =~ :$hex\ [0-9A-F]+:0000\ 0[A7]\  ]] ||
			rdma resource show cm_id 2>/dev/null | grep -q "state LISTEN.*:$1"; do sleep 0.1; done' sh "$2"
}
# between LAB NAME SERVER CLIENT PORT: a program's server in ep1, once it listens on PORT its client in ep2, each a line
# of shell. Both must end well, and packets must have gone from the client's RXE device to the server's (which in UC
# answers nothing): exit 0 alone proves nothing. A server that never ends by itself (SERVER begins with "forever ") is
# ended when its client has
between() {
	local of=$1 name=$2 server_line=${3#forever } client_line=$4 port=$5 server status served a b
	a=$(hw_counter "rxl.$of.ep1" rcvd_pkts) b=$(hw_counter "rxl.$of.ep2" sent_pkts)
	: >"$WORK/client"
	rxelab exec "$of/ep1" --timeout 60 -- sh -c "exec $server_line" >"$WORK/server" 2>&1 &
	server=$!
	status=0
	listens "$of" "$port" || status=99
	if [ $status -eq 0 ]; then
		rxelab exec "$of/ep2" --timeout 60 -- sh -c "exec $client_line" >"$WORK/client" 2>&1
		status=$?
	fi
	[ $status -eq 0 ] && [ "$server_line" = "$3" ] || kill $server 2>/dev/null
	wait $server
	served=$?
	[ "$server_line" = "$3" ] || served=0
	if [ "$status:$served" = 0:0 ]; then
		ok "$name"
		is "$name: the client's device has sent, the server's received" "1 1" \
			"$(($(hw_counter "rxl.$of.ep2" sent_pkts) > b)) $(($(hw_counter "rxl.$of.ep1" rcvd_pkts) > a))"
	else
		not_ok "$name" "client's status $status, server's $served" "server: $(tail -n 8 "$WORK/server")" "client: $(tail -n 8 "$WORK/client")"
	fi
}
# hw_counter DEVICE NAME: -1 if it cannot be read, so that a comparison fails. In shared mode only init_net's sysfs has the
# counters of a device (7.3.4); in exclusive mode the namespace's, which for our devices has the device's name
hw_counter() {
	local file=/sys/class/infiniband/$1/ports/1/hw_counters/$2
	cat "$file" 2>/dev/null || ip netns exec "$1" cat "$file" 2>/dev/null || echo -1
}
