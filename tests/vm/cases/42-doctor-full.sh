# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor on a healthy host, then on ones with complaints: it names each, and leaves nothing.
. ./lib.sh
harmless 'already configured on|real device only|non-flush error status|[Bb]ridge|vmbr0|rxld'
census >"$WORK/start"
modules=$(awk '{ print $1 }' /proc/modules | sort)
# doctor ARG...: its status; a line for each finding goes to $WORK/f
doctor() {
	rxelab doctor --json "$@" >"$WORK/d" 2>"$WORK/d.err"
	echo $?
	json '"\n".join(f["check"] + ": " + " | ".join([f["verdict"], f["reply"] or "", f["cause"] or "", f["cure"] or ""])
		for f in d["findings"])' "$WORK/d" >"$WORK/f"
}
# finding CHECK PATTERN: the first finding of that name matches
finding() { has "$1: $2" "^$1: $2" "$(grep -m 1 "^$1: " "$WORK/f")"; }

# handle FAMILY TABLE CHAIN PORT: of the rule that has that port
handle() { nft -a list chain "$1" "$2" "$3" | sed -n "s/.*dport $4.*# handle //p"; }

is "a healthy host: exit 0" 0 "$(doctor --parent eth0 --report "$WORK/report")"
finding second-rxe 'limit \| File exists'
finding rxe-on-vlan 'limit \| Operation not permitted'
finding own-gid 'fine \| GIDs fe80[0-9a-f:]* and fe80'
finding parent 'fine'
finding parent-rxe 'fine \| port ACTIVE'
finding status-11 'limit \| status 11'
finding dead-peer 'limit \| status 12'
finding lab 'fine'
summed_up='[s["plane"], s["rdma_cm"], s["routers"], s["endpoints"]["shared"] > 2]'
is "the summary: plane, rdma_cm, routers, room for endpoints" "['$EXPECT_PLANE', True, True, True]" \
	"$(json "[$summed_up for s in [d['summary']]][0]" "$WORK/d")"
case $EXPECT_PLANE in
netns) finding data-path 'fine .*plane netns' ;;
hosted) finding data-path 'limit .*plane hosted' ;;
esac
does "nothing is left" settled "$WORK/start"
is "no module is left" "$modules" "$(awk '{ print $1 }' /proc/modules | sort)"
has "the report holds the findings and the kernel" '=== doctor ===' "$(cat "$WORK/report")"
is "the report is root's alone" 600 "$(stat -c %a "$WORK/report")"

# what a run loads need not be loaded and unloaded each time
modprobe -a rdma_rxe rdma_ucm macvlan veth bridge 8021q udp_diag sch_netem
modprobe dummy numdummies=0
can_filter=
modprobe nf_tables 2>/dev/null && nft add table inet sick 2>/dev/null && can_filter=1
ip netns add foreign
ip link add vmbr0 type bridge vlan_filtering 1
ip link set eth0 master vmbr0
ip link set vmbr0 up
if [ -n "$can_filter" ]; then
	nft add chain inet sick guard '{ type filter hook input priority 0; policy accept; }'
	nft add rule inet sick guard udp dport 4791 drop
fi
is "eth0 a port of vmbr0 (every Proxmox host): exit 1" 1 "$(doctor --parent eth0)"
finding parent 'problem \| .*resource busy \| .*vmbr0.* \| parent: vmbr0$'
finding rdma-mode 'limit \| .*busy \| .*foreign'
if [ -n "$can_filter" ]; then
	finding firewall-in "(limit|problem) \| none arrived \| .*rule handle $(handle inet sick guard 4791) of inet sick guard"
	finding firewall-out 'fine'
	nft delete table inet sick
	nft add table inet sick
	nft add chain inet sick guard '{ type filter hook output priority 0; policy drop; }'
	if modprobe br_netfilter 2>/dev/null; then
		nft add table ip sick
		nft add chain ip sick FORWARD '{ type filter hook forward priority 0; policy drop; }'
	fi
else
	skip "firewall" "nf_tables is not there"
fi
doctor --parent vmbr0 >/dev/null
finding parent 'fine'
finding parent-vlans 'limit \| vlan_filtering is 1'
if [ -n "$can_filter" ]; then
	finding firewall-out '(limit|problem) \| none arrived \| .*policy drop of inet sick guard'
	[ ! -d /proc/sys/net/bridge ] || finding bridge 'problem \| none arrived .*br_netfilter.*policy drop of ip sick FORWARD'
	nft flush ruleset
	# the rule itself, not one that looks like it: a range, behind a jump, and by iptables of both kinds
	nft add table ip sick
	nft add chain ip sick deep
	nft add rule ip sick deep udp dport 4000-5000 reject
	nft add chain ip sick guard '{ type filter hook input priority 0; policy accept; }'
	nft add rule ip sick guard udp dport 4790 drop
	nft add rule ip sick guard jump deep
	doctor >/dev/null
	finding firewall-in "(limit|problem) \| none arrived \| .*rule handle $(handle ip sick deep 4000) of ip sick deep"
	nft flush ruleset
	is "no table of doctor's is left" "" "$(nft list tables)"
	if iptables-nft -A OUTPUT -p udp --dport 4791 -j DROP; then
		doctor >/dev/null
		finding firewall-out "(limit|problem) \| none arrived \| .*rule handle $(handle ip filter OUTPUT 4791) of ip filter OUTPUT"
		iptables-nft -F OUTPUT
		nft flush ruleset
	fi
fi
if iptables-legacy -A INPUT -p tcp --dport 4791 -j DROP 2>/dev/null; then
	iptables-legacy -A INPUT -p udp -j REJECT
	doctor >/dev/null
	finding firewall-in '(limit|problem) \| none arrived \| .*rule 2 of iptables-legacy filter INPUT'
	iptables-legacy -F INPUT
	iptables-legacy -P OUTPUT DROP
	doctor >/dev/null
	finding firewall-out '(limit|problem) \| none arrived \| .*policy drop of iptables-legacy filter OUTPUT'
	iptables-legacy -P OUTPUT ACCEPT
else
	skip "iptables-legacy: its modules are not there"
fi
modprobe -r ipt_REJECT xt_tcpudp iptable_filter ip_tables 2>/dev/null
modprobe -r br_netfilter 2>/dev/null
ip netns del foreign
ip link set eth0 nomaster
ip link del vmbr0
ip link set eth0 down
doctor --parent eth0 >/dev/null
finding parent-rxe 'problem \| port DOWN \| eth0 is down'
ip link set eth0 up
