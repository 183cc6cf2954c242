# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared and exclusive RDMA namespaces: taken where the kernel lets us, put back after; what is in the way is named.
. ./lib.sh
for_plane netns
modprobe rdma_rxe
mode() { rdma system show | sed -nE 's/.*netns ([a-z]+).*/\1/p'; }
is "the kernel starts in shared mode" shared "$(mode)"
if [ "$(uname -r | cut -d. -f1,2)" = 7.2 ]; then
	echo "this kernel cannot move an RXE device between namespaces"
	exit 0
fi
up=$WORK/up.json
up_excl() { rxelab up --name excl --parent eth0 --count 3 --rdma-netns exclusive --json >"$up"; }
does "up in exclusive mode" up_excl
look excl
is "GIDs, ports and all else that up saw when it made them are what inspect sees now" "$(json 'd["endpoints"]' "$up")" \
	"$(rxelab inspect excl --json | json 'd["endpoints"]')"
is "the kernel is in exclusive mode" exclusive "$(mode)"
is "inspect says so" exclusive "${lab[rdma_netns]}"
is "the host sees none of the endpoints' devices" 0 "$(rdma link | grep -c rxl)"
is "an endpoint sees its own alone" 1 "$(ip netns exec rxl.excl.ep2 rdma link | grep -c 'rxl\.')"
verify_all excl 3
does "down" rxelab down excl
is "the mode is put back" shared "$(mode)"

ip netns add foreign
refuses_as "exclusive mode while somebody's namespace exists: it is named, and the cure" 1 rdma-mode-held "foreign netns_mode=0" \
	rxelab up --name excl --parent eth0 --count 2 --rdma-netns exclusive
has "the foreign namespace is still there" foreign "$(ip netns list)"
ip netns del foreign
