/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: netdevs, addresses, neighbours (routes: route.h). libnl-route encodes and decodes,
 * netlink.c carries.
 * Every function works in the namespace that its socket was opened in. */
#ifndef RXELAB_NETNS_KERNEL_RTNL_H
#define RXELAB_NETNS_KERNEL_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/base/address.h"
#include "netns/kernel/netlink.h"

/* A netdev to be made. */
struct rx_link_spec {
	const char *kind; /* IFLA_INFO_KIND: "macvlan", "veth", "bridge", "vlan", "dummy" */
	const char *name;
	unsigned lower;     /* macvlan, vlan: ifindex of the netdev below; else 0 */
	unsigned master;    /* ifindex of the bridge that it becomes a port of; 0: none */
	unsigned vlan;      /* vlan: VID */
	unsigned mtu;       /* bytes; 0: the kernel's choice */
	const uint8_t *mac; /* 6 bytes; NULL: the kernel's choice */
	unsigned ifindex;   /* that it is to have (-EBUSY: taken); 0: the kernel's choice */
	int netns;          /* descriptor of the namespace it is born in; -1: the socket's */
	const char *peer;   /* veth: name of the other end, which stays in the socket's namespace */
	unsigned peer_mtu;  /* bytes; 0: as mtu */
};

/* A netdev as the kernel shows it. */
struct rx_link_info {
	unsigned ifindex, lower, master, mtu, vlan, flags, operstate;
	char name[IFNAMSIZ], kind[16], alias[256];
	uint8_t mac[6];
	bool lower_elsewhere; /* IFLA_LINK_NETNSID: the netdev below is in another namespace */
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes;
};

int rx_link_add(struct rx_nl *nl, const struct rx_link_spec *spec, struct rx_err *err);
int rx_link_delete(struct rx_nl *nl, unsigned ifindex, const char *name, struct rx_err *err);
/* Returns -ENODEV (err filled) when there is none of that name. */
int rx_link_get(struct rx_nl *nl, const char *name, struct rx_link_info *info, struct rx_err *err);
/* The same by its index; name is for the message. */
int rx_link_get_index(struct rx_nl *nl, unsigned ifindex, const char *name,
		      struct rx_link_info *info, struct rx_err *err);
/* Only the ifindex, of a netdev that is there; cheaper. (Of one that is not, the kernel looks for a
 * module of its name: dev_load(), net/core/dev_ioctl.c.) */
int rx_link_index(struct rx_nl *nl, const char *name, unsigned *ifindex, struct rx_err *err);
/* All netdevs; *list is owned by the caller. */
int rx_link_list(struct rx_nl *nl, struct rx_link_info **list, size_t *n, struct rx_err *err);

/* Changes; what is 0 or NULL stays. alias tags the netdev as ours. */
struct rx_link_change {
	bool up, down;
	bool arp;          /* it asks for neighbours: a dummy does not by itself */
	bool allmulticast; /* it takes every multicast frame */
	unsigned mtu;
	const char *alias;
	bool set_master;
	unsigned master; /* with set_master: 0 takes it out of its bridge */
};
int rx_link_change(struct rx_nl *nl, unsigned ifindex, const char *name,
		   const struct rx_link_change *change, struct rx_err *err);

/* Move a netdev into the namespace behind the descriptor; an RXE on it goes for good
 * (docs/dev/kernel-notes.md). */
int rx_link_move(struct rx_nl *nl, unsigned ifindex, const char *name, int netns,
		 struct rx_err *err);

int rx_addr_add(struct rx_nl *nl, unsigned ifindex, const char *netdev, const struct rx_cidr *addr,
		struct rx_err *err);
int rx_addr_delete(struct rx_nl *nl, unsigned ifindex, const char *netdev,
		   const struct rx_cidr *addr, struct rx_err *err);

struct rx_addr_info {
	unsigned ifindex;
	struct rx_cidr addr;
	bool tentative; /* IFA_F_TENTATIVE: duplicate address detection has not ended */
};
/* All addresses of the namespace; *list is owned by the caller. */
int rx_addr_list(struct rx_nl *nl, struct rx_addr_info **list, size_t *n, struct rx_err *err);

/* A permanent neighbour entry. */
struct rx_neigh_spec {
	unsigned ifindex;
	struct rx_cidr addr;
	const uint8_t *mac;
};
/* Add or replace n permanent neighbours in as few system calls as fit. */
int rx_neigh_replace(struct rx_nl *nl, const struct rx_neigh_spec *list, size_t n,
		     struct rx_err *err);

#endif
