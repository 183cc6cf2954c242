# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole endpoints where RXE works in init_net only, on hosts that ask of what comes in for its way back (rp_filter of
# "all"), and that have the lab's subnet themselves.
. ./lib.sh
for_plane hosted
was=$(cat /proc/sys/net/ipv4/conf/all/rp_filter)
ip link add here type dummy
ip link set here up
ip address add 10.77.0.200/24 dev here
for filter in 1 2; do
	echo $filter >/proc/sys/net/ipv4/conf/all/rp_filter
	does "rp_filter $filter: up" rxelab up --name strict --parent eth0 --count 2 --subnet6 fd77::/64
	does "rp_filter $filter: a second lab" rxelab up --name other --parent eth0 --count 2 --subnet 10.78.0.0/24
	verified strict "rp_filter $filter: it carries traffic" rc-send,ud-send,path,ipv6,cm
	verified other "rp_filter $filter: so does the second" rc-send,path,cm
	is "rp_filter $filter: each interface has a mark of its own" 4 \
		"$(ip rule | sed -nE 's/^9:.*fwmark (0x7278[0-9a-f]{4}) .*/\1/p' | sort -u | wc -l)"
	does "rp_filter $filter: down" rxelab down strict other
done
echo "$was" >/proc/sys/net/ipv4/conf/all/rp_filter
ip link del here
