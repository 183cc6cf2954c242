# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work: lib.bash
# What our wrappers rely on of an rxe source, and nothing else of it.
# skeleton old|new: before 7.1 with init_net's sockets, or 7.3 with a socket in each namespace
skeleton() {
	local s=$work/$1
	mkdir -p "$s"
	echo 'rdma_rxe-y := rxe.o rxe_net.o rxe_mmap.o rxe_qp.o rxe_recv.o rxe_verbs.o' >"$s/Makefile"
	echo 'module_init(rxe_module_init);' >"$s/rxe.c"
	cat >"$s/rxe_verbs.h" <<-'END'
	struct rxe_port { u32 qp_gsi_index; };
	struct rxe_dev { struct rxe_port port; };
	END
	cat >"$s/rxe_verbs.c" <<-'END'
	static int rxe_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *init,
				 struct ib_udata *udata)
	{ }
	static int rxe_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
	{ }
	static const struct ib_device_ops rxe_dev_ops = { .create_qp = rxe_create_qp, .destroy_qp = rxe_destroy_qp, };
	void reg(void) { ib_set_device_ops(dev, &rxe_dev_ops); }
	END
	cat >"$s/rxe_qp.c" <<-'END'
	void chk(void) { if (init->qp_type == IB_QPT_GSI && port->qp_gsi_index) return; }
	void misc(void) { port->qp_gsi_index = qpn; }
	END
	echo 'void find(void) { index = (qpn == 1) ? port->qp_gsi_index : qpn; }' >"$s/rxe_recv.c"
	cat >"$s/rxe_mmap.c" <<-'END'
	void rxe_mmap_release(struct kref *ref)
	{ }
	static void rxe_vma_close(struct vm_area_struct *vma)
	{
		struct rxe_mmap_info *ip = vma->vm_private_data;

		kref_put(&ip->ref, rxe_mmap_release);
	}
	int rxe_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
	{
		ret = remap_vmalloc_range(vma, ip->obj, 0);
		vma->vm_ops = &rxe_vm_ops;
		vma->vm_private_data = ip;
	}
	END
	echo 'int rxe_net_init(void);' >"$s/rxe_net.h"
	cat >"$s/rxe_net.c" <<-'END'
	int rxe_net_add(const char *ibdev_name, struct net_device *ndev)
	{ rxe = ib_alloc_device(rxe_dev, ib_dev); }
	END
	if [ "$1" = new ]; then
		echo 'void *sk(void) { return rxe_ns_pernet_sk4(net); }' >>"$s/rxe_net.c"
		echo 'int init(void) { return register_pernet_subsys(&rxe_net_ops); }' >"$s/rxe_ns.c"
		echo 'static const struct ib_device_ops more = { .disassociate_ucontext = rxe_let_go, };' >>"$s/rxe_verbs.c"
		return
	fi
	cat >>"$s/rxe_net.c" <<-'END'
	static struct dst_entry *rxe_find_route4(struct rxe_qp *qp, struct net_device *ndev, void *saddr)
	{ rt = ip_route_output_key(&init_net, &fl); }
	static struct dst_entry *rxe_find_route6(struct rxe_qp *qp, struct net_device *ndev, void *saddr)
	{ ndst = ipv6_dst_lookup_flow(sock_net(recv_sockets.sk6->sk), recv_sockets.sk6->sk, &fl6, NULL); }
	static struct socket *rxe_setup_udp_tunnel(struct net *net, __be16 port, bool ipv6)
	{ }
	static void rxe_release_udp_tunnel(struct socket *sk)
	{
		if (sk)
			udp_tunnel_sock_release(sk);
	}
	void ipv4(void) { recv_sockets.sk4 = rxe_setup_udp_tunnel(&init_net, port, false); }
	void ipv6(void) { recv_sockets.sk6 = rxe_setup_udp_tunnel(&init_net, port, true); }
	void rxe_net_exit(void)
	{ }
	int rxe_net_init(void)
	{ }
	END
}
