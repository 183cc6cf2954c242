# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900 s
# bench: a figure is measured or it is not there. What is reported arrived, what did not run says so, parameters that did not
# hold are errors, flows at once share the wire, and a signal keeps the results and takes the labs of --compare-links down.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|netem: version'
# b OPTION...: its status is left in $status
b() {
	timeout 120 "$rx" bench quick "$@" --json >"$WORK/b" 2>"$WORK/b.err"
	status=$?
}
# each EXPRESSION: of each result r
each() { json "' '.join(str($1) for r in d['results'])" "$WORK/b"; }
does "up" rxelab up --name quick --parent eth0 --count 4
look quick
wire quick ep1
to=(bash -c '"$@"' -)
[ "$EXPECT_PLANE" = hosted ] || to=(ip netns exec rxl.quick.ep2)
rxe=${lab[ep2.netdev]}
[ "$EXPECT_PLANE" = netns ] || rxe=$(rxelab inspect quick --json | json 'd["endpoints"][1]["rxe_netdev"]')

# the sender is told nothing when UC and UD are lost
if "${to[@]}" nft -f - <<END; then
table inet nothing { chain in { type filter hook input priority 0; iifname "$rxe" udp dport 4791 drop; }; }
END
	for of in "ud send-bw 1k" "uc send-bw 4k" "uc write-bw 4k"; do
		read -r transport test size <<<"$of"
		b --transport $transport --tests $test --sizes $size --duration 0.4
		is "nothing arrives by $transport $test: exit 1" 1 $status
		is "... no figure, and no way" "fail None True" \
			"$(each '"%s %s %s" % (r["status"], r["bandwidth_MBps"]["average"], not r["path"])')"
	done
	"${to[@]}" nft delete table inet nothing
else
	skip "nothing arrives: no nftables here"
fi
b --transport uc --tests write-bw --sizes 4k --duration 0.5 --interval 0.1
is "UC WRITE that arrives is measured" "pass True" "$(each '"%s %s" % (r["status"], r["bandwidth_MBps"]["average"] > 0)')"
is "... its series has five values, whose mean is the average" "5 True" \
	"$(each '"%d %s" % (len(r["series_MBps"]), abs(sum(r["series_MBps"]) / 5 / r["bandwidth_MBps"]["average"] - 1) < 0.01)')"

# parameters
refuses_as "a processor that is not there" 1 cpu-unavailable 900 rxelab bench quick --tests send-lat --sizes 64 --cpu 900,901
refuses_as "perftest is never at once" 2 option-combination perftest rxelab bench quick --concurrent --with perftest
refuses_as "links have no network" 2 option-combination --network rxelab bench quick --compare-links --network x
refuses_as "perftest knows whole seconds" 2 option-combination 0.5 rxelab bench quick --duration 0.5 --with perftest
b --tests write-bw --sizes 64 --iterations 200000000 --timeout 3
is "so many messages do not come in 3 s: exit 124" 124 $status
is "... no figure, and said so" "not run None" "$(each '"%s %s" % (r["status"], r["bandwidth_MBps"]["average"])')"
b --tests send-lat --sizes 64 --iterations 20
is "20 samples have a median, but no p99" "20 True None None" \
	"$(each '"%s %s %s %s" % (r["latency_us"]["samples"], r["latency_us"]["median"] > 0, r["latency_us"]["p99"], r["latency_us"]["p999"])')"

# what was not begun, and what was found before a signal
b --pairs all --tests write-bw --sizes 4k --duration 1 --timeout 4
is "a time limit: exit 124" 124 $status
is "... each pair has its record, and none without a figure passes" "12 True True False" \
	"$(json '"%d %s %s %s" % (len(d["results"]), any(r["status"] == "pass" for r in d["results"]),
		all((r["status"] == "pass") == (r["bandwidth_MBps"]["average"] is not None) for r in d["results"]), d["complete"])' "$WORK/b")"
"$rx" bench quick --tests write-bw --sizes 4k --duration 0.5 --repeats 50 --json >"$WORK/b" 2>"$WORK/b.err" &
pid=$!
sleep 5
kill -TERM $pid
wait $pid
is "a signal: exit 143" 143 $?
is "... what was measured is there" True "$(json 'sum(r["status"] == "pass" for r in d["results"]) > 0 and not d["complete"]' "$WORK/b")"
"$rx" bench quick --compare-links --tests write-bw --sizes 4k --duration 0.5 --repeats 50 --json >"$WORK/b" 2>"$WORK/b.err" &
pid=$!
for ((i = 0; i < 300; i++)); do
	ip netns list | grep -q '^rxl\.cmp-' && break
	sleep 0.2
done
is "--compare-links has labs of its own" 1 $((i < 300))
kill -TERM $pid
wait $pid
is "... a signal: exit 143" 143 $?
is "... which go" "" "$(rxelab list --json | json '" ".join(l["lab"] for l in d["labs"] if l["lab"].startswith("cmp-"))')"
refuses_as "a file that cannot be opened" 1 output-write "$WORK/no/b" rxelab bench quick -o "$WORK/no/b"

# every byte is looked at, by each verb; a device that does wrong is seen
b --check --tests send-bw,write-bw,read-bw,atomic-bw --sizes 3k --duration 0.5
is "--check: all verbs pass, and messages were looked at" "0 True True True True" \
	"$status $(each 'r["status"] == "pass" and r["checked"] > 10')"
b --check --transport uc --tests write-bw --sizes 64k --duration 0.5
is "--check: a UC WRITE of many packets, not overwritten before it is looked at" "0 True" \
	"$status $(each 'r["status"] == "pass" and r["checked"] > 3')"
b --rate 4000000 --tests send-lat --sizes 64 --duration 0.5
is "--rate: more than the machine can do has an end, and no figure" "1 fail None" \
	"$status $(each '"%s %s" % (r["status"], r["latency_us"]["median"])')"
for of in "uc send-bw" "uc write-bw" "ud send-bw"; do
	read -r transport test <<<"$of"
	b --check --transport $transport --tests $test --sizes 900 --duration 0.5
	is "--check: $transport $test" "0 True" "$status $(each 'r["status"] == "pass" and r["checked"] > 10')"
done
if gcc -shared -fPIC -O1 -o "$WORK/fault.so" "$(dirname "$0")/../verbs-fault.c" -ldl 2>"$WORK/gcc"; then
	for of in "flip send-bw" "unwritten write-bw" "unread read-bw" "atomic atomic-bw"; do
		read -r fault test <<<"$of"
		LD_PRELOAD=$WORK/fault.so VERBS_FAULT=$fault b --check --tests $test --sizes 3k --duration 0.5
		is "--check: a device that does wrong ($fault) fails $test, without a figure" "1 fail None" \
			"$status $(each '"%s %s" % (r["status"], r["bandwidth_MBps"]["average"])')"
		has "... and says what is wrong" 'byte [0-9]+ of ' "$(each 'r["detail"]')"
	done
	# 100 messages a second: a stall of a third of a second makes some thirty of three hundred late
	LD_PRELOAD=$WORK/fault.so VERBS_FAULT=stalls b --rate 100 --tests send-lat --sizes 64 --duration 3
	is "--rate: what waits behind a stall counts, too: p99 is above a tenth of a second" "0 300 True" \
		"$status $(each '"%s %s" % (r["latency_us"]["samples"], r["latency_us"]["p99"] > 1e5)')"
else
	skip "--check, --rate: a device that does wrong: no compiler here"
fi
b --rate 200 --tests send-lat,write-lat,read-lat,atomic-lat,tcp-lat --sizes 64 --duration 1 --histograms "$WORK/hgrm"
is "--rate: by each verb as many as were due; not by TCP" "0 200 200 200 200 skip" \
	"$status $(each 'r["latency_us"]["samples"] or r["status"]')"
is "--histograms: a file each, with all of them" "4 4" \
	"$(find "$WORK/hgrm" -name '*.hgrm' | wc -l) $(grep -l 'Total count *= *200\]' "$WORK"/hgrm/*.hgrm | wc -l)"

# a fault at a given second, in the series and taken back
b --tests write-bw --sizes 4k --depth 8 --duration 10 --interval 0.5 --at 2s "impair ep1 rate=4mbit"
is "--at: it passes, and says when it happened" "0 True" "$status $(each 'r["status"] == "pass" and 2 <= r["event_s"] < 9')"
is "... the series falls then" True "$(each 'max(r["series_MBps"][:4]) > 1.5 * r["series_MBps"][19]')"
is "... it is taken back" 0 "$(rxelab impair quick --show --json | json 'len(d["impairments"])')"
does "impaired already" rxelab impair quick/ep1 --loss 1%
refuses_as "--at: not where something is impaired" 1 impair-there quick/ep1 rxelab bench quick --at 0.5 'impair ep1 loss=5%'
does "... and not any more" rxelab impair quick/ep1 --clear
refuses_as "--at: nothing has that name" 1 endpoint-unknown ep9 rxelab bench quick --at 0.5 'impair ep9 loss=5%'
refuses_as "--at: jitter without a delay" 2 impair-needs-delay jitter rxelab bench quick --at 0.5 'impair ep1 jitter=1ms'
refuses_as "--at: no endpoint" 2 option-value impair rxelab bench quick --at 0.5 'impair loss=5%'

# perftest beside it has the same parameters, and its command lines are there
if command -v ib_write_bw >/dev/null; then
	b --with perftest --poll busy --tests write-bw,send-lat --sizes 4k --depth 32 --duration 1
	is "perftest: both pass" "0 True" "$status $(json 'len(d["results"]) == 4 and all(r["status"] == "pass" for r in d["results"])' "$WORK/b")"
	has "... its depth, posting list, inline size, duration and margin are ours" '-I 0 -t 32 -l 8 -D 3 -f 1' \
		"$(json '[r["commands"]["from"] for r in d["results"] if r["tool"] == "perftest" and r["test"] == "write-bw"][0]' "$WORK/b")"
	is "... ours has none" None "$(json '[r["commands"] for r in d["results"] if r["tool"] == "rxelab"][0]' "$WORK/b")"
fi
refuses_as "perftest has no --check" 2 option-combination --check rxelab bench quick --check --with perftest

# flows at once: one netdev sends 1 MB/s, whoever shares it
does "a slow netdev" rxelab impair quick/ep1 --rate 8mbit
b --pairs ep1:ep2,ep1:ep3,ep1:ep4 --concurrent --tests write-bw --sizes 4k --depth 8 --duration 2
sum=$(json 'round(sum(r["bandwidth_MBps"]["average"] or 0 for r in d["results"]), 3)' "$WORK/b")
is "three flows at once share it ($sum MB/s)" True "$(json "0.4 < $sum < 1.1" "$WORK/b")"
b --pattern incast:3 --tests write-bw --sizes 4k --duration 0.5
is "incast: three at once to the first" "True incast:3 ep2>ep1 ep3>ep1 ep4>ep1" \
	"$(json '"%s %s %s" % (d["parameters"]["concurrent"], d["parameters"]["pattern"],
		" ".join("%s>%s" % (r["from"], r["to"]) for r in d["results"]))' "$WORK/b")"
refuses_as "incast: more senders than there are" 1 endpoint-count incast:4 rxelab bench quick --pattern incast:4
does "... and a fast one" rxelab impair quick/ep1 --clear

# what is expected
b --tests write-bw --sizes 4k --duration 0.5 --repeats 3 --expect 'write-bw>=0.001'
is "expected and held: exit 0" 0 $status
cp "$WORK/b" "$WORK/before"
b --tests write-bw --sizes 4k --duration 0.5 --expect 'write-bw>=1e6'
is "expected and not held: exit 1" 1 $status
has "... which" 'write-bw .*write-bw>=1e6' "$(cat "$WORK/b.err")"
does "a slow netdev again" rxelab impair quick/ep1 --rate 1mbit
b --tests write-bw --sizes 4k --depth 4 --duration 1 --repeats 3 --baseline "$WORK/before"
is "slower than an earlier run: exit 1" 1 $status
has "... which" 'write-bw ep1 > ep2' "$(cat "$WORK/b.err")"
b --tests write-bw --sizes 4k --depth 4 --duration 1 --baseline "$WORK/before" -o "$WORK/before"
is "... also where the results replace those of the earlier run" "1 1" \
	"$status $(json 'len(d["results"])' "$WORK/before")"
b --tests write-bw --sizes 2k --depth 4 --duration 0.5 --baseline "$WORK/before"
is "nothing in common with an earlier run: exit 1" 1 $status
b --tests write-bw --sizes 4k --depth 4 --duration 1 --baseline "$WORK/before"
is "the same as an earlier run: exit 0" 0 $status
refuses_as "an earlier run that is none" 2 results-unreadable /etc/passwd rxelab bench quick --baseline /etc/passwd
does "down" rxelab down quick

# each network
cat >"$WORK/quick.yaml" <<'END'
name: quick
parent: none
networks:
  red: {subnet: 10.92.1.0/24}
  blue: {subnet: 10.92.2.0/24}
endpoints:
  - {name: ep1, networks: [red, blue]}
  - {name: ep2, networks: [red, blue]}
END
does "two networks: up" rxelab up "$WORK/quick.yaml"
netdev=$(rxelab inspect quick --json | json "[i['wire_netdev'] or i['netdev'] for i in d['endpoints'][0]['interfaces'] if i['network'] == 'blue'][0]")
b --network blue --tests write-bw,tcp-bw --sizes 4k --duration 0.5
is "--network: over that one, and its netdev" "blue True blue True" "$(each '"%s %s" % (r["network"], r["path"].startswith("'"$netdev"' "))')"
refuses_as "--network: one that is none" 2 network-unknown green rxelab bench quick --network green
does "two networks: down" rxelab down quick
