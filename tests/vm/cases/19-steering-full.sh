# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hosted plane by eBPF, and by flower where the kernel refuses bpf(): endpoints are the same, drift is seen, and the
# modules that either needed go.
. ./lib.sh
for_plane hosted
harmless 'already configured on|real device only' # doctor
modules() { awk '{ print $1 }' /proc/modules | sort; }
lab_of=(--name flow --parent eth0 --count 2 --subnet6 fd77::/64)
# without: where the kernel refuses bpf()
without() { "$(dirname "$0")/../without-bpf" rxelab "$@"; }
figures() { rxelab watch flow --json --count 1 --interval 0.2 >"$WORK/watch"; json '" ".join(str(d["endpoints"][0]["counters"][c]) for c in sys.argv[3:])' "$WORK/watch" "$@"; }
# by WAY "FILTER...": the endpoints are steered by it, nothing of the other way is left, and RoCE is counted
by() {
	local where count
	is "inspect says $1" "$1 $1" "$(rxelab inspect flow --json | json '" ".join(e["interfaces"][0]["steering"] for e in d["endpoints"])')"
	look flow
	wire flow ep1
	is "$1: tc shows $2 and no more" "$2" "$(for where in "$dev ingress" "$dev egress" "${lab[ep1.rxe_netdev]} egress"; do
		tc filter show dev $where; done | grep -oE 'rxelab_[a-z]+|\bflower\b' | sort -u | xargs)"
	verify_all flow 2 all
	# both since the filters were set
	rdma=$(figures sent_pkts rcvd_pkts) count=$(figures roce_tx_packets roce_rx_packets)
	verified flow "$1: traffic" rc-send,rc-read
	is "$1: RoCE frames counted are RXE's packets" "$(minus "$(figures sent_pkts rcvd_pkts)" "$rdma")" \
		"$(minus "$(figures roce_tx_packets roce_rx_packets)" "$count")"
	count=$(figures roce_tx_packets roce_rx_packets)
	does "$1: ping" rxelab exec flow/ep1 -- ping -c 2 -i 0.2 -W 2 ep2
	is "$1: ... is no RoCE" "$count" "$(figures roce_tx_packets roce_rx_packets)"
}
minus() { awk '{ print $1 - $3, $2 - $4 }' <<<"$*"; }

modules >"$WORK/before"
does "up" rxelab up "${lab_of[@]}"
has "it has loaded what tc needs" '^cls_bpf$' "$(modules)"
by ebpf "rxelab_count rxelab_in rxelab_out"
has "--dry-run says eBPF" 'eBPF: RoCE to netdev' "$(rxelab up "${lab_of[@]}" --dry-run)"
has "--dry-run says flower where bpf() is refused" 'flower: RoCE to netdev' "$(without up "${lab_of[@]}" --dry-run)"
does "up mends by flower there" without up "${lab_of[@]}"
by flower flower
does "a filter is taken away" tc filter del dev "$dev" ingress pref 1001
has "... inspect names it" "filter of $dev .* is gone" "$(rxelab inspect flow)"
does "... up mends it by eBPF" rxelab up "${lab_of[@]}"
by ebpf "rxelab_count rxelab_in rxelab_out"
does "down" rxelab down flow
is "the modules are as before" "" "$(modules | diff "$WORK/before" -)"

does "up where bpf() is refused" without up "${lab_of[@]}"
has "it has loaded what tc needs" '^cls_flower$' "$(modules)"
has "and no more" '^0$' "$(modules | grep -c cls_bpf)"
by flower flower
does "down" rxelab down flow
is "the modules are as before" "" "$(modules | diff "$WORK/before" -)"
is "asked for by a test" "flower" "$(RXELAB_DEBUG_STEER=flower rxelab up "${lab_of[@]}" --json | json 'd["endpoints"][0]["interfaces"][0]["steering"]')"
does "down" rxelab down flow

without doctor --json >"$WORK/doctor"
has "doctor says so" '^limit .*not permitted' "$(json '"\n".join("%s %s" % (f["verdict"], f["reply"]) for f in d["findings"] if f["check"] == "steering")' "$WORK/doctor")"
