# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RXE's own counters: packets move at both ends, and a loss of 5 % shows as retries and out-of-sequence requests.
# Kernel: rxe_hw_counters.c, enum rxe_counters.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|netem: version'
count() { hw_counter "rxl.co.$1" "$2"; }
does "up" rxelab up --name co --parent none --count 2 --rdma-netns shared
before=$(count ep1 sent_pkts)
verified co "RC" rc-send,path
has "sent_pkts of the sender moved" '^1$' "$(($(count ep1 sent_pkts) > before))"
has "rcvd_pkts of the receiver moved" '^1$' "$(($(count ep2 rcvd_pkts) > 0))"
does "5 % loss" rxelab impair co/ep1 --loss 5%
# shellcheck disable=SC2016 # the variables are the endpoint's
pingpong='ibv_rc_pingpong -n 300 -d $RXELAB_DEV -g $RXELAB_GID_INDEX' # it retries for ever
between co "RC under loss" "$pingpong" "$pingpong ep1" 18515
lost=0
for c in completer_retry_err rcvd_seq_err out_of_seq_request duplicate_request; do
	for e in ep1 ep2; do lost=$((lost + $(count $e $c))); done
done
has "retries were counted" '^1$' "$((lost > 0))"
does "down" rxelab down co
