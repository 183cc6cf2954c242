# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400 s
# Programs that others wrote upon verbs and rdma_cm: qperf, UCX, libfabric, fio; those that are not installed are skipped.
# Kernel: what they ask of RXE: RC by rdma_cm, RC with events and GRH, memory regions of their sizes.
. ./lib.sh
needs namespace-data-path
# qperf's server (0.4.11) dies of its own accord when its client has gone
harmless 'rxe_completer|retry exceeded|non-flush error status|^qperf.*segfault|^Code: '
does "up" rxelab up --name app --parent none --count 2 --rdma-netns shared
# have PACKAGE PROGRAM...: all of them; what is missing is skipped by name
have() {
	local package=$1 program
	shift
	for program; do
		command -v "$program" >/dev/null || { skip "$program" "the package $package is not installed"; return 1; }
	done
}
# shellcheck disable=SC2016 # the variables are the endpoint's
if have qperf qperf; then
	between app qperf 'forever qperf -lp 19765' 'qperf -lp 19765 -cm 1 -t 2 ep1 rc_bw rc_lat' 19765
fi
# an IPv4 GID needs the check of the sender's address off, or UCX hangs
if have ucx-utils ucx_perftest; then
	ucx='env UCX_UD_VERBS_ETH_DGID_CHECK=n UCX_TLS=rc,self UCX_NET_DEVICES=$RXELAB_DEV:1 UCX_IB_GID_INDEX=$RXELAB_GID_INDEX ucx_perftest -p 13337'
	between app 'ucx_perftest' "$ucx" "$ucx ep1 -t tag_lat -n 200 -w 10" 13337
fi
if have libfabric-bin fi_pingpong; then
	between app 'fi_pingpong -p verbs -e msg' 'fi_pingpong -p verbs -e msg -B 47592 -I 20 -S 1024' \
		'fi_pingpong -p verbs -e msg -P 47592 -I 20 -S 1024 ep1' 47592
fi
if have fio fio; then
	job='--name=j --ioengine=rdma --port=7480 --bs=4k --size=1m --iodepth=4'
	between app 'fio, RDMA write' "fio $job --rw=read" "fio $job --rw=write --verb=write --hostname=ep1" 7480
fi
does "down" rxelab down app
