# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600 s
# verify never says a false word: a device that does wrong (tests/vm/verbs-fault.c) fails the tests that use it, a second
# attempt leaves its trace in every format, every network carries traffic, and what was found before the end came is told.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|Link DOWN|IPv6: ADDRCONF'
v() { timeout 100 "$rx" verify "$@" >"$WORK/v" 2>"$WORK/v.err"; }
# outcomes: "TEST STATUS ATTEMPTS" of each result
outcomes() { json '" ".join("%s %s %d" % (r["test"], r["status"], len(r["attempts"])) for r in d["results"])' "$WORK/v"; }
does "up" rxelab up --name true --parent eth0 --count 2

knows=
! grep -q IBV_WR_ATOMIC_WRITE /usr/include/infiniband/verbs.h 2>/dev/null || knows=-DATOMIC_WRITE
if gcc -shared -fPIC -O1 $knows -o "$WORK/fault.so" "$(dirname "$0")/../verbs-fault.c" -ldl 2>"$WORK/gcc"; then
	# wrong FAULT TEST...: each of them fails at its first attempt, which is its last
	wrong() {
		local fault=$1 test wanted=
		shift
		for test; do wanted+="${wanted:+ }$test fail 1"; done
		LD_PRELOAD=$WORK/fault.so VERBS_FAULT=$fault v true --pairs ep1:ep2 --tests "$(IFS=,; echo "$*")" --json
		is "$fault: exit 1" 1 $?
		is "$fault: $* fail, and are not repeated" "$wanted" "$(outcomes)"
	}
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=none v true --pairs ep1:ep2 --tests all,negative --json
	is "no fault: exit 0" 0 $?
	is "... and only what this kernel cannot is skipped" True \
		"$(json 'all(r["status"] == "pass" or r["test"] in ("window-bounds", "rc-fetch-add", "rc-compare-swap", "rc-atomic-write", "rc-flush", "ud-room", "isolation", "cm")
			for r in d["results"])' "$WORK/v")"
	wrong flip rc-send
	wrong flip srq
	# UC may lose what it sends; what arrives with another length is wrong all the same
	wrong unwritten rc-write rc-write-imm uc-write memory-window ipv6
	wrong unread rc-read
	wrong immediate rc-send-imm rc-write-imm
	# whether this kernel (and this libibverbs) can
	can() { [ "$(json 'd["results"][0]["status"]' <(rxelab verify true --pairs ep1:ep2 --tests "$1" --json))" != skip ]; }
	! can rc-fetch-add || wrong atomic rc-fetch-add rc-compare-swap
	! can rc-atomic-write || wrong tears rc-atomic-write
	! can ud-room || wrong roomy ud-room
	wrong obeys rkey-violation
	wrong longer rc-sizes
	wrong wrap rc-psn-wrap
	wrong pieces rc-sges
	wrong sneaks rkey-violation window-invalidated
	wrong keeps window-invalidated
	wrong betrays window-bounds
	# the RXE of every kernel so far writes there; one that only says so is not let off
	wrong unwritten window-bounds
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=obeys v true --pairs ep1:ep2 --tests window-bounds --json
	is "a window that holds: window-bounds passes" "window-bounds pass 1" "$(outcomes)"
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=tardy v true --pairs ep1:ep2 --tests rc-send,rc-late-receive --json
	is "tardy: rc-late-receive does not pass when nothing was refused" "rc-send pass 1 rc-late-receive fail 2" "$(outcomes)"
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=impatient v true --pairs ep1:ep2 --tests rc-send,rc-late-receive --json
	is "impatient: rc-late-receive fails twice, with the status for it" "rc-send pass 1 rc-late-receive fail 2 True" \
		"$(outcomes) $(json 'all("RNR_RETRY_EXC" in a["detail"] for r in d["results"] if r["test"] == "rc-late-receive" for a in r["attempts"])' "$WORK/v")"
else
	skip "wrong devices: no compiler here"
fi

# the first datagrams are lost, the second attempt passes
look true
at() { if [ "$EXPECT_PLANE" = hosted ]; then "$@"; else ip netns exec rxl.true.ep2 "$@"; fi; }
rxe=${lab[ep2.netdev]}
[ "$EXPECT_PLANE" = netns ] || rxe=$(rxelab inspect true --json | json 'd["endpoints"][1]["rxe_netdev"]')
# lost: four datagrams of the next run
lost() {
	at nft delete table inet verdicts 2>/dev/null
	at nft -f - <<-END
		table inet verdicts { chain in { type filter hook input priority 0;
			iifname "$rxe" udp dport 4791 numgen inc mod 100000 vmap { 0 : drop, 1 : drop, 2 : drop, 3 : drop }; }; }
	END
}
if lost; then
	v true --tests ud-send --pairs ep1:ep2 --json
	is "lost at first: exit 0" 0 $?
	is "... both attempts are there, and the detail says so" "pass fail pass True" \
		"$(json '"%s %s %s" % (d["results"][0]["status"], " ".join(a["status"] for a in d["results"][0]["attempts"]),
			"attempt 1" in d["results"][0]["detail"])' "$WORK/v")"
	lost && v true --tests ud-send --pairs ep1:ep2 --format tap
	has "... in TAP" '^# attempt 1: fail: ' "$(cat "$WORK/v")"
	lost && v true --tests ud-send --pairs ep1:ep2 --format junit
	has "... in JUnit" '<system-out>attempt 1: fail: ' "$(cat "$WORK/v")"
	lost && v true --tests ud-send --pairs ep1:ep2
	has "... in the table" '^repeated ud-send ep1 -> ep2.*attempt 1' "$(cat "$WORK/v")"
	at nft delete table inet verdicts
else
	skip "lost datagrams: no nftables here"
fi

# an address that was asked for and is gone; found before a signal, and before a full disk
does "down" rxelab down true
cat >"$WORK/two.yaml" <<'END'
name: true
parent: none
networks:
  red: {subnet: 10.91.1.0/24, subnet6: "fd91::/64"}
  blue: {subnet: 10.91.2.0/24}
endpoints:
  - {name: ep1, networks: [red, blue]}
  - {name: ep2, networks: [red, blue]}
END
does "two networks: up" rxelab up "$WORK/two.yaml"
v true --tests rc-send,path,gid-owner --json
is "two networks: exit 0" 0 $?
is "... each carries traffic of its own" "blue red" \
	"$(json '" ".join(sorted({r["network"] for r in d["results"] if r["test"] == "path" and r["status"] == "pass"}))' "$WORK/v")"
v true --tests rc-send --network red --json
is "... --network takes one" "red" "$(json '" ".join({r["network"] for r in d["results"]})' "$WORK/v")"
refuses_as "... --network: one that is none" 2 network-unknown green rxelab verify true --network green
netdev() { rxelab inspect true --json | json "[i['netdev'] for i in d['endpoints'][1]['interfaces'] if i['network'] == '$1'][0]"; }
own() { ip netns exec rxl.true.ep2 "$@"; }
own ip -6 address del "$(rxelab inspect true --json | json 'd["endpoints"][1]["ipv6"]')" dev "$(netdev red)"
v true --tests gid-owner,ipv6,ledger --json
is "a lost IPv6 address: exit 1" 1 $?
is "... fails each test that needs it" "gid-owner ipv6 ledger" \
	"$(json '" ".join(sorted({r["test"] for r in d["results"] if r["status"] == "fail" and r["network"] in ("red", None)}))' "$WORK/v")"
does "recreate" rxelab recreate true
own ip link set "$(netdev blue)" down
v true --tests rc-send --json
is "a dead second network: exit 1" 1 $?
is "... its pairs fail, and no others" "blue fail blue fail red pass red pass" \
	"$(json '" ".join(sorted("%s %s" % (r["network"], r["status"]) for r in d["results"]))' "$WORK/v")"

if [ -e "$WORK/fault.so" ]; then
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=elsewhere v true --pairs ep1:ep2 --network red --tests rc-send,ipv6,link-local --json
	is "elsewhere: what goes to link-local GIDs is lost, and nothing else" "rc-send pass 1 ipv6 pass 1 link-local fail 2" "$(outcomes)"
fi

# each test takes a round trip at least: the signal comes long before the last
does "a slow network" rxelab impair true/ep1 --delay 100ms
sent() { own cat "/sys/class/net/$(netdev red)/statistics/tx_packets"; }
for format in json tap junit table; do
	"$rx" verify true --format $format >"$WORK/cut.$format" 2>/dev/null &
	pid=$!
	sleep 1.5
	kill -TERM $pid
	wait $pid
	is "a signal, $format: exit 143" 143 $?
done
does "... and a fast one" rxelab impair true/ep1 --clear
is "... JSON is whole, and says that the results are not" "False True" \
	"$(json '"%s %s" % (d["complete"], len(d["results"]) > 0)' "$WORK/cut.json")"
has "... TAP bails out" '^Bail out! .*15' "$(cat "$WORK/cut.tap")"
has "... JUnit has an error" '<error message=".*15' "$(cat "$WORK/cut.junit")"
has "... the table says incomplete" '^incomplete: .*15' "$(cat "$WORK/cut.table")"
mkdir -p "$WORK/full"
mount -t tmpfs -o size=4k tmpfs "$WORK/full"
timeout 60 "$rx" verify true --tests gid-owner,rc-send,rc-write,rc-read,path,port-active --json -o "$WORK/full/v" >"$WORK/v" 2>"$WORK/v.err"
is "a full disk: exit 1" 1 $?
is "... the results are on standard output, marked" "False True" \
	"$(json '"%s %s" % (d["complete"], len(d["results"]) > 10)' "$WORK/v")"
is "... and no half of them is left there" 0 "$(stat -c %s "$WORK/full/v")"
umount "$WORK/full"
before=$(sent)
refuses_as "a file that cannot be opened" 1 output-write "$WORK/no/v" rxelab verify true --tests rc-send -o "$WORK/no/v"
is "... is refused before anything is sent" 1 $(($(sent) - before < 3))
does "two networks: down" rxelab down true
