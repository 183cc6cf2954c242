# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the cases of rxe-cni share: the plugins, and a host that is put back as it was. Sourced behind lib.sh.
if [ ! -x /usr/lib/cni/macvlan ]; then
	skip "rxe-cni: containernetworking-plugins is missing (make deps-full)"
	exit 0
fi
# rxe-cni lies beside rxelab
plugins=$(dirname "$(command -v rxelab)")
export CNI_PATH=$plugins:/usr/lib/cni CNI_CACHE=$WORK/results PYTHONDONTWRITEBYTECODE=1
# the bridge and ptp plugins make a router of the host
forwarding=(/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding)
mapfile -t was < <(cat "${forwarding[@]}")
put_back() {
	ip link del rxcbr0 2>/dev/null
	for i in 0 1; do echo "${was[i]}" >"${forwarding[i]}"; done
}
harmless 'ipvlan'
harmless 'rxc[tb]'
harmless 'rxc\.[0-9a-f]+: Port: 1 Link (ACTIVE|DOWN)'
harmless 'rxe_newlink: already configured'
# ADD is killed at many instants: kthread_create() gives up for a process that is being killed, and the device is not made
harmless 'workqueue: Failed to create a rescuer kthread for wq "ib_mad[0-9]+": -EINTR'
# conformance PART
conformance() { python3 "$(dirname "${BASH_SOURCE[0]}")/cni-conformance.py" eth0 "$1" || not_ok "$1: the script comes to its end"; }
