# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers while the RDMA subsystem is in exclusive mode: devices are moved into them, and each sees its own alone.
# limit: 900 s
. ./lib.sh
for_plane netns
. "$(dirname "$0")/../containers.sh"
harmless 'ib_query_port failed'
modprobe -a rdma_rxe veth macvlan
# the mode changes only while there is no other network namespace: before the first container
if ! rdma system set netns exclusive; then
	skip "containers in exclusive RDMA mode: another network namespace exists"
	cgroup_gone
	exit 0
fi
does "container c1" lxc_make c1
does "container c2, unprivileged" lxc_make c2
lxc_unprivileged c2
echo 'lxc.prlimit.memlock = unlimited' >>/var/lib/lxc/c2/config
does "c1 starts" lxc_start c1
does "c2 starts" lxc_start c2
does "up" rxelab up --name x --parent eth0 --count 3
look x
is "the mode" exclusive "${lab[rdma_netns]}"
does "attach ep1" rxelab attach x/ep1 --lxc c1
does "attach ep2" rxelab attach x/ep2 --lxc c2
look x
is "c1 sees its own device and no other" "rxl.x.ep1" "$(in_lxc c1 ls /sys/class/infiniband | xargs)"
is "c2 sees its own device and no other" "rxl.x.ep2" "$(in_lxc c2 ls /sys/class/infiniband | xargs)"
is "c1 has its own device nodes and no others" "rdma_cm ${lab[ep1.uverbs]}" "$(in_lxc c1 ls /dev/infiniband | sort | xargs)"
does "doctor --inside in the unprivileged one" in_lxc c2 sh -c "$(rxelab doctor --inside --script)"
writes "ib_write_bw from the unprivileged to the privileged" x ep1 ep2 "in_lxc c1" "in_lxc c2"
verify_all x 3
lxc_kill c1
does "c1 is killed and started again" lxc_start c1
does "reattach" rxelab reattach x
look x
is "c1 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_lxc c1 ls /dev/infiniband | sort | xargs)"
writes "ib_write_bw to the new c1" x ep1 ep2 "in_lxc c1" "in_lxc c2"
does "detach ep1" rxelab detach x/ep1
is "c1 sees no device" '' "$(in_lxc c1 ls /sys/class/infiniband | xargs)"
does "down while c2 is attached" rxelab down x
is "c2 sees no device" '' "$(in_lxc c2 ls /sys/class/infiniband | xargs)"

does "up" rxelab up --name y --parent eth0 --count 2
look y
mkdir -p /etc/cdi
for ep in ep1 ep2; do
	rxelab env y/$ep --format cdi >/etc/cdi/rxelab-y-$ep.json
	does "a podman container with the CDI device of $ep" pod_run "cdi-$ep" -d --network "ns:/run/netns/rxl.y.$ep" \
		--device "rxelab/endpoint=y.$ep" --ulimit memlock=-1:-1 -- sleep 1000
	is "it sees its own device and no other" "rxl.y.$ep" "$(in_pod "cdi-$ep" ls /sys/class/infiniband | xargs)"
done
rm /etc/cdi/rxelab-y-ep[12].json
writes "ib_write_bw between the containers with CDI devices" y ep1 ep2 "in_pod cdi-ep1" "in_pod cdi-ep2"
pm rm -f -t 0 cdi-ep1 cdi-ep2 >/dev/null 2>&1
does "down" rxelab down y
lxc_gone c1 c2
within 20 rdma system set netns shared || not_ok "the mode is shared again"
