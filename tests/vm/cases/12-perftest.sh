# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified perftest between two endpoints, on whichever plane the kernel has; both devices must have sent.
. ./lib.sh
does "up" rxelab up --name perf --parent eth0 --count 2
look perf
is "the plane is the one this kernel is known for" "$EXPECT_PLANE" "${lab[plane]}"
# the device's own counter, read in the endpoint, whose /sys shows its device wherever that lives
packets() { rxelab exec "perf/$1" -- sh -c 'cat "/sys/class/infiniband/$RXELAB_DEV/ports/1/hw_counters/sent_pkts"'; }
for test in ib_write_bw ib_send_lat ib_read_bw; do
	before1=$(packets ep1) before2=$(packets ep2)
	rxelab exec perf/ep1 -- sh -c "exec $test -F -n 200 -s 4096 -d \$RXELAB_DEV -x \$RXELAB_GID_INDEX" >"$WORK/server" 2>&1 &
	server=$!
	if within 20 rxelab exec perf/ep1 -- sh -c 'ss -ltn | grep -q :18515'; then
		does "$test" timeout 60 "$rx" exec perf/ep2 -- sh -c \
			"exec $test -F -n 200 -s 4096 -d \$RXELAB_DEV -x \$RXELAB_GID_INDEX ep1"
	else
		not_ok "$test" "its server does not listen" "$(cat "$WORK/server")"
		kill $server
	fi
	wait $server
	is "$test: its server ends well" 0 $?
	has "$test: both devices have sent" '^1 1$' "$(($(packets ep1) > before1)) $(($(packets ep2) > before2))"
done
does "down" rxelab down perf
