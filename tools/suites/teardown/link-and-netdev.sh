# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 300 s
# An RXE link and its netdev are deleted at the same time, 500 times: both are gone, and nothing is counted wrongly.
# Kernel: since f1327abd6abe (7.1) whoever deletes gives the namespace's UDP sockets back, and decides by sk_refcnt when they are
# released, so that two deletes can release one socket twice ("refcount_t: underflow"; syzbot 8c9eede336e3a843750e, fixes posted
# July 2026). Before 7.1 the sockets were the module's. Seen on 7.3.4 (Debian 7.3.4-1~bpo13+1): a NULL pointer in
# kernel_sock_shutdown(), called by rxe_net_del() for a socket that is released already; `rdma link delete` dies with it.
. ./lib.sh
modprobe dummy numdummies=0
in=()
if can namespace-data-path; then
	ip netns add t-a
	in=(ip netns exec t-a)
fi
# one shell in the namespace does it all: what is counted there are rounds in which the link was made
# shellcheck disable=SC2016 # the shell in the namespace has the variables
made=$("${in[@]}" bash -c '
	made=0
	for ((n = 0; n < 500; n++)); do
		ip link add t-d$((n % 2)) up type dummy && rdma link add t-r$((n % 2)) type rxe netdev t-d$((n % 2)) && made=$((made + 1))
		rdma link delete t-r$((n % 2)) 2>/dev/null &
		ip link del t-d$((n % 2))
		wait
	done
	echo $made' 2>"$WORK/said")
sort "$WORK/said" | uniq -c | head -n 5 | sed 's/^/# /'
does "[made] most links were made" test "${made:-0}" -ge 250
does "no device is left" within 20 sh -c '! rdma link | grep -q "^link t-r"'
[ ${#in[@]} -eq 0 ] || ip netns del t-a
does "a link can be made after it" sh -c 'ip link add t-d up type dummy && rdma link add t-r type rxe netdev t-d && rdma link delete t-r; ip link del t-d'
