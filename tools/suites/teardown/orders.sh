# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Every order of taking two endpoints apart (RXE, netdev, namespace): all of it is gone in the end, though the kernel
# takes its time. The orders with the module are teardown/module's and teardown/module-in-namespaces'.
# Kernel: rxe_notify() on NETDEV_UNREGISTER, the asynchronous ib_unregister_device_queued(), rdma_dev_exit_net().
. ./lib.sh
needs namespace-data-path
harmless 'ib_query_port failed|Port: 1 Link (ACTIVE|DOWN)'
gone() { within 15 sh -c '! rdma link | grep -q "^link t-[ab]/" && ! ip netns list | grep -q "^t-"'; }
step() {
	case $1 in
	rxe) ip netns exec t-a rdma link delete t-a && ip netns exec t-b rdma link delete t-b ;;
	netdev) ip -n t-a link del t-a0 ;;
	namespace) ip netns del t-a && ip netns del t-b ;;
	esac
}
for order in 'rxe netdev namespace' 'rxe namespace' 'netdev namespace' 'namespace'; do
	ip link add t-a0 type veth peer name t-b0
	does "$order: made" raw_ends
	for what in $order; do does "$order: $what" step "$what"; done
	does "$order: all is gone" gone
done
