# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# capture: what crossed an endpoint's netdev, and every node's at once, read by tshark as RoCE v2.
. ./lib.sh
harmless 'entered promiscuous mode|left promiscuous mode'
does "up" rxelab up --name cap --parent eth0 --count 2
look cap
cd "$WORK" || exit 1
# captured FILES COMMAND...: capture in the background, traffic once the files are there, then the interrupt that ends it
captured() {
	local files=$1 pid
	shift
	"$rx" capture "$@" 2>"$WORK/capture.err" &
	pid=$!
	# the header is written when the netdev is open
	# shellcheck disable=SC2086 # several files
	within 20 sh -c 'for f in "$@"; do [ -s "$f" ] || exit 1; done' sh $files || not_ok "capture $* began" "$(cat "$WORK/capture.err")"
	rxelab verify cap --tests rc-send,rc-write,rc-read --pairs ep1:ep2 >/dev/null || not_ok "traffic while capturing"
	kill -INT $pid
	wait $pid
	is "capture $*: an interrupt ends it well" 0 $?
}
if command -v tshark >/dev/null; then decode() { tshark -r "$1" -Y infiniband -T fields -e _ws.col.Info 2>/dev/null; }; else
	skip "decoding: tshark is not installed (make deps-full)"
	rxelab down cap
	exit 0
fi
captured one.pcap cap/ep1 -w one.pcap
said=$(decode one.pcap)
for word in 'Send Only|Send First' 'RDMA Write' 'RDMA Read Request' 'RDMA Read Response' Acknowledge; do
	has "tshark reads $word" "RC ($word)" "$said"
done
captured "all-ep1.pcap all-ep2.pcap" cap -w all.pcap
for ep in ep1 ep2; do
	has "all endpoints at once: $ep has its file, with RoCE in it" 'RC (Send|RDMA)' "$(decode all-$ep.pcap)"
done
does "few open files are allowed: the limit is raised" bash -c 'ulimit -Sn 30; exec "$@"' - timeout 60 "$rx" capture cap -w few.pcap --duration 1
printf '#!/bin/bash\nulimit -n 30\nexec setpriv --bounding-set=-sys_resource "%s" "$@"\n' "$rx" >few && chmod 755 few
refuses_as "... or, where it cannot be, it is said first" 1 capture-limits 30 ./few capture cap -w none.pcap --duration 1
is "a limit in time, as JSON" "cap none.pcap ep1 ${lab[ep1.netdev]} 0 0" \
	"$(timeout 30 "$rx" capture cap/ep1 -w none.pcap --filter "udp port 9" --duration 1 --json |
		json '" ".join(str(x) for f in d["files"] for x in (d["lab"], f["file"], f["endpoint"], f["netdev"], f["packets"], f["dropped"]))')"
is "a filter keeps the rest out" "" "$(decode none.pcap)"
refuses_as "a bad filter" 2 option-value --filter rxelab capture cap/ep1 -w x.pcap --filter "udp prt 9"
refuses_as "an unknown endpoint" 1 endpoint-unknown ep9 rxelab capture cap/ep9 -w x.pcap
does "down" rxelab down cap
