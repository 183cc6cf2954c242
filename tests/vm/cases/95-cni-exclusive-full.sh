# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rxe-cni in exclusive RDMA mode, where it moves the device into the pod.
. ./lib.sh
for_plane netns
. "$(dirname "$0")/../cni.bash"
modprobe -a rdma_rxe veth macvlan
# the mode changes only while there is no other network namespace
if rdma system set netns exclusive; then
	conformance exclusive
	within 20 rdma system set netns shared || not_ok "the mode is shared again"
else
	skip "rxe-cni in exclusive mode: another network namespace exists"
fi
put_back
