# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UCX and libfabric by programs of their own, between two endpoints; what MPI does with UCX is case 96.
# limit: 400 s
. ./lib.sh
if ! command -v ucx_perftest >/dev/null || ! command -v fi_pingpong >/dev/null; then
	skip "UCX and libfabric: ucx-utils or libfabric-bin is missing (make deps-full)"
	exit 0
fi
does "up" rxelab up --name u --parent eth0 --count 2
# carried PROGRAM LEAST: the client's device sent no fewer packets since the last time, nor did the server's receive fewer
carried() {
	local s r
	s=$(hw_counter rxl.u.ep2 sent_pkts) r=$(hw_counter rxl.u.ep1 rcvd_pkts)
	echo "# $1: rxl.u.ep2 sent $((s - sent)) packets, rxl.u.ep1 received $((r - received)); the payload alone takes $2"
	is "$1: no fewer packets than the payload takes" "1 1" "$((s - sent >= $2)) $((r - received >= $2))"
	sent=$s received=$r
}
sent=$(hw_counter rxl.u.ep2 sent_pkts) received=$(hw_counter rxl.u.ep1 rcvd_pkts)
# 4096 bytes are four packets of the RDMA MTU under an MTU of 1500. exec has told UCX its device and GID index
for test in tag_bw ucp_put_bw; do
	between u "ucx_perftest $test" "ucx_perftest -p 13337 -t $test -s 4096 -n 500 -w 10" \
		"ucx_perftest ep1 -p 13337 -t $test -s 4096 -n 500 -w 10" 13337
	carried "ucx_perftest $test" 2000
	grep -E '^Final|Final:' "$WORK/client" | sed 's/^/# /'
done
# messages of libfabric's verbs provider go over rdma_cm
between u "fi_pingpong, verbs, msg" 'fi_pingpong -c -p verbs -e msg -d "$RXELAB_DEV" -I 200 -S 4096' \
	'fi_pingpong -c -p verbs -e msg -d "$RXELAB_DEV" -I 200 -S 4096 ep1' 47592
carried "fi_pingpong" 800
tail -n 2 "$WORK/client" | sed 's/^/# /'
does "down" rxelab down u
