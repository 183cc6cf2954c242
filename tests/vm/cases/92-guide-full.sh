# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/how-to/containers.md, the guide: every block marked sh is run as it stands there, on a host whose card is a port of vmbr0.
# limit: 900 s
. ./lib.sh
. "$(dirname "$0")/../containers.sh"
harmless 'ib_query_port failed'
# doctor tries what the kernel refuses
harmless 'already configured on|real device only|non-flush error status|[Bb]ridge|vmbr0|rxld'
ip link add vmbr0 type bridge
ip link set eth0 master vmbr0
ip link set eth0 up
ip link set vmbr0 up
does "container 101" lxc_make 101
does "container 102" lxc_make 102

# one file for each block, in order; 07.server.sh for the one that serves
awk -v dir="$WORK" '
	/^```sh/ { kind = $2 ? "." $2 : ""; file = sprintf("%s/block-%02d%s.sh", dir, ++n, kind); next }
	/^```/ { file = "" }
	file { print > file }' "$(dirname "$0")/../../../docs/how-to/containers.md"
is "the guide has its blocks" 9 "$(ls "$WORK"/block-*.sh | wc -l)"
server=
for block in "$WORK"/block-*.sh; do
	title=$(grep -m 1 -oE '(rxelab|lxc-attach|lxc-start|lxc-stop)[^|"$]*' "$block")
	if [[ $block == *.server.sh ]]; then
		bash -e "$block" >"$WORK/served" 2>&1 &
		server=$!
		within 40 sh -c 'ip netns exec rxl.pve.a ss -ltn | grep -q :18515'
		continue
	fi
	if [[ $title == "rxelab doctor"* ]]; then # 1: it found something to be cured, which is the guest's matter
		bash "$block" >"$WORK/doctor"
		has "$(basename "$block" .sh): $title" '^[01]$' $?
		continue
	fi
	does "$(basename "$block" .sh): $title" timeout 240 bash -e "$block"
done
does "the server ended well" wait $server
grep -A 1 '#bytes' "$WORK/served" | sed 's/^/# /'
lxc_gone 101 102
rm -f /tmp/pve.yaml
ip link set eth0 nomaster
ip link del vmbr0
