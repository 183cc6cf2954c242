# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Every order of taking two endpoints apart: RXE first, netdev first, namespace first; all of it is gone in the end.
# Kernel: rxe_notify() on NETDEV_UNREGISTER, the asynchronous ib_unregister_device_queued(), rdma_dev_exit_net().
. ./lib.sh
needs namespace-data-path
harmless 'ib_query_port failed|Port: 1 Link (ACTIVE|DOWN)'
gone() { within 15 sh -c '! rdma link | grep -q "^link t-[ab]/" && ! ip netns list | grep -q "^t-"'; }
for order in rxe netdev namespace; do
	ip link add t-a0 type veth peer name t-b0
	does "$order first: made" raw_ends
	case $order in
	rxe) ip netns exec t-a rdma link delete t-a && ip netns exec t-b rdma link delete t-b && ip -n t-a link del t-a0 ;;
	netdev) ip -n t-a link del t-a0 ;;
	esac
	is "$order first: the first step" 0 $?
	does "$order first: the namespaces" sh -c 'ip netns del t-a && ip netns del t-b'
	does "$order first: all is gone" gone
done
