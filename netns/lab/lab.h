/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user wants: a lab as data, from a lab file or from options.
 *
 * Two steps, neither of which looks at the machine:
 *   rx_lab_parse_file / rx_lab_from_options text -> struct rx_lab as written
 *   rx_lab_complete                        topology expanded, every address, MAC and name decided
 * Everything after that (plan, save, graph) reads the completed lab only. */
#ifndef RXELAB_NETNS_LAB_LAB_H
#define RXELAB_NETNS_LAB_LAB_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "netns/base/address.h"
#include "netns/base/error.h"
#include "netns/base/impair.h"
#include "netns/base/position.h"
#include "netns/kernel/rdma.h"

/* with RX_NODE_NAME_MAX and RX_NETWORK_NAME_MAX keeps rxl.LAB.NODE.NETWORK */
#define RX_LAB_NAME_MAX 20
#define RX_NODE_NAME_MAX 20 /* under IB_DEVICE_NAME_MAX (64, include/rdma/ib_verbs.h) */
#define RX_NETWORK_NAME_MAX 15
#define RX_MACHINE_SIZE 17 /* 16 hex digits */
#define RX_MAX_HOSTS 250
/* uverbs devices: IB_UVERBS_MAX_DEVICES, drivers/infiniband/core/uverbs_main.c */
#define RX_MAX_ENDPOINTS 1024

enum rx_plane { RX_PLANE_AUTO, RX_PLANE_NETNS, RX_PLANE_HOSTED };
enum rx_link_kind { RX_LINK_MACVLAN, RX_LINK_VETH };
enum rx_control { RX_CONTROL_NETNS, RX_CONTROL_NONE };
enum rx_topology {
	RX_TOPOLOGY_FLAT,
	RX_TOPOLOGY_RING,
	RX_TOPOLOGY_DUMBBELL,
	RX_TOPOLOGY_LEAF_SPINE
};

enum rx_container_kind {
	RX_CONTAINER_NONE,
	RX_CONTAINER_LXC,
	RX_CONTAINER_PODMAN,
	RX_CONTAINER_DOCKER,
	RX_CONTAINER_PID,
	RX_CONTAINER_NETNS,
};

/* The existing container whose network namespace an endpoint lives in. */
struct rx_container {
	enum rx_container_kind kind;
	char id[256]; /* name, id, path or decimal pid */
	/* what the netdev is called in there; "": RX_CONTAINER_NETDEV and a number */
	char netdev[IFNAMSIZ];
	struct rx_pos pos;
};

/* The first netdev in a container is rdma0: a name of its own, since that of the host says nothing
 * in there. */
#define RX_CONTAINER_NETDEV "rdma"

/* One segment (broadcast domain) on the parent. */
struct rx_network {
	char name[RX_NETWORK_NAME_MAX + 1]; /* "" for the only network of a flat lab */
	enum rx_link_kind link;
	unsigned vlan;         /* 0: untagged */
	char bridge[IFNAMSIZ]; /* a bridge that exists; "": ours where one is needed */
	struct rx_cidr subnet, subnet6;
	/* complete(): nobody asked for this subnet, or for an address in it */
	bool subnet_open;
	struct rx_impair impair;
	struct rx_pos pos;
};

/* One netdev of a node; on an endpoint it carries an RXE device too. */
struct rx_iface {
	size_t network; /* index into lab->networks */
	/* complete(): family 0 only where the network has no such subnet */
	struct rx_cidr ipv4, ipv6;
	uint8_t mac[6]; /* complete(): always set, derived unless given */
	bool mac_given;
	struct rx_impair impair; /* of this port alone */
	/* complete(): rxl<lab hash>-<ordinal>; in a view what it is called where it is */
	char netdev[IFNAMSIZ];
	/* complete(): its name in the namespace of a container; "" without a container */
	char inside[IFNAMSIZ];
	/* complete(): the two netdevs of init_net that it has in the hosted plane: RXE's, and the
	 * wire's; "" on a router */
	char rxe_netdev[IFNAMSIZ], wire_netdev[IFNAMSIZ];
	unsigned ordinal;                /* complete(): its number among all of this host, from 1 */
	char rdma_dev[RX_DEV_NAME_SIZE]; /* complete(): rxl.LAB.NODE[.NETWORK]; "" on a router */
	struct rx_pos pos;
};

/* An endpoint or a router: a namespace with netdevs. */
struct rx_node {
	char name[RX_NODE_NAME_MAX + 1];
	size_t number; /* complete(): its place in the whole lab, from 1 */
	bool router;
	struct rx_iface *ifaces; /* owned */
	size_t n_ifaces;
	struct rx_container container;
	struct rx_impair impair;      /* of all its netdevs */
	char netns[RX_DEV_NAME_SIZE]; /* complete(): rxl.LAB.NODE, its name under /run/netns */
	struct rx_pos pos;
};

struct rx_lab {
	char name[RX_LAB_NAME_MAX + 1];
	char parent[IFNAMSIZ]; /* "": none, a private bridge */
	unsigned mtu;          /* bytes; 0: the parent's */
	bool raise_parent_mtu;
	enum rx_plane plane;
	enum rx_rdma_mode rdma_mode;
	enum rx_control control;
	enum rx_topology topology;
	unsigned leaves, spines; /* for RX_TOPOLOGY_LEAF_SPINE */
	bool expedite;
	/* MACs follow from it, too; "": from names alone (rx_lab_set_machine) */
	char machine[RX_MACHINE_SIZE];
	struct rx_network *networks; /* owned */
	size_t n_networks;
	struct rx_node *nodes; /* owned: endpoints first, then routers */
	size_t n_nodes, n_endpoints;
	/* of so many hosts this is the one; 0: the lab is on this host alone */
	unsigned host, hosts;
	/* owned; complete(): endpoints of the other hosts, which are not among nodes */
	struct rx_node *remote;
	size_t n_remote;
	size_t count; /* endpoints asked for by number (count: N), 0 if listed */
	struct rx_pos host_pos, parent_pos, mtu_pos, name_pos, topology_pos;
	char source[256]; /* file name for messages; "" for options */
};

void rx_lab_free(struct rx_lab *lab);

/* Read a lab file ("-": standard input). All mistakes are reported in one go, a line each, in
 * err->text as FILE:LINE:COLUMN: SENTENCE. Returns 0, -EINVAL (bad file, RX_USAGE) or the errno of
 * open/read. */
int rx_lab_parse_file(const char *path, struct rx_lab *lab, struct rx_err *err);
/* The same from memory; source names it in messages. */
int rx_lab_parse(const char *text, size_t length, const char *source, struct rx_lab *lab,
		 struct rx_err *err);

/* The keys of a lab, RX_KEY_name and so on: the rows of lab-keys.h. */
#define KEY(key, ...) RX_KEY_##key,
#define FLAG KEY
#define SECTION KEY
enum rx_lab_key {
#include "netns/lab/lab-keys.h"
	RX_LAB_KEYS
};
#undef KEY
#undef FLAG
#undef SECTION
/* What `rxelab up` was given as options -> lab; NULL: not given. The same checks and the same words
 * as the lab file. */
int rx_lab_from_options(const char *const values[RX_LAB_KEYS], struct rx_lab *lab,
			struct rx_err *err);

/* "I/N", as up --host has it: this is host I of N, each of which makes its share of the lab. Before
 * complete. */
int rx_lab_set_host(const char *text, struct rx_lab *lab, struct rx_err *err);
/* The host that endpoint number k of the file belongs to: (k - 1) mod N + 1; 0 without hosts. */
unsigned rx_lab_host_of(const struct rx_lab *lab, size_t number);

/* Expand the topology and decide every address, MAC and name; keep this host's share. */
int rx_lab_complete(struct rx_lab *lab, struct rx_err *err);

/* What a machine is called where MACs are derived: no one can tell its id from it. */
void rx_lab_machine(const char *id, char machine[RX_MACHINE_SIZE]);
/* MACs of a completed lab that nobody asked for follow from that machine, too: another one that has
 * a lab of that name on the same wire gets others. Nothing changes in a lab of several hosts: each
 * of them tells from the file what the others have. */
void rx_lab_set_machine(struct rx_lab *lab, const char *machine);

/* Give network i of a completed lab, whose subnet is open, another one of the same size; each node
 * keeps its number in it. */
void rx_lab_move_subnet(struct rx_lab *lab, size_t i, const struct rx_cidr *subnet);
/* The first part of 10.77.0.0/16 for network i that overlaps neither with another of the lab nor
 * with one of those; family 0: there is none. */
struct rx_cidr rx_lab_free_subnet(const struct rx_lab *lab, size_t i, const struct rx_cidr *taken,
				  size_t n);

/* Put an endpoint of a completed lab into a container, or (container->kind RX_CONTAINER_NONE) into
 * its own namespace. */
void rx_lab_set_container(struct rx_node *node, const struct rx_container *container);
/* What the netdev is called in the namespace that it lives in; netns "": init_net. */
const char *rx_iface_netdev(const struct rx_iface *iface, const char *netns);

/* Write the lab as a lab file that parses to the same lab. Returns 0 or -EIO. */
int rx_lab_write(const struct rx_lab *lab, FILE *out);

/* 16 bits of a lab's name, the four hex digits in the names of its netdevs. */
unsigned rx_lab_hash(const char *name);

const char *rx_plane_name(enum rx_plane plane);
const char *rx_link_kind_name(enum rx_link_kind kind);
/* The lowest version of the Container Device Interface that has a device of that name: 0.3.0 is the
 * first that runtimes read and has device nodes and environment; a digit in front came with 0.5.0
 * (its SPEC.md, "Released versions"). */
const char *rx_cdi_version(const char *device);
/* "lxc", "podman", ...; "" for none */
const char *rx_container_kind_name(enum rx_container_kind kind);
/* Whether anything is put before a netdev of the node: by itself, its netdev or its network. */
bool rx_node_impaired(const struct rx_lab *lab, const struct rx_node *node);
/* Macvlans on the parent itself need no bridge; two networks cannot share it (add_segment,
 * netns/plan/make.c). */
bool rx_lab_has_bridge(const struct rx_lab *lab);

#endif
