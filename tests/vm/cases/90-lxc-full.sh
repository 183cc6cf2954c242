# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints in LXC containers, on both planes: attached, declared, killed and started again, taken out.
# limit: 900 s
. ./lib.sh
. "$(dirname "$0")/../containers.sh"
# ports of a device whose namespace's last process was killed
harmless 'ib_query_port failed'
does "container c1" lxc_make c1
does "container c2" lxc_make c2
does "c1 starts" lxc_start c1
does "c2 starts" lxc_start c2
links=$(in_lxc c1 ip link | grep -cE '^[0-9]+:')

does "up" rxelab up --name x --parent eth0 --count 3
look x
mac=${lab[ep1.mac]}
refuses_as "a container that is not there" 1 container-unknown nosuch rxelab attach x/ep1 --lxc nosuch
does "attach ep1" rxelab attach x/ep1 --lxc c1
does "attach ep2" rxelab attach x/ep2 --lxc c2
refuses_as "one container for two endpoints" 1 container-taken "c1 ep1" rxelab attach x/ep3 --lxc c1
look x
is "the MAC is as before" "$mac" "${lab[ep1.mac]}"
is "inspect names the container" "{'lxc': 'c1'}" "$(rxelab inspect x --json | json 'd["endpoints"][0]["container"]')"
is "two GIDs" 2 "$(printf '%s\n' "${lab[ep1.gid]}" "${lab[ep2.gid]}" | sort -u | wc -l)"
is "c1 has its own device nodes and no others" "rdma_cm ${lab[ep1.uverbs]}" "$(in_lxc c1 ls /dev/infiniband | sort | xargs)"
has "rdma0 has the address" 'inet 10\.77\.0\.1/24' "$(in_lxc c1 ip address show rdma0)"
has "ibv_devinfo finds the port active" 'PORT_ACTIVE' "$(in_lxc c1 ibv_devinfo -d "${lab[ep1.rdma_dev]}" 2>&1)"
other=$(cat "/sys/class/infiniband_verbs/${lab[ep2.uverbs]}/dev")
has "the device of another endpoint may not be opened" 'not permitted' \
	"$(in_lxc c1 sh -c "mknod /tmp/other c ${other/:/ } 2>&1; dd if=/tmp/other of=/dev/null count=1 2>&1")"
does "doctor --inside as a script finds nothing amiss" in_lxc c1 sh -c "$(rxelab doctor --inside --script)"
writes "ib_write_bw from c2 to c1" x ep1 ep2 "in_lxc c1" "in_lxc c2"
own=$(cat "/sys/class/infiniband_verbs/${lab[ep1.uverbs]}/dev")
is "its own may, also by a node of another name" '' "$(in_lxc c1 sh -c "mknod /tmp/own c ${own/:/ } && exec 3<>/tmp/own" 2>&1)"
verify_all x 3

# killed and started again
does "c1 is killed" lxc_kill c1
has "inspect says so" 'lxc c1\b' "$(rxelab inspect x --json | json 'd["endpoints"][0]["drift"]')"
does "c1 starts again" lxc_start c1
does "reattach" rxelab reattach x
look x
is "c1 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_lxc c1 ls /dev/infiniband | sort | xargs)"
verify_all x 3
does "c2 is killed" lxc_kill c2
is "up says that c2 does not run" 1 "$(rxelab up --name x --parent eth0 --count 3 >/dev/null 2>&1; echo $?)"
is "and takes away what was in it" 0 "$(find /run/netns -name rxl.x.ep2 | wc -l)"
does "c2 starts again" lxc_start c2
does "up makes it in the new c2" rxelab up --name x --parent eth0 --count 3
verify_all x 3

# two labs in one container
does "up of a second lab" rxelab up --name z --parent eth0 --count 2 --subnet 10.78.0.0/24
does "attach its ep1 to c1 too" rxelab attach z/ep1 --lxc c1 --netdev roce1
does "the first lab's endpoint goes" rxelab detach x/ep1
look z
is "the second's nodes are still there" "rdma_cm ${lab[ep1.uverbs]}" "$(in_lxc c1 ls /dev/infiniband | sort | xargs)"
does "and c1 may open them" in_lxc c1 sh -c "exec 3<>/dev/infiniband/rdma_cm 4<>/dev/infiniband/${lab[ep1.uverbs]}"
does "down of the second lab" rxelab down z
is "no nodes are left" '' "$(in_lxc c1 ls /dev/infiniband 2>/dev/null)"
does "attach ep1 again" rxelab attach x/ep1 --lxc c1

# out
does "detach ep1" rxelab detach x/ep1
is "c1 has no device nodes" '' "$(in_lxc c1 ls /dev/infiniband 2>/dev/null)"
has "and no leave to use a device any more" 'not permitted' "$(in_lxc c1 sh -c "
	rm -f /tmp/own; mknod /tmp/own c ${own/:/ } && dd if=/tmp/own of=/dev/null count=1" 2>&1)"
is "c1 has the netdevs it had" "$links" "$(in_lxc c1 ip link | grep -cE '^[0-9]+:')"
verify_all x 3
does "down while c2 is attached" rxelab down x
is "c2 has no device nodes" '' "$(in_lxc c2 ls /dev/infiniband 2>/dev/null)"
is "c2 has the netdevs it had" "$links" "$(in_lxc c2 ip link | grep -cE '^[0-9]+:')"

# declared, by hooks, without privilege
lxc_kill c2
does "c2 becomes unprivileged" lxc_unprivileged c2
cat >"$WORK/lab.yaml" <<-END
	name: y
	parent: eth0
	endpoints:
	  - {name: a, container: {lxc: c1, netdev: roce0}}
	  - {name: b, container: {lxc: c2}}
	END
rxelab env y/b --format lxc -f "$WORK/lab.yaml" 2>/dev/null | grep -E 'hook|memlock' >>/var/lib/lxc/c2/config
refuses "up without c2: said, and status 1" 1 'endpoint "b".*\blxc c2\b' rxelab up "$WORK/lab.yaml"
does "c2 starts, and its hook attaches it" lxc_start c2
look y
is "c2 has its nodes" "rdma_cm ${lab[b.uverbs]}" "$(in_lxc c2 ls /dev/infiniband | sort | xargs)"
has "an unprivileged container opens its device" 'PORT_ACTIVE' "$(in_lxc c2 ibv_devinfo -d "${lab[b.rdma_dev]}" 2>&1)"
does "doctor --inside there" in_lxc c2 sh -c "$(rxelab doctor --inside --script)"
writes "ib_write_bw from the privileged to the unprivileged" y b a "in_lxc c2" "in_lxc c1"
writes "and back" y a b "in_lxc c1" "in_lxc c2"
lxc_kill c2
is "the other hook takes away what was in it" 0 "$(find /run/netns -name rxl.y.b | wc -l)"
# both at once: lxc-info answers nothing about a container in its hook, so no hook may ask for the other's
lxc_kill c1
rxelab env y/a --format lxc -f "$WORK/lab.yaml" 2>/dev/null | grep hook >>/var/lib/lxc/c1/config
lxc_start c1 &
first=$!
does "c2 starts while c1 does" lxc_start c2
wait $first
is "and c1 has started" 0 $?
look y
is "both have their nodes" "rdma_cm ${lab[a.uverbs]} rdma_cm ${lab[b.uverbs]}" \
	"$(for c in c1 c2; do in_lxc $c ls /dev/infiniband | sort; done | xargs)"
verify_all y 2
does "down" rxelab down y
lxc_gone c1 c2
