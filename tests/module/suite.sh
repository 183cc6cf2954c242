# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One boot: the table, then mcast, moves, users, cycles, loads and labs, each as far as TESTS names it. rdma_rxe is unloaded between them.
here=$(dirname "$0")
status=0
mkdir -p /tmp/rxl
[ -p /tmp/rxl/never ] || mkfifo /tmp/rxl/never
exec 7<>/tmp/rxl/never
for test in ${TESTS:-table mcast moves users cycles loads labs}; do
	echo "# --- $test"
	(exec bash "$here/$test.sh") || status=1
	for n in $(ip netns list 2>/dev/null | awk '{ print $1 }'); do umount "/run/netns/$n" 2>/dev/null; ip netns del "$n" 2>/dev/null; done
	ip link del p0 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmmod rdma_rxe 2>/dev/null; [ -e /sys/module/rdma_rxe ] || break; read -rt 0.3 <&7; done
	for _ in 1 2 3 4 5 6 7 8 9 10; do rdma system set netns shared 2>/dev/null && break; read -rt 0.3 <&7; done
done
exit $status
