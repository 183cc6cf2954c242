// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Stands in for rxe_net.o of an rdma_rxe that keeps its UDP 4791 sockets in init_net (before 7.1).
 * Includes the distribution's untouched rxe_net.c and
 *  - makes both route look-ups use the namespace of the netdev that the packet leaves by,
 *  - opens UDP 4791 in a netdev's namespace when the first link is added there (kept until the
 *    namespace ends or the module goes: no reference counting), and leaves init_net's own two
 *    sockets to the original code,
 *  - in exclusive RDMA mode makes the device in its netdev's namespace, as
 *    ib_alloc_device_with_net() does where ib_core has it: no move is needed.
 * "ndev" is the parameter of the only users of the macros: rxe_find_route4, rxe_find_route6 and
 * rxe_net_add.
 */
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/route.h>
#include <rdma/ib_verbs.h>

#ifndef ib_alloc_device_with_net
static struct ib_device *rxelab_alloc_device(size_t size, struct net *net)
{
	struct ib_device *dev = _ib_alloc_device(size);

	/* the device lies in init_net now; accessible from elsewhere all the same means shared
	 * mode: let it be */
	if (dev && !rdma_dev_access_netns(dev, net))
		write_pnet(&dev->coredev.rdma_net, net);
	return dev;
}
#define _ib_alloc_device(size) rxelab_alloc_device(size, dev_net(ndev))
#else
#undef ib_alloc_device
#define ib_alloc_device(drv_struct, member) \
	ib_alloc_device_with_net(drv_struct, member, dev_net(ndev))
#endif

#define ip_route_output_key(net, fl) ip_route_output_key(dev_net(ndev), fl)
#define ipv6_dst_lookup_flow(net, sk, fl, fdst) ipv6_dst_lookup_flow(dev_net(ndev), NULL, fl, fdst)

#define rxe_net_add rxe_net_add__orig
#define rxe_net_init rxe_net_init__orig
#define rxe_net_exit rxe_net_exit__orig
#include "rxe_net.c"
#undef rxe_net_add
#undef rxe_net_init
#undef rxe_net_exit

int rxe_net_add(const char *ibdev_name, struct net_device *ndev);
int rxe_net_init(void);
void rxe_net_exit(void);

struct rxelab_netns {
	struct socket *sk4;
	struct socket *sk6;
};

static unsigned int rxelab_netns_id;
static DEFINE_MUTEX(rxelab_netns_lock);

static void __net_exit rxelab_netns_close(struct net *net)
{
	struct rxelab_netns *ns = net_generic(net, rxelab_netns_id);

	rxe_release_udp_tunnel(ns->sk6);
	rxe_release_udp_tunnel(ns->sk4);
	ns->sk6 = NULL;
	ns->sk4 = NULL;
}

/*
 * Registered as a device's, not as a subsystem's: those exit before the namespace's netdevs are
 * unregistered. A socket that got a multicast datagram holds its route (sk_rx_dst, by the early
 * demux), whose netdev is the namespace's lo, and lo would be waited for ("unregister_netdevice:
 * waiting for lo to become free") before the socket was ever closed.
 */
static struct pernet_operations rxelab_netns_ops = {
	.exit = rxelab_netns_close,
	.id = &rxelab_netns_id,
	.size = sizeof(struct rxelab_netns),
};

/* A namespace without IPv6 (CONFIG_IPV6 off, ipv6.disable=1) does with IPv4 alone, as init_net
 * does. */
static int open_socket(struct net *net, bool ipv6, struct socket **slot)
{
	struct socket *sock;

	if (*slot)
		return 0;
	sock = rxe_setup_udp_tunnel(net, htons(ROCE_V2_UDP_DPORT), ipv6);
	if (IS_ERR(sock))
		return ipv6 && PTR_ERR(sock) == -EAFNOSUPPORT ? 0 : PTR_ERR(sock);
	*slot = sock;
	return 0;
}

static int rxelab_netns_open(struct net *net)
{
	struct rxelab_netns *ns = net_generic(net, rxelab_netns_id);
	int err;

	if (net_eq(net, &init_net))
		return 0;
	mutex_lock(&rxelab_netns_lock);
	err = open_socket(net, false, &ns->sk4);
	if (!err && IS_ENABLED(CONFIG_IPV6))
		err = open_socket(net, true, &ns->sk6);
	mutex_unlock(&rxelab_netns_lock);
	return err;
}

int rxe_net_add(const char *ibdev_name, struct net_device *ndev)
{
	int err = rxelab_netns_open(dev_net(ndev));

	return err ? err : rxe_net_add__orig(ibdev_name, ndev);
}

int rxe_net_init(void)
{
	int err = register_pernet_device(&rxelab_netns_ops);

	if (err)
		return err;
	err = rxe_net_init__orig();
	if (err)
		unregister_pernet_device(&rxelab_netns_ops);
	return err;
}

void rxe_net_exit(void)
{
	unregister_pernet_device(&rxelab_netns_ops);
	rxe_net_exit__orig();
}
