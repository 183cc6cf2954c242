/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two endpoints that are made, used and deleted again and again, in a guest that does nothing
 * else. */
#ifndef RXELAB_TESTS_MODULE_CYCLES_CYCLES_H
#define RXELAB_TESTS_MODULE_CYCLES_CYCLES_H

#include <stdbool.h>
#include <stdio.h>

#include "netns/view/view.h"
#include "tools/verbs/meeting.h"

#define PATIENCE 20.0 /* seconds for whatever goes asynchronously; beyond it something has stayed */
/* for a namespace's memory alone: once in 466 cycles, on a busy machine, 20 were too few */
#define LONG_PATIENCE 120.0

/* What a cycle consists of beside making and deleting: the stock modules cannot do all of it. */
struct parts {
	/* the device is moved into its namespace unless it is born there; it goes home before some
	 * deletions */
	bool move;
	bool traffic; /* checked RC messages both ways, IPv4 and IPv6 in turn */
	bool cm;      /* QP1 is there, and rdma_cm connects */
};

/* The lab that the verbs code asks for, of two endpoints, without a ledger and without a lab
 * file. */
struct lab {
	struct rx_view view;
	struct rx_node want[2];
	struct rx_iface iface[2];
	struct rx_network network;
	struct rx_node_view node[2];
	struct rx_iface_view iface_view[2];
	unsigned parent;        /* ifindex of the macvlans' parent */
};

void lab_fill(struct lab *lab, unsigned parent);
void lab_name_devices(struct lab *lab, unsigned cycle); /* before that cycle's end_make() */

/* All of it but the RDMA device's traffic. 0, or -errno with err filled. */
int end_make(const struct lab *lab, unsigned end, const struct parts *parts, struct rx_err *err);
/* Out to init_net and in again. */
int end_trip(const struct lab *lab, unsigned end, struct rx_err *err);
/* 1: the device has QP1, 0: it has none, -errno. */
int end_has_qp1(const struct lab *lab, unsigned end, struct rx_err *err);
/* One step of a deletion: H device goes home to init_net, L RXE link, D netdev, N namespace with
 * what is left in it. */
int end_delete(const struct lab *lab, unsigned end, char step, struct rx_err *err);
/* What is left of devices, their uverbs nodes, netdevs, and the namespaces themselves where SLUB
 * counts them exactly; NULL: nothing. namespaces: how many there were before. */
const char *ends_left(unsigned long long namespaces);
unsigned long long live_namespaces(void); /* 0: nobody can say */
/* What may keep a namespace, where SLUB counts exactly. */
void print_objects(void);
/* A namespace comes and goes, so that the kernel frees what it deferred. Whether it could be
 * made. */
bool namespace_dies(void);
/* Whether more than that one are there, when all that is deferred has been freed. */
bool namespaces_stay(unsigned long long before);

/* Users of both devices, who may stay while these are deleted. */
struct users {
	struct rx_fabric fabric;
	struct rx_meeting meeting;
};
void users_begin(struct users *users, const struct lab *lab);
/* Traffic of the cycle with this number. 0, or -1 with err filled. */
int users_talk(struct users *users, const struct parts *parts, unsigned cycle, struct rx_err *err);
void users_end(struct users *users);

/* Kernel memory, with caches dropped. */
struct memory;
struct memory *memory_new(unsigned cycles);
void memory_look(struct memory *memory, unsigned cycle);  /* prints, too */
void memory_cycle(struct memory *memory, unsigned cycle); /* a cheap look after every cycle */
void memory_report(struct memory *memory, unsigned cycles);

#endif
