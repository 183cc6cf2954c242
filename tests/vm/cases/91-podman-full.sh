# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints in podman containers, and podman containers in endpoints.
. ./lib.sh
. ./containers.sh
harmless 'ib_query_port failed'
does "container p1" pod_run p1 -d --network none --ulimit memlock=-1:-1 -- sleep 1000
does "container p2" pod_run p2 -d --network none --ulimit memlock=-1:-1 -- sleep 1000
does "up" rxelab up --name x --parent eth0 --count 2
does "attach ep1" rxelab attach x/ep1 --podman p1
does "attach ep2" rxelab attach x/ep2 --container p2
look x
is "p1 has its own device nodes and no others" "rdma_cm ${lab[ep1.uverbs]}" "$(in_pod p1 ls /dev/infiniband | sort | xargs)"
does "ib_write_bw from p2 to p1" write_bw x ep1 ep2 "in_pod p1" "in_pod p2"
sed -n "/#bytes/,+1p" "$WORK/client"
verify_all x 2
pm kill p1 >/dev/null 2>&1
pm wait p1 >/dev/null 2>&1
does "p1 is killed and started again" pm start p1
does "reattach" rxelab reattach x
look x
is "p1 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_pod p1 ls /dev/infiniband | sort | xargs)"
verify_all x 2
does "detach" rxelab detach x/ep1
is "p1 has no device nodes" '' "$(in_pod p1 ls /dev/infiniband 2>/dev/null)"
does "down" rxelab down x
pm rm -f p1 p2 >/dev/null 2>&1

# the other way round
does "up" rxelab up --name y --parent eth0 --count 1
look y
mkdir -p /etc/cdi
rxelab env y/ep1 --format cdi >/etc/cdi/rxelab.json
is "a container with the CDI device" "rdma_cm ${lab[ep1.uverbs]} ${lab[ep1.gid]}" \
	"$(pod_run p3 --rm --network ns:/run/netns/rxl.y.ep1 --device rxelab/endpoint=y.ep1 -- \
		sh -c 'ls /dev/infiniband; echo $RXELAB_GID' | xargs)"
rm /etc/cdi/rxelab.json
options=()
eval "options=($(rxelab env y/ep1 --format podman))"
has "a container with what env --format podman prints finds its port active" 'PORT_ACTIVE' \
	"$(pod_run p4 --rm "${options[@]}" -- ibv_devinfo -d "${lab[ep1.rdma_dev]}" 2>&1)"
does "down" rxelab down y
cgroup_gone
