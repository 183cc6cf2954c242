# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# podman's CNI backend runs macvlan and rxe-cni in a chain: two containers with a root folder of their own, each with its RXE
# device and its device node by CDI; unmodified ibv_rc_pingpong and ib_write_bw between them.
# limit: 600 s
. ./lib.sh
if ! command -v podman >/dev/null || [ ! -x /usr/lib/cni/macvlan ]; then
	skip "podman with rxe-cni: podman or containernetworking-plugins is missing (make deps-full)"
	exit 0
fi
mounted=
mountpoint -q /sys/fs/cgroup || { mount -t cgroup2 none /sys/fs/cgroup && mounted=yes; }
mkdir -p /etc/containers /etc/cni/net.d "$WORK/root"
cat >/etc/containers/containers.conf <<CONF
[network]
network_backend = "cni"
cni_plugin_dirs = ["$(dirname "$(command -v rxelab)")", "/usr/lib/cni"]
CONF
cat >/etc/cni/net.d/10-rxnet.conflist <<'LIST'
{"cniVersion": "1.0.0", "name": "rxnet", "plugins": [
  {"type": "macvlan", "master": "eth0", "mode": "bridge",
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.86.0.0/24"}]]}},
  {"type": "rxe-cni", "cdiDir": "/var/run/cdi"}]}
LIST
# a root folder without an image: the guest's own programs
for dir in bin sbin lib lib64 usr etc; do
	[ ! -e /$dir ] || { mkdir -p "$WORK/root/$dir" && mount --bind /$dir "$WORK/root/$dir"; }
done
mkdir -p "$WORK/root"/{proc,sys,dev,tmp,run,var}
pod() { podman --cgroup-manager cgroupfs --storage-driver vfs --runtime crun "$@"; }
run() { # NAME OPTION... -- COMMAND
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	pod run --name "$name" --network rxnet --device "rxelab/cni=$name.eth0" --ulimit memlock=-1:-1 "${options[@]}" \
		--rootfs "$WORK/root" sh -c "$2"
}
has "podman uses CNI" cni "$(pod info --format '{{.Host.NetworkBackend}}' 2>&1)"
does "a container starts, its network is macvlan and rxe-cni" run a -d -- \
	'ibv_rc_pingpong -c -n 100 -d "$RXELAB_DEV" -g "$RXELAB_GID_INDEX"; echo $? >/tmp/status
	ib_write_bw -F -n 100 -s 4096 -d "$RXELAB_DEV" -x "$RXELAB_GID_INDEX" >/tmp/bw; echo $? >/tmp/bw-status; exec sleep 143'
pid=$(pod inspect a --format '{{.State.Pid}}')
inside() { nsenter -t "$pid" -n "$@"; }
is "one state" 1 "$(find /run/rxelab-cni -name '*:eth0' | wc -l)"
dev=$(json 'd["rdma_dev"]' "$(find /run/rxelab-cni -name '*:eth0')")
is "its device nodes: its own and rdma_cm" "rdma_cm uverbs" \
	"$(nsenter -t "$pid" -m ls /dev/infiniband | sed 's/[0-9]*$//' | xargs)"
on=' .*netdev eth0'
[ "$EXPECT_PLANE" != hosted ] || on= # RXE's netdev is the host's
has "its RXE is on its eth0 and ACTIVE" "^link $dev/1 state ACTIVE$on" "$(inside rdma link)"
address=$(inside ip -4 -o addr show eth0 | awk '{ sub("/.*", "", $4); print $4 }')
does "ibv_rc_pingpong listens" within 20 nsenter -t "$pid" -n sh -c 'ss -ltn | grep -q :18515'
sent() { cat "/sys/class/infiniband/$dev/ports/1/hw_counters/sent_pkts"; }
before=$(sent)
does "ibv_rc_pingpong from a second container" run b --rm -- \
	'exec timeout 40 ibv_rc_pingpong -c -n 100 -d "$RXELAB_DEV" -g "$RXELAB_GID_INDEX" '"$address"
is "the first container's side of it" 0 "$(within 10 test -s "$WORK/root/tmp/status"; cat "$WORK/root/tmp/status")"
does "ib_write_bw listens" within 30 nsenter -t "$pid" -n sh -c 'ss -ltn | grep -q :18515'
received=$(cat "/sys/class/infiniband/$dev/ports/1/hw_counters/rcvd_pkts")
does "ib_write_bw from a third container" run c --rm -- \
	'exec timeout 60 ib_write_bw -F -n 100 -s 4096 -d "$RXELAB_DEV" -x "$RXELAB_GID_INDEX" '"$address"
is "the first container's side of it" 0 "$(within 10 test -s "$WORK/root/tmp/bw-status"; cat "$WORK/root/tmp/bw-status")"
grep -A 1 '#bytes' "$WORK/root/tmp/bw"
received=$(($(cat "/sys/class/infiniband/$dev/ports/1/hw_counters/rcvd_pkts") - received))
is "its device received no fewer packets than 100 messages of 4096 bytes take ($received)" yes "$([ $received -ge 400 ] && echo yes)"
is "its device sent packets" yes "$([ $(($(sent) - before)) -ge 100 ] && echo yes)"
is "the others' devices, states and CDI files went with them" 2 \
	"$(find /run/rxelab-cni /var/run/cdi -type f 2>/dev/null | wc -l)"
does "the first is removed" pod rm -f -t 0 a
is "no device, no state, no CDI file is left" "0 0" \
	"$(rdma link | grep -cE 'rx[cl]') $(find /run/rxelab-cni /var/run/cdi -type f 2>/dev/null | wc -l)"
for dir in bin sbin lib lib64 usr etc; do umount "$WORK/root/$dir" 2>/dev/null; done
rm -rf /etc/cni/net.d/10-rxnet.conflist /etc/containers/containers.conf
[ -z "$mounted" ] || umount /sys/fs/cgroup
