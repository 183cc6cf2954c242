# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# attach and detach with no container runtime: a process with namespaces of its own, a namespace by its file, kills.
# limit: 900 s
. ./lib.sh
harmless 'ib_query_port failed'
unshare -n -m sleep 1234 &
process=$!
ip netns add somebodys
within 10 sh -c "[ \"\$(readlink /proc/$process/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
inside() { nsenter -t "$process" -n -m "$@"; }
# netdevs, mounts, device nodes (those of the host, which its own /dev/infiniband hides for a while)
has_inside() { inside sh -c 'ip link | grep -c :; grep -c . /proc/mounts; ls /dev/infiniband | wc -l' | xargs; }
does "up" rxelab up --name x --parent eth0 --count 3
before=$(has_inside)
refuses_as "the host's own namespace" 1 container-shares-host $$ rxelab attach x/ep1 --pid $$
refuses_as "no such endpoint" 1 endpoint-unknown ep9 rxelab attach x/ep9 --pid $process
refuses_as "two containers" 2 container-name attach rxelab attach x/ep1 --pid $process --lxc c1
does "attach ep1 to a process" rxelab attach x/ep1 --pid $process
is "attach ep2 to a namespace, as JSON" "x ep2 pass netns /run/netns/somebodys" \
	"$(rxelab attach x/ep2 --netns /run/netns/somebodys --netdev roce0 --json | json '" ".join(d[k] for k in ("lab", "endpoint", "status", "kind", "container"))')"
look x
is "ep1's device nodes, its own" "rdma_cm ${lab[ep1.uverbs]}" "$(inside ls /dev/infiniband | sort | xargs)"
is "the host's are as they were" 3 "$(find /dev/infiniband -name 'uverbs*' | wc -l)"
is "ep1's netdev is rdma0, ep2's roce0" "rdma0 roce0" "${lab[ep1.netdev]} ${lab[ep2.netdev]}"
has "roce0 is there" 'inet 10\.77\.0\.2' "$(ip -n somebodys -o address show roce0)"
verify_all x 3
is "save names the container" 1 "$(rxelab save x | grep -c "container: {pid: $process}")"
is "save, as JSON, has the same text" "$(rxelab save x)" "$(rxelab save x --json | json 'd["file"].rstrip("\n")')"
does "up finds nothing missing" rxelab up --name x --parent eth0 --count 3
does "detach ep2" rxelab detach x/ep2
is "the namespace is as it was" 1 "$(ip -n somebodys -o link | wc -l)"
is "detach ep1, as JSON" "x ep1 pass None" "$(rxelab detach x/ep1 --json | json '"%s %s %s %s" % (d["lab"], d["endpoint"], d["status"], d["container"])')"
is "the process has what it had" "$before" "$(has_inside)"
verify_all x 3

# killed anywhere between the first and the last operation: reattach, detach and down go on from there
for k in 9 20 44 57; do
	RXELAB_DEBUG_KILL=$k rxelab attach x/ep1 --pid $process >/dev/null 2>&1
	if [ $((k % 2)) = 0 ]; then
		does "attach killed at boundary $k, then reattach" rxelab reattach x
		look x
		is "and ep1 is there" "rdma_cm ${lab[ep1.uverbs]}" "$(inside ls /dev/infiniband | sort | xargs)"
	fi
	does "detach after boundary $k" rxelab detach x/ep1
	is "nothing is left in the process's namespaces" "$before" "$(has_inside)"
done
verify_all x 3

# it ends while a watch runs
does "attach ep1 again" rxelab attach x/ep1 --pid $process
rxelab reattach x --watch 2>"$WORK/watch" &
watch=$!
kill $process
wait $process 2>/dev/null
within 20 sh -c '[ ! -e /run/netns/rxl.x.ep1 ]'
is "the watch took away what the process left" 0 "$(find /run/netns -name rxl.x.ep1 | wc -l)"
kill $watch
wait $watch
is "a watch ends with 0 when it is told to" 0 $?
does "down" rxelab down x
ip netns del somebodys
