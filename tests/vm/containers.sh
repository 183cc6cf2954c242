# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real containers for the cases: LXC, podman and Docker, whose programs are the guest's own, read-only.
mounted=
mountpoint -q /sys/fs/cgroup || { mount -t cgroup2 none /sys/fs/cgroup && mounted=yes; }
# said once, when a first container looks at its security modules
harmless 'Mandatory Access Control|AppArmor|apparmor'
SHARED="/usr /lib /lib64 /etc/libibverbs.d"
export PATH=$PATH:/usr/sbin:/sbin

# lxc_make NAME: a privileged container of the busybox template, without a network
lxc_make() {
	local config=/var/lib/lxc/$1/config folder
	lxc-create -n "$1" -t busybox >"$WORK/create-$1" 2>&1 || { cat "$WORK/create-$1"; return 1; }
	sed -i '/^lxc.net/d; /^lxc.apparmor/d' "$config"
	# with the device policy that containers of the other templates, and Proxmox's, have
	printf '%s\n' 'lxc.net.0.type = empty' 'lxc.include = /usr/share/lxc/config/common.conf' \
		'lxc.apparmor.profile = unconfined' >>"$config" # the kernel has AppArmor, but its parser is not installed
	for folder in $SHARED; do
		echo "lxc.mount.entry = $folder ${folder#/} none ro,bind,create=dir 0 0" >>"$config"
	done
	# a user namespace may not bind a folder without what is mounted below it (/lib/modules in the guest)
	sed -i 's/ ro,bind/ ro,rbind/' "$config"
}
# lxc_unprivileged NAME: the same container with a user namespace of its own
lxc_unprivileged() {
	grep -q '^root:100000:' /etc/subuid || { echo root:100000:65536 >>/etc/subuid; echo root:100000:65536 >>/etc/subgid; }
	printf '%s\n' 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' >>"/var/lib/lxc/$1/config"
	chown -R 100000:100000 "/var/lib/lxc/$1/rootfs"
	chmod 755 /var/lib/lxc "/var/lib/lxc/$1"
}
lxc_start() {
	timeout 60 lxc-start -n "$1" -l INFO -o "$WORK/lxc-$1.log" || { tail -n 20 "$WORK/lxc-$1.log"; return 1; }
	lxc-wait -n "$1" -s RUNNING -t 30
}
lxc_kill() { lxc-stop -k -n "$1"; }
lxc_gone() {
	local name
	for name; do
		lxc-stop -k -n "$name" 2>/dev/null
		lxc-destroy -n "$name" >/dev/null 2>&1
	done
	cgroup_gone
}
cgroup_gone() { [ -z "$mounted" ] || umount /sys/fs/cgroup; }
in_lxc() {
	local name=$1
	shift
	timeout 60 lxc-attach -n "$name" -- "$@"
}
pm() { timeout 90 podman --cgroup-manager cgroupfs --storage-driver vfs "$@"; }
# root_folder: a root folder with busybox alone, in $root
root_folder() {
	local program
	root=$WORK/rootfs
	[ ! -d "$root" ] || return 0
	mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,run}
	cp "$(command -v busybox)" "$root/bin/"
	for program in sh sleep ls cat ip mknod dd; do ln -s busybox "$root/bin/$program"; done
}
# first_group: the first control groups with controllers switch static keys in the allocator, and QEMU's emulation of two
# processors can die of code that is changed while it runs (Oops: int3). So they come while nothing else happens, and stay
first_group() {
	local controllers
	[ ! -d /sys/fs/cgroup/first ] || return 0
	read -r controllers </sys/fs/cgroup/cgroup.controllers
	echo "+${controllers// / +}" >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/first
}
# pod_run NAME [OPTION...] -- COMMAND...: a podman container of that folder
pod_run() {
	local name=$1 folder options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	root_folder
	first_group
	for folder in $SHARED; do options+=(-v "$folder:$folder:ro"); done
	pm run --name "$name" "${options[@]}" --rootfs "$root" "$@"
}
in_pod() {
	local name=$1
	shift
	pm exec "$name" "$@"
}
# writes NAME LAB A B IN-A IN-B: a check: ib_write_bw from B to A, endpoints whose containers are entered by a word of above
# with the container's name. The packets that both RXE devices counted say whether RDMA carried it
writes() {
	local name=$1
	shift
	look "$1"
	if write_bw "${@:2}" >"$WORK/writes" 2>&1; then ok "$name"; else not_ok "$name"; fi
	sed 's/^/# /' "$WORK/writes"
}
write_bw() {
	local a=$1 b=$2 a_dev=${lab[$1.rdma_dev]} b_dev=${lab[$2.rdma_dev]} server status sent received
	local -a in_a in_b
	read -ra in_a <<<"$3"
	read -ra in_b <<<"$4"
	sent=$(hw_counter "$b_dev" sent_pkts) received=$(hw_counter "$a_dev" rcvd_pkts)
	"${in_a[@]}" ib_write_bw -F -n 100 -s 4096 -d "$a_dev" -x "${lab[$a.gid_index]}" >"$WORK/server" 2>&1 &
	server=$!
	if within 60 sh -c "ip netns exec '$(basename "${lab[$a.netns]}")' ss -ltn | grep -q :18515"; then
		"${in_b[@]}" ib_write_bw -F -n 100 -s 4096 -d "$b_dev" -x "${lab[$b.gid_index]}" "$(control "$a")" >"$WORK/client" 2>&1
		status=$?
	else
		status=99
	fi
	[ $status -eq 0 ] || kill $server 2>/dev/null
	wait $server && [ $status -eq 0 ] || { cat "$WORK/server" "$WORK/client"; return 1; }
	sent=$(($(hw_counter "$b_dev" sent_pkts) - sent)) received=$(($(hw_counter "$a_dev" rcvd_pkts) - received))
	echo "$b (${lab[$b.gid]}) writes to $a (${lab[$a.gid]}); packets that $b_dev sent: $sent, that $a_dev received: $received"
	grep -A 1 '#bytes' "$WORK/client"
	# 100 messages of 4096 bytes in packets of 1024, the RDMA MTU under an MTU of 1500
	[ $sent -ge 400 ] && [ $received -ge 400 ] && [ "${lab[$a.gid]}" != "${lab[$b.gid]}" ]
}
# where a server in the endpoint is reached by TCP: its own address, in the hosted plane the control netdev's
control() {
	local address=${lab[$1.control_ipv4]}
	[ "$address" != None ] || address=${lab[$1.ipv4]}
	echo "${address%/*}"
}

dockerd_decided() { docker version || ! kill -0 "$dockerd"; }
# dockerd_start: a Docker daemon of the case's own, without a bridge and without images. Not in a
# subshell: what it sets stays. dockerd gives its containerd 15 s to begin; a busy emulator may
# take longer the first time, so it is started again
dockerd_start() {
	first_group
	export DOCKER_HOST=unix://$WORK/docker.sock
	for _ in 1 2 3; do
		dockerd --data-root "$WORK/docker" --exec-root "$WORK/docker-run" \
			--pidfile "$WORK/docker.pid" -H "$DOCKER_HOST" --storage-driver vfs \
			--bridge none --iptables=false --ip6tables=false --ip-forward=false \
			--ip-masq=false >"$WORK/dockerd.log" 2>&1 &
		dockerd=$!
		within 300 dockerd_decided
		! docker version >/dev/null 2>&1 || return 0
		kill "$dockerd" && wait "$dockerd"
	done 2>/dev/null
	return 1
}
# dock_run NAME [OPTION...] -- COMMAND...: a container of an image that is made of the root folder
dock_run() {
	local name=$1 folder options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	root_folder
	docker image inspect box >/dev/null 2>&1 || tar -C "$root" -c . | docker import - box || return 1
	for folder in $SHARED; do options+=(-v "$folder:$folder:ro"); done
	timeout 120 docker run --name "$name" "${options[@]}" box "$@"
}
in_dock() {
	local name=$1
	shift
	timeout 60 docker exec "$name" "$@"
}
dockerd_stop() {
	kill "$dockerd"
	wait "$dockerd"
	grep -F "$WORK/docker" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | xargs -r umount
	cgroup_gone
}
