# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rxe-cni, every command and error, chained behind Debian's macvlan, bridge and ptp, in both RDMA modes; on a kernel whose
# RXE carries nothing in namespaces it says so.
. ./lib.sh
if [ ! -x /usr/lib/cni/macvlan ]; then
	skip "rxe-cni: containernetworking-plugins is missing (make deps-full)"
	exit 0
fi
# rxe-cni lies beside rxelab
plugins=$(dirname "$(command -v rxelab)")
export CNI_PATH=$plugins:/usr/lib/cni CNI_CACHE=$WORK/results PYTHONDONTWRITEBYTECODE=1
parent=eth0
# the bridge and ptp plugins make a router of the host
forwarding=(/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding)
mapfile -t was < <(cat "${forwarding[@]}")
harmless 'ipvlan'
harmless 'rxc[tb]'
if [ "$EXPECT_PLANE" = hosted ]; then
	python3 ./cni-conformance.py $parent hosted || not_ok "the hosted part ends"
	exit 0
fi
modprobe -a rdma_rxe veth macvlan
# the mode changes only while there is no other network namespace
if rdma system set netns exclusive; then
	python3 ./cni-conformance.py $parent exclusive || not_ok "the exclusive part ends"
	within 20 rdma system set netns shared || not_ok "the mode is shared again"
else
	skip "rxe-cni in exclusive mode: another network namespace exists"
fi
python3 ./cni-conformance.py $parent shared || not_ok "the shared part ends"
ip link del rxcbr0 2>/dev/null
for i in 0 1; do echo "${was[i]}" >"${forwarding[i]}"; done
