# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints in Docker containers: a daemon of the case's own, without a network and with an image made of busybox.
# limit: 900 s
. ./lib.sh
. "$(dirname "$0")/../containers.sh"
harmless 'ib_query_port failed|docker|overlayfs|[Bb]ridge|nf_tables|xt_|ip_tables'
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
	skip "Docker is not installed (make deps-full)"
	cgroup_gone
	exit 0
fi
if ! dockerd_start; then
	not_ok "dockerd starts" "$(tail -n 20 "$WORK/dockerd.log")"
	dockerd_stop
	exit 0
fi
ok "dockerd starts"
docker version --format 'Docker {{.Client.Version}}, dockerd {{.Server.Version}}'
cat >"$WORK/lab.yaml" <<-'END'
	name: x
	parent: eth0
	endpoints:
	  - {name: ep1, container: {docker: d1}}
	  - {name: ep2}
	END
options=()
eval "options=($(rxelab env x/ep1 --format podman -f "$WORK/lab.yaml"))"
has "what env prints for a container that is not there yet" '^--ulimit memlock=-1:-1 .*--env RXELAB_DEV=rxl.x.ep1' "${options[*]}"
does "container d1, with these options" dock_run d1 -d --network none "${options[@]}" -- sleep 1000
does "container d2" dock_run d2 -d --network none --ulimit memlock=-1:-1 -- sleep 1000
does "up with d1 declared" rxelab up "$WORK/lab.yaml"
does "attach ep2" rxelab attach x/ep2 --docker d2
look x
is "d1 has its own device nodes and no others" "rdma_cm ${lab[ep1.uverbs]}" "$(in_dock d1 ls /dev/infiniband | sort | xargs)"
is "and its variables" "rxl.x.ep1" "$(in_dock d1 sh -c 'echo $RXELAB_DEV')"
does "doctor --inside as a script finds nothing amiss" in_dock d1 sh -c "$(rxelab doctor --inside --script)"
writes "ib_write_bw from d2 to d1" x ep1 ep2 "in_dock d1" "in_dock d2"
verify_all x 2
docker kill d1 >/dev/null
docker wait d1 >/dev/null
has "inspect says that d1 has ended" 'docker d1\b' "$(rxelab inspect x --json | json 'd["endpoints"][0]["drift"]')"
does "d1 is killed and started again" docker start d1
does "reattach" rxelab reattach x
look x
is "d1 has its nodes again" "rdma_cm ${lab[ep1.uverbs]}" "$(in_dock d1 ls /dev/infiniband | sort | xargs)"
writes "ib_write_bw to the new d1" x ep1 ep2 "in_dock d1" "in_dock d2"
# and one that is made anew, with what env knows now that the lab is up
docker rm -f d1 >/dev/null
eval "options=($(rxelab env x/ep1 --format podman))"
has "env prints rules for the device numbers" "--device-cgroup-rule c 231:[0-9]+ rw --device-cgroup-rule c 10:[0-9]+ rw" "${options[*]}"
does "another d1, with them" dock_run d1 -d --network none "${options[@]}" -- sleep 1000
does "reattach follows the name" rxelab reattach x/ep1
look x
is "d1 has its nodes once more" "rdma_cm ${lab[ep1.uverbs]}" "$(in_dock d1 ls /dev/infiniband | sort | xargs)"
does "detach ep2" rxelab detach x/ep2
is "d2 has no device nodes" '' "$(in_dock d2 ls /dev/infiniband 2>/dev/null)"
does "down" rxelab down x
is "d1 has no device nodes" '' "$(in_dock d1 ls /dev/infiniband 2>/dev/null)"
docker rm -f d1 d2 >/dev/null
dockerd_stop
