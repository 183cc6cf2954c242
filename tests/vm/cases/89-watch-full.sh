# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# watch: its figures are the kernel's, on a pipe and on a terminal, and it never stands in the way of down.
. ./lib.sh
harmless 'netem: version'
does "up" rxelab up --name seen --parent eth0 --count 3
look seen

# the kernel's own figure, read between two of watch's, when nothing moves
wire seen ep1
ns=${ns[3]:-}
does "traffic" rxelab verify seen --tests rc-send --pairs ep1:ep2
before=$(counter "$ns" "$dev" tx_packets)
rxelab watch seen --json --count 1 --interval 0.2 >"$WORK/one" 2>&1
after=$(counter "$ns" "$dev" tx_packets)
shown=$(json 'd["endpoints"][0]["counters"]["tx_packets"]' "$WORK/one")
if [ "${shown:-0}" -ge "$before" ] && [ "$shown" -le "$after" ]; then
	ok "tx_packets is the netdev's own"
else
	not_ok "tx_packets is the netdev's own" "$before <= $shown <= $after" "$(cat "$WORK/one")"
fi
is "every endpoint is there, active" "ep1 ep2 ep3 ACTIVE" \
	"$(json '" ".join([e["name"] for e in d["endpoints"]] + sorted({e["state"] for e in d["endpoints"]}))' "$WORK/one")"
is "RXE's packets were counted" True "$(json 'd["endpoints"][0]["counters"]["sent_pkts"] > 0' "$WORK/one")"

# in the hosted plane tc counts RoCE: what RXE says that it sent and received, and nothing else
roce() { json '" ".join(str(d["endpoints"][0]["counters"][c]) for c in sys.argv[3:])' "$WORK/$1" "${@:2}"; }
if [ "$EXPECT_PLANE" = hosted ]; then
	counted=$(roce one roce_tx_packets roce_rx_packets)
	is "RoCE frames are RXE's packets" "$(roce one sent_pkts rcvd_pkts)" "$counted"
	does "ping" rxelab exec seen/ep1 -- ping -c 3 -i 0.2 -W 2 ep2
	does "watch after that" sh -c "rxelab watch seen --json --count 1 --interval 0.2 >'$WORK/two'"
	is "... is no RoCE" "$counted" "$(roce two roce_tx_packets roce_rx_packets)"
	has "... though the netdev sent frames" '^[1-9]' "$(($(roce two tx_packets) - shown))"
fi

# under traffic the two that talk are busy, and only they
rxelab bench seen --pairs ep1:ep2 --tests write-bw --sizes 4096 --duration 8 >"$WORK/bench" 2>&1 &
bench=$!
busy() { rxelab watch seen --lines --count 1 --show busy --sort sent --rows 2 | awk 'NR > 1 && $6 > 0 { print $2 }' | sort | xargs; }
two_are_busy() { [ "$(busy)" = "ep1 ep2" ]; }
does "the busy ones" within 20 two_are_busy
does "impair" rxelab impair seen/ep3 --delay 3ms
is "what is impaired" "ep3 delay 3ms" \
	"$(rxelab watch seen --lines --count 1 --interval 0.2 --show impaired | awk 'NR > 1 { print $2, $11, $12 }')"
wait $bench

# on a terminal: the view comes up, q ends it
all_active() { [ "$(grep -ao ACTIVE "$WORK/screen" | wc -l)" -ge 3 ]; }
(within 30 all_active; printf '>fjq') | TERM=xterm timeout 60 script -qec "stty rows 24 cols 80; rxelab watch seen" /dev/null >"$WORK/screen" 2>&1
is "live view: q ends it" 0 $?
# what is not there in the first frame comes later, wherever it belongs on the screen
does "live view: three are active" all_active
has "live view: the lab and its endpoints" 'on eth0: 3 endpoints.*ep3.*sent_pkts' "$(tr -d '\033\r\n' <"$WORK/screen")"

# a lab that goes while it is watched
rxelab watch seen --lines --interval 0.3 >"$WORK/lines" 2>"$WORK/gone" &
watch=$!
within 10 grep -q ep1 "$WORK/lines"
does "down while it is watched" rxelab down seen
wait $watch
is "... watch says so and ends" "1 rxelab: lab seen is gone: it was taken down while it was watched" "$? $(cat "$WORK/gone")"
refuses_as "a lab that is not there" 1 lab-unknown nosuch rxelab watch nosuch --lines
