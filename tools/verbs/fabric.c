/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/fabric.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/lab/routes.h"
#include "tools/verbs/provider.h"

const char *rx_gid_text(const union ibv_gid *gid, char buf[40])
{
	const uint8_t *r = gid->raw;

	snprintf(buf, 40, "%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x",
		 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12],
		 r[13], r[14], r[15]);
	return buf;
}

unsigned rx_mtu_bytes(enum ibv_mtu mtu)
{
	return mtu >= IBV_MTU_256 && mtu <= IBV_MTU_4096 ? 128u << mtu : 0;
}

enum ibv_mtu rx_path_mtu(enum ibv_mtu a, enum ibv_mtu b)
{
	return a < b ? a : b;
}

static int problem(struct rx_port *port, const char *what, int code)
{
	snprintf(port->problem, sizeof(port->problem), "endpoint %s: RXE device %s: %s: %s",
		 port->node->want->name, port->iface->want->rdma_dev, what, strerror(code));
	return -code;
}

/* The GID that is wanted, or one that only looks like it: any link-local one. */
static bool pick_gid(struct rx_port *port, enum rx_family family, const struct rx_cidr *wanted,
		     bool link_local)
{
	uint8_t raw[16];
	size_t i;

	rx_gid_of(wanted, raw);
	port->gid[family].index = -1;
	for (i = 0; i < port->n_table; i++) {
		const struct ibv_gid_entry *entry = &port->table[i];

		if (entry->gid_type != IBV_GID_TYPE_ROCE_V2)
			continue;
		if (link_local ? entry->gid.raw[0] == 0xfe && (entry->gid.raw[1] & 0xc0) == 0x80
			       : !memcmp(entry->gid.raw, raw, 16)) {
			port->gid[family].index = (int)entry->gid_index;
			port->gid[family].gid = entry->gid;
			port->gid[family].ifindex = entry->ndev_ifindex;
			return true;
		}
	}
	return false;
}

/* Without a subnet: the link-local one of its own netdev, which is not RXE's in the hosted plane. A
 * container may give its netdevs others than their MAC's. */
static void pick_ipv6(struct rx_port *port)
{
	const struct rx_iface *want = port->iface->want;
	struct rx_cidr own = rx_cidr_link_local(want->mac);

	if (!pick_gid(port, RX_LINK_LOCAL, &own, false))
		pick_gid(port, RX_LINK_LOCAL, &own, true);
	if (want->ipv6.family)
		pick_gid(port, RX_IPV6, &want->ipv6, false);
	else
		port->gid[RX_IPV6] = port->gid[RX_LINK_LOCAL];
}

static int read_gids(struct rx_port *port)
{
	const struct rx_iface *want = port->iface->want;
	size_t room = (size_t)(port->port.gid_tbl_len > 0 ? port->port.gid_tbl_len : 1);
	ssize_t n;

	port->table = rx_alloc(room, sizeof(*port->table));
	n = ibv_query_gid_table(port->context, port->table, room, 0);
	if (n < 0)
		return problem(port, "reading the GID table", (int)-n);
	port->n_table = (size_t)n;
	pick_gid(port, RX_MAIN, want->ipv4.family ? &want->ipv4 : &want->ipv6, false);
	pick_ipv6(port);
	if (port->gid[RX_MAIN].index < 0)
		rx_port_no_gid(port, RX_MAIN, port->problem);
	return 0;
}

const char *rx_port_no_gid(const struct rx_port *port, enum rx_family family,
			   char text[RX_PORT_PROBLEM])
{
	const struct rx_iface *want = port->iface->want;
	bool ipv4 = family == RX_MAIN && want->ipv4.family;
	char address[56];

	snprintf(text, RX_PORT_PROBLEM,
		 "endpoint %s: RXE device %s has no RoCE v2 GID of address %s; is the address "
		 "still on netdev %s?",
		 port->node->want->name, want->rdma_dev,
		 rx_cidr_text(ipv4 ? &want->ipv4 : &want->ipv6, false, address, sizeof(address)),
		 want->netdev);
	return text;
}

/* Programs of an endpoint fork (rdma_cm's test does): pages under an MR must not be copied on write
 * then. */
static int make_arena(struct rx_port *port)
{
	int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |
		     IBV_ACCESS_REMOTE_ATOMIC;

	port->tx = mmap(NULL, 2 * RX_AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (port->tx == MAP_FAILED) {
		port->tx = NULL;
		return problem(port, "memory", errno);
	}
	madvise(port->tx, 2 * RX_AREA, MADV_DONTFORK);
	port->rx = port->tx + RX_AREA;
	if (port->device.device_cap_flags &
	    (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B))
		access |= IBV_ACCESS_MW_BIND;
#if RX_BUILT_FLUSH
	if (port->offers & RX_OFFERS_FLUSH)
		access |= IBV_ACCESS_FLUSH_GLOBAL;
#endif
	port->mr = ibv_reg_mr(port->pd, port->tx, 2 * RX_AREA, access);
	return port->mr ? 0 : problem(port, "registering memory", errno);
}

static int open_device(struct rx_port *port, struct ibv_device *device)
{
	struct ibv_device_attr_ex device_ex = {0};
	int rc;

	port->context = ibv_open_device(device);
	if (!port->context)
		return problem(port, "opening its device node", errno);
	rc = ibv_query_device_ex(port->context, NULL, &device_ex);
	port->device = device_ex.orig_attr;
	port->offers = device_ex.device_cap_flags_ex;
	if (!rc)
		rc = ibv_query_port(port->context, RX_PORT_NUM, &port->port);
	if (rc)
		return problem(port, "asking for its port", rc);
	rc = read_gids(port);
	if (rc)
		return rc;
	port->pd = ibv_alloc_pd(port->context);
	if (!port->pd)
		return problem(port, "protection domain", errno);
	port->channel = ibv_create_comp_channel(port->context);
	if (!port->channel)
		return problem(port, "completion channel", errno);
	port->cq = ibv_create_cq(port->context, 4 * RX_MAX_WR, NULL, port->channel, 0);
	if (!port->cq)
		return problem(port, "completion queue", errno);
	return make_arena(port);
}

static struct ibv_device *find_device(struct ibv_device **list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(ibv_get_device_name(*list), name))
			return *list;
	return NULL;
}

/* list: the devices seen from here; they hold the port's own unless its namespace is another and
 * the mode exclusive. */
static void open_port(struct rx_port *port, struct ibv_device **list)
{
	const char *name = port->iface->want->rdma_dev;
	struct ibv_device *device = find_device(list, name), **own = NULL;
	struct rx_err err;
	int home = -1;

	if (rx_ns_enter(port->node->rdma_netns, &home, &err)) {
		snprintf(port->problem, sizeof(port->problem), "endpoint %s: %.280s",
			 port->node->want->name, err.text);
		return;
	}
	if (!device)
		device = find_device(own = ibv_get_device_list(NULL), name);
	if (device)
		open_device(port, device);
	else
		snprintf(port->problem, sizeof(port->problem), "endpoint %s: RXE device %s is gone",
			 port->node->want->name, name);
	if (own)
		ibv_free_device_list(own);
	rx_ns_leave(&home);
}

static void lay_out(const struct rx_view *view, struct rx_fabric *fabric)
{
	size_t i, j, n = 0;

	for (i = 0; i < view->n_endpoints; i++)
		n += view->nodes[i].n_ifaces;
	fabric->view = view;
	fabric->ports = rx_alloc(n, sizeof(*fabric->ports));
	fabric->first = rx_alloc(view->n_endpoints + 1, sizeof(*fabric->first));
	for (i = 0; i < view->n_endpoints; i++) {
		fabric->first[i] = fabric->n_ports;
		for (j = 0; j < view->nodes[i].n_ifaces; j++) {
			struct rx_port *port = &fabric->ports[fabric->n_ports++];

			port->node = &view->nodes[i];
			port->iface = &view->nodes[i].ifaces[j];
			port->endpoint = (unsigned)i;
			for (unsigned family = 0; family < RX_FAMILIES; family++)
				port->gid[family].index = -1;
		}
	}
	fabric->first[view->n_endpoints] = fabric->n_ports;
}

/* Opening and closing are system calls that wait for RCU and locks of each device: two threads do
 * them in half the time. */
#define THREADS 2

struct sweep {
	struct rx_fabric *fabric;
	struct ibv_device **list;
	void (*step)(struct rx_port *port, struct ibv_device **list);
	atomic_size_t next;
};

static void *sweep_some(void *arg)
{
	struct sweep *sweep = arg;
	size_t i;

	while ((i = atomic_fetch_add(&sweep->next, 1)) < sweep->fabric->n_ports)
		sweep->step(&sweep->fabric->ports[i], sweep->list);
	return NULL;
}

static void for_each_port(struct rx_fabric *fabric,
			  void (*step)(struct rx_port *, struct ibv_device **),
			  struct ibv_device **list)
{
	struct sweep sweep = {.fabric = fabric, .list = list, .step = step};
	pthread_t thread[THREADS - 1];
	unsigned i, n = 0;

	for (i = 0; i + 1 < THREADS && fabric->n_ports > THREADS; i++)
		if (!pthread_create(&thread[n], NULL, sweep_some, &sweep))
			n++;
	sweep_some(&sweep);
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

/* A context has its command and its event descriptor, then there is the completion channel, and
 * with a meter two sockets. A port that gets none says so itself. */
#define DESCRIPTORS_PER_PORT 6
#define DESCRIPTORS_BESIDE 128

void rx_fabric_open(const struct rx_view *view, struct rx_fabric *fabric)
{
	struct ibv_device **list;

	memset(fabric, 0, sizeof(*fabric));
	lay_out(view, fabric);
	fabric->routes = rx_routes_new(&view->lab);
	rx_allow_descriptors(fabric->n_ports * DESCRIPTORS_PER_PORT + DESCRIPTORS_BESIDE);
	rx_provider_preload();
	list = ibv_get_device_list(NULL);
	for_each_port(fabric, open_port, list);
	if (list)
		ibv_free_device_list(list);
}

static void close_port(struct rx_port *port, struct ibv_device **list)
{
	int kind;

	(void)list;
	for (kind = 0; kind < RX_QP_KINDS; kind++)
		rx_port_drop_qp(port, (enum rx_qp_kind)kind);
	if (port->srq)
		ibv_destroy_srq(port->srq);
	if (port->mr)
		ibv_dereg_mr(port->mr);
	if (port->tx)
		munmap(port->tx, 2 * RX_AREA);
	if (port->cq)
		ibv_destroy_cq(port->cq);
	if (port->channel)
		ibv_destroy_comp_channel(port->channel);
	if (port->pd)
		ibv_dealloc_pd(port->pd);
	if (port->context)
		ibv_close_device(port->context);
	if (port->metered)
		rx_meter_close(&port->meter);
	free(port->table);
}

void rx_fabric_close(struct rx_fabric *fabric)
{
	for_each_port(fabric, close_port, NULL);
	free(fabric->ports);
	free(fabric->first);
	rx_routes_free(fabric->routes);
	memset(fabric, 0, sizeof(*fabric));
}

/* Both ways, since an answer that finds none is as good as none. */
static bool is_routed(const struct rx_fabric *fabric, size_t a, size_t iface_a, size_t b,
		      size_t iface_b)
{
	int family = fabric->view->nodes[a].want->ifaces[iface_a].ipv4.family ? AF_INET : AF_INET6;
	size_t routers[RX_HOPS];

	return rx_routes_path(fabric->routes, a, iface_a, b, iface_b, family, routers, RX_HOPS) >
		       0 &&
	       rx_routes_path(fabric->routes, b, iface_b, a, iface_a, family, routers, RX_HOPS) > 0;
}

static bool is_common(const struct rx_port *const end[2], unsigned network)
{
	size_t a = end[0]->iface->want->network;

	return a == end[1]->iface->want->network && (!network || a + 1 == network);
}

int rx_fabric_route(const struct rx_fabric *fabric, unsigned a, unsigned b, unsigned network,
		    struct rx_port *end[2], bool *routed)
{
	size_t i, j;

	for (int pass = 0; pass < (network ? 1 : 2); pass++)
		for (i = fabric->first[a]; i < fabric->first[a + 1]; i++)
			for (j = fabric->first[b]; j < fabric->first[b + 1]; j++) {
				end[0] = &fabric->ports[i];
				end[1] = &fabric->ports[j];
				*routed = pass;
				if (pass ? is_routed(fabric, a, i - fabric->first[a], b,
						     j - fabric->first[b])
					 : is_common((const struct rx_port *const *)end, network))
					return 0;
			}
	return -1;
}

size_t rx_fabric_routers(const struct rx_fabric *fabric, unsigned a, unsigned b,
			 size_t routers[RX_HOPS])
{
	struct rx_port *end[2];
	bool routed;
	int n;

	if (rx_fabric_route(fabric, a, b, 0, end, &routed) || !routed)
		return 0;
	n = rx_routes_path(fabric->routes, a, (size_t)(end[0] - &fabric->ports[fabric->first[a]]),
			   b, (size_t)(end[1] - &fabric->ports[fabric->first[b]]),
			   end[0]->iface->want->ipv4.family ? AF_INET : AF_INET6, routers, RX_HOPS);
	return n < 0 ? 0 : n < RX_HOPS ? (size_t)n : RX_HOPS;
}

socklen_t rx_port_address(const struct rx_port *port, uint16_t number,
			  struct sockaddr_storage *address)
{
	const struct rx_iface *want = port->iface->want;
	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;

	memset(address, 0, sizeof(*address));
	if (want->ipv4.family) {
		v4->sin_family = AF_INET;
		v4->sin_port = number;
		memcpy(&v4->sin_addr, want->ipv4.addr, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = number;
	memcpy(&v6->sin6_addr, want->ipv6.addr, 16);
	return sizeof(*v6);
}

bool rx_port_meter(struct rx_port *port)
{
	struct rx_err err;
	const char *netns;

	rx_view_wire(port->node, port->iface, &netns);
	if (!port->metered)
		port->metered = !rx_meter_open(&port->meter, netns, &err);
	return port->metered;
}

/* One that atomic writes and FLUSH are posted to, so far as both ends of this machine know them. */
static struct ibv_qp *make_extended(struct rx_port *port, const struct ibv_qp_init_attr *basic)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = basic->send_cq,
		.recv_cq = basic->recv_cq,
		.cap = basic->cap,
		.qp_type = basic->qp_type,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = port->pd,
		.send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE,
	};

#if RX_BUILT_ATOMIC_WRITE
	if (port->offers & RX_OFFERS_ATOMIC_WRITE)
		attr.send_ops_flags |= IBV_QP_EX_WITH_ATOMIC_WRITE;
#endif
#if RX_BUILT_FLUSH
	if (port->offers & RX_OFFERS_FLUSH)
		attr.send_ops_flags |= IBV_QP_EX_WITH_FLUSH;
#endif
	return ibv_create_qp_ex(port->context, &attr);
}

static struct ibv_qp *make_qp(struct rx_port *port, enum rx_qp_kind kind)
{
	static const enum ibv_qp_type types[RX_QP_KINDS] = {IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD,
							    IBV_QPT_RC, IBV_QPT_RC};
	struct ibv_srq_init_attr shared = {.attr = {.max_wr = RX_MAX_WR, .max_sge = 1}};
	struct ibv_qp_init_attr attr = {
		.send_cq = port->cq,
		.recv_cq = port->cq,
		.qp_type = types[kind],
		.cap = {.max_send_wr = RX_MAX_WR,
			.max_recv_wr = RX_MAX_WR,
			.max_send_sge = RX_MAX_SGE,
			.max_recv_sge = 1,
			.max_inline_data = RX_MAX_INLINE},
	};

	if (kind == RX_QP_SRQ) {
		if (!port->srq)
			port->srq = ibv_create_srq(port->pd, &shared);
		if (!port->srq)
			return NULL;
		attr.srq = port->srq;
	}
	if (kind == RX_QP_EXTENDED)
		return make_extended(port, &attr);
	return ibv_create_qp(port->pd, &attr);
}

int rx_port_qp(struct rx_port *port, enum rx_qp_kind kind, struct rx_fault *fault)
{
	static const char *const names[RX_QP_KINDS] = {"an RC QP", "a UC QP", "a UD QP",
						       "an RC QP with an SRQ", "an extended RC QP"};

	if (port->qp[kind])
		return 0;
	port->qp[kind] = make_qp(port, kind);
	if (!port->qp[kind] && kind == RX_QP_EXTENDED && errno == EOPNOTSUPP)
		return rx_fault(fault, RX_FAULT_SKIP, 0,
				"libibverbs' provider of RXE here is older than this operation");
	if (!port->qp[kind])
		return rx_fault(fault, RX_FAULT_SETUP, errno, "endpoint %s: making %s on %s: %s",
				port->node->want->name, names[kind], port->iface->want->rdma_dev,
				strerror(errno));
	return 0;
}

void rx_port_drop_qp(struct rx_port *port, enum rx_qp_kind kind)
{
	if (port->qp[kind])
		ibv_destroy_qp(port->qp[kind]);
	port->qp[kind] = NULL;
	if (kind == RX_QP_SRQ && port->srq) {
		/* receives that nobody took stay in an SRQ when its QP goes */
		ibv_destroy_srq(port->srq);
		port->srq = NULL;
	}
}
