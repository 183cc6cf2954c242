# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# attach, reattach and detach of an endpoint that is where it is to be: nothing happens, also the second time. Once they
# took the lab for a new one and refused it as a stranger's.
. ./lib.sh
unshare -n -m sleep 1000 &
process=$!
within 10 sh -c "[ \"\$(readlink /proc/$process/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
inside() { nsenter -t "$process" -n -m "$@"; }
# without the operational state, which the kernel tells up to a second late
has_inside() {
	inside ip -j link | json '[(i["ifindex"], i["ifname"], i["mtu"], i.get("address")) for i in d]'
	inside sh -c 'grep -c . /proc/mounts; ls /dev/infiniband' | sort | xargs
}
place() {
	rxelab inspect x --json | json '[(i["netns"], i["netdev"], i["ifindex"], i["mac"], i["rdma_dev"], i["gid"])
		for e in d["endpoints"] for i in [e]]'
}
does "up" rxelab up --name x --parent eth0 --count 2
without=$(has_inside)
does "attach" rxelab attach x/ep1 --pid $process
with=$(has_inside) made=$(place)
is "the process has something now" 1 "$([ "$with" != "$without" ] && echo 1)"
for again in "reattach x" "reattach x/ep1" "attach x/ep1 --pid $process" "up --name x --parent eth0 --count 2"; do
	# shellcheck disable=SC2086 # words
	does "$again of a healthy endpoint" rxelab $again
	is "$again: everything is as it was" "$made $with" "$(place) $(has_inside)"
done
is "reattach, as JSON" "x pass" "$(rxelab reattach x --json | json '"%s %s" % (d["lab"], d["status"])')"
verify_all x 2
does "detach" rxelab detach x/ep1
is "the process has what it had" "$without" "$(has_inside)"
made=$(place)
does "detach once more" rxelab detach x/ep1
is "detach once more: everything is as it was" "$made $without" "$(place) $(has_inside)"
verify_all x 2
kill $process
wait $process 2>/dev/null
does "down" rxelab down x
