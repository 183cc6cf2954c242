/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All RXE devices of a lab, opened once by one process. A context opened inside its namespace keeps
 * working from anywhere, so nothing needs to be entered again afterwards (shared, exclusive and
 * hosted).
 *
 * The files here, the only ones that use libibverbs and librdmacm, lowest first:
 *   fault       why one direction of a pair failed
 *   wc-status   what a completion status means
 *   payload     pseudo-random bytes that both ends can compute
 *   provider    the RXE provider, loaded before libibverbs looks for providers
 *   fabric      the devices of a lab, opened
 *   pairs       which endpoints talk to which
 *   prime       the neighbours of a large lab, before traffic
 *   qp          one QP from RESET to RTS
 *   conn        two ports and a QP on each, joined
 *   meeting     two endpoints with nobody else on them
 *   drive       a test in its steps, at both ends of a meeting
 *   transfer    messages from one end to the other, every byte checked
 *   cm-end      one end of an rdma_cm connection
 *   cm-child    the processes that those ends run in */
#ifndef RXELAB_TOOLS_VERBS_FABRIC_H
#define RXELAB_TOOLS_VERBS_FABRIC_H

#include <infiniband/verbs.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "netns/kernel/counters.h"
#include "netns/view/view.h"
#include "tools/verbs/fault.h"

#define RX_PORT_NUM 1    /* RXE has one port: RXE_PORT, rxe_param.h */
#define RX_AREA 20480u   /* bytes to send from, and as many to receive into */
#define RX_POISON 0xb7   /* what the receiving ones are filled with before each attempt */
#define RX_MESSAGES 4    /* of each transfer */
#define RX_MESSAGE 4096u /* bytes */
#define RX_MAX_WR 32
#define RX_MAX_SGE 3
#define RX_MAX_INLINE 128

#define RX_PORT_PROBLEM 320

/* What a device may offer, beside struct ibv_device_attr; of the kernel's ib_user_verbs.h. */
#define RX_OFFERS_FLUSH (1ull << 38)        /* IB_UVERBS_DEVICE_FLUSH_GLOBAL */
#define RX_OFFERS_ATOMIC_WRITE (1ull << 40) /* IB_UVERBS_DEVICE_ATOMIC_WRITE */
/* Whether libibverbs had it where this was compiled: the Makefile looks. */
#ifndef RX_BUILT_FLUSH
#define RX_BUILT_FLUSH 0
#endif
#ifndef RX_BUILT_ATOMIC_WRITE
#define RX_BUILT_ATOMIC_WRITE 0
#endif

enum rx_qp_kind { RX_QP_RC, RX_QP_UC, RX_QP_UD, RX_QP_SRQ, RX_QP_EXTENDED, RX_QP_KINDS };
/* The lab's own address; an IPv6 one besides, which is link-local where the lab gives none. */
enum rx_family { RX_MAIN, RX_IPV6, RX_LAB_FAMILIES, RX_LINK_LOCAL = RX_LAB_FAMILIES, RX_FAMILIES };

struct rx_port {
	const struct rx_node_view *node;
	const struct rx_iface_view *iface;
	unsigned endpoint;           /* its number in the view */
	struct ibv_context *context; /* NULL: see problem */
	struct ibv_device_attr device;
	uint64_t offers; /* RX_OFFERS_ and all others */
	struct ibv_port_attr port;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp[RX_QP_KINDS]; /* made when first used */
	struct ibv_srq *srq;
	struct ibv_mr *mr;
	uint8_t *tx, *rx; /* RX_AREA bytes each, both inside mr */
	struct {
		int index; /* -1: the port has no such GID */
		union ibv_gid gid;
		unsigned ifindex; /* the netdev that holds it */
	} gid[RX_FAMILIES];
	struct ibv_gid_entry *table; /* owned: its valid entries */
	size_t n_table;
	struct rx_meter meter; /* see rx_port_meter */
	bool metered;
	char problem[RX_PORT_PROBLEM]; /* "" or why no traffic can be tried */
};

struct rx_fabric {
	const struct rx_view *view;
	struct rx_port *ports; /* owned; those of one endpoint lie together */
	size_t n_ports;
	size_t *first;            /* owned; of each endpoint */
	struct rx_routes *routes; /* owned */
	/* of work requests: connections take turns on the same completion queues, and each has
	 * the next one */
	atomic_uint generations;
};

/* Open every endpoint's devices. A device that cannot be opened is no error: its port says why. */
void rx_fabric_open(const struct rx_view *view, struct rx_fabric *fabric);
void rx_fabric_close(struct rx_fabric *fabric);

/* The ports by which endpoints a and b reach each other: on a common network (this one, from 1, or
 * with 0 the first), else (routed set) on two that routers join. Returns 0, or -1 if the
 * topology does not connect them. */
int rx_fabric_route(const struct rx_fabric *fabric, unsigned a, unsigned b, unsigned network,
		    struct rx_port *end[2], bool *routed);
#define RX_HOPS 64 /* the hop limit of our QPs */
/* The routers from a to b, as indexes into view->nodes, in order; returns how many. */
size_t rx_fabric_routers(const struct rx_fabric *fabric, unsigned a, unsigned b,
			 size_t routers[RX_HOPS]);

/* As sysfs prints it. Returns buf. */
const char *rx_gid_text(const union ibv_gid *gid, char buf[40]);
unsigned rx_mtu_bytes(enum ibv_mtu mtu);
enum ibv_mtu rx_path_mtu(enum ibv_mtu a, enum ibv_mtu b); /* the smaller one */

/* The lab's address of a port, with a TCP port number in network byte order. Returns its length. */
socklen_t rx_port_address(const struct rx_port *port, uint16_t number,
			  struct sockaddr_storage *address);
/* That it lacks the GID of its address of this family. Returns text. */
const char *rx_port_no_gid(const struct rx_port *port, enum rx_family family,
			   char text[RX_PORT_PROBLEM]);
/* Open port->meter unless it is. */
bool rx_port_meter(struct rx_port *port);

/* Make a QP of this kind if the port has none; RESET. Returns 0, or -1 with fault filled. */
int rx_port_qp(struct rx_port *port, enum rx_qp_kind kind, struct rx_fault *fault);
/* Destroy it: after a failure nothing of it is worth keeping. */
void rx_port_drop_qp(struct rx_port *port, enum rx_qp_kind kind);

#endif
