# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module goes first, while namespaces have devices; then, with it loaded again, the rest goes in every order. While
# programs have a device open the module stays, or it goes and takes the device from them.
# Kernel: rxe_module_exit(), the sockets of each namespace (7.1 and later); ib_uverbs_open() holds a driver's module unless
# it has disassociate_ucontext, as RXE has since acf9cbb06f1f (7.3).
. ./lib.sh
needs namespace-data-path
harmless 'ib_query_port failed|Port: 1 Link (ACTIVE|DOWN)|rxe_completer|retry exceeded|non-flush error'
for rest in 'netdev namespace' 'namespace'; do
	ip link add t-a0 type veth peer name t-b0
	does "module $rest: made" raw_ends
	if [ "$rest" = namespace ]; then
		traffic_starts # in this shell: it says which processes it started
		is "traffic runs" 0 $?
		said=$(timeout 60 modprobe -r rdma_rxe 2>&1)
		if can device-move; then # it has disassociate_ucontext
			is "under traffic the module goes" '' "$said$(rdma link | grep 't-[ab]/')"
		else
			has "under traffic the module is in use" 'in use' "$said"
		fi
		traffic_ends
	fi
	does "module $rest: modprobe -r rdma_rxe" within 20 timeout 60 modprobe -r rdma_rxe
	is "module $rest: no device is left" '' "$(rdma link | grep 't-[ab]/')"
	[ "$rest" = namespace ] || does "module $rest: the netdev" ip -n t-a link del t-a0
	does "module $rest: the namespaces" sh -c 'ip netns del t-a && ip netns del t-b'
	does "module $rest: modprobe rdma_rxe" modprobe rdma_rxe
done
ip link add t-a0 type veth peer name t-b0
does "made once more" raw_ends
does "traffic flows" raw_pingpong ibv_rc_pingpong
raw_away
