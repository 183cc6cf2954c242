# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One name in two namespaces (exclusive mode): a move to where the name is taken, and a namespace that dies.
# Kernel: 625ca0d94cb1 "RDMA/core: Make device names unique per net namespace", 8fc673bebd07 "Support renaming a device
# when changing its net namespace", 601f3fd97dec "RDMA/nldev: Allow setting the device name while changing net
# namespace" (7.3); rdma_dev_exit_net() (drivers/infiniband/core/device.c).
. ./lib.sh
needs exclusive-mode device-move same-name-in-two-namespaces
harmless 'rxe_create_qp: returned err|ib_mad QP1|open port 1'
modprobe rdma_rxe
modprobe dummy numdummies=0
does "exclusive mode" within 15 rdma system set netns exclusive
for i in 1 2; do ip link add t-dum$i type dummy && ip link set t-dum$i up; done
ip netns add t-a
does "the first" rdma link add t-dev type rxe netdev t-dum1
does "moved away" rdma dev set t-dev netns t-a
does "a second of its name here" rdma link add t-dev type rxe netdev t-dum2
said=$(rdma dev set t-dev netns t-a 2>&1)
is "a move to where the name is taken fails" 1 $(($? != 0))
has "with File exists" 'File exists' "$said"
echo "# after the move: here: $(rdma link | xargs); there: $(ip netns exec t-a rdma link | xargs)"
has "the second is where it was" 't-dev/1' "$(rdma link)"
if can rename-on-move; then
	read -r index _ < <(rdma dev show t-dev)
	does "under another name it may move" python3 -I -S ./move-device.py "${index%:}" t-a t-new
	has "which it has there" 't-new/1' "$(ip netns exec t-a rdma link)"
	does "renamed to what is free here" ip netns exec t-a rdma dev set t-new name t-dev2
	ip netns attach t-host 1
	does "moved back" ip netns exec t-a rdma dev set t-dev2 netns t-host
	ip netns del t-host
	does "two of one name again" rdma dev set t-dev2 name t-dev
else
	skip "under another name it may move" "this kernel lacks rename-on-move"
fi
ip netns del t-a
does "the namespace dies: both are here" within 10 sh -c '[ "$(rdma link | grep -c "netdev t-dum[12]")" = 2 ]'
echo "# then: $(rdma link | xargs)"
is "under two names" 2 "$(rdma link | awk '/t-dum[12]/ { print $2 }' | sort -u | wc -l)"
for dev in $(rdma link | sed -nE 's/^link ([^/]*)\/.* netdev t-dum[12].*/\1/p'); do does "deleted: $dev" rdma link delete "$dev"; done
for i in 1 2; do ip link del t-dum$i; done
does "shared mode" within 15 rdma system set netns shared
