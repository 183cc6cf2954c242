# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints in podman containers, and podman containers in endpoints.
# limit: 900 s
. ./lib.sh
. "$(dirname "$0")/../containers.sh"
harmless 'ib_query_port failed'
does "container p1" pod_run p1 -d --network none --ulimit memlock=-1:-1 -- sleep 1000
does "container p2" pod_run p2 -d --network none --ulimit memlock=-1:-1 -- sleep 1000
does "up" rxelab up --name x --parent eth0 --count 2
does "attach ep1" rxelab attach x/ep1 --podman p1
does "attach ep2" rxelab attach x/ep2 --container p2
look x
is "p1 has its own device nodes and no others" "rdma_cm ${lab[ep1.uverbs]}" "$(in_pod p1 ls /dev/infiniband | sort | xargs)"
does "doctor --inside as a script finds nothing amiss" in_pod p1 sh -c "$(rxelab doctor --inside --script)"
writes "ib_write_bw from p2 to p1" x ep1 ep2 "in_pod p1" "in_pod p2"
verify_all x 2

# killed and started again, while a watch runs
whole() { [ "$(rxelab inspect x --json | json '[e["drift"] for e in d["endpoints"]]')" = '[None, None]' ]; }
rxelab reattach --all --watch 2>"$WORK/watch" &
watch=$!
pm kill p1 >/dev/null 2>&1
pm wait p1 >/dev/null 2>&1
does "the watch takes away what p1 left" within 60 sh -c '[ ! -e /run/netns/rxl.x.ep1 ]'
does "p1 starts again" pm start p1
does "the watch makes ep1 in it" within 60 whole
kill $watch
wait $watch
does "reattach finds nothing to do" rxelab reattach x
look x
is "p1 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_pod p1 ls /dev/infiniband | sort | xargs)"
verify_all x 2
does "detach" rxelab detach x/ep1
is "p1 has no device nodes" '' "$(in_pod p1 ls /dev/infiniband 2>/dev/null)"

# in a pod the namespace outlives the container: what follows it is the process
does "container p3, in p1's network namespace" pod_run p3 -d --network container:p1 --ulimit memlock=-1:-1 -- sleep 1000
does "attach ep1 to it" rxelab attach x/ep1 --podman p3
pm kill p3 >/dev/null 2>&1
pm wait p3 >/dev/null 2>&1
does "p3 starts again" pm start p3
does "reattach" rxelab reattach x/ep1
look x
is "p3 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_pod p3 ls /dev/infiniband | sort | xargs)"
does "inspect does not speak of an end" whole
does "down" rxelab down x
# podman removes no container whose namespace another one shares
pm rm -f -t 0 p3 >/dev/null 2>&1
pm rm -f -t 0 p1 p2 >/dev/null 2>&1

# the other way round: containers in the namespaces of endpoints, with their device nodes by CDI; a name that begins with a
# digit makes it CDI 0.5.0 (93 has 0.3.0)
does "up" rxelab up --name 7y --parent eth0 --count 2
look 7y
mkdir -p /etc/cdi
for ep in ep1 ep2; do
	rxelab env 7y/$ep --format cdi >/etc/cdi/rxelab-7y-$ep.json
	does "a container with the CDI device of $ep" pod_run "cdi-$ep" -d --network "ns:/run/netns/rxl.7y.$ep" \
		--device "rxelab/endpoint=7y.$ep" --ulimit memlock=-1:-1 -- sleep 1000
	is "its device nodes" "rdma_cm ${lab[$ep.uverbs]}" "$(in_pod "cdi-$ep" ls /dev/infiniband | sort | xargs)"
	# its program has the variables, what podman exec starts has not (4.3.1)
	is "its variables" "RXELAB_GID=${lab[$ep.gid]}" "$(in_pod "cdi-$ep" cat /proc/1/environ | tr '\0' '\n' | grep ^RXELAB_GID=)"
done
rm /etc/cdi/rxelab-7y-ep[12].json
writes "ib_write_bw between the containers with CDI devices" 7y ep1 ep2 "in_pod cdi-ep1" "in_pod cdi-ep2"
pm rm -f -t 0 cdi-ep1 cdi-ep2 >/dev/null 2>&1
options=()
eval "options=($(rxelab env 7y/ep1 --format podman))"
has "a container with what env --format podman prints finds its port active" 'PORT_ACTIVE' \
	"$(pod_run p4 --rm "${options[@]}" -- ibv_devinfo -d "${lab[ep1.rdma_dev]}" 2>&1)"
does "down" rxelab down 7y
cgroup_gone
