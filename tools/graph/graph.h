/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a picture: what tools/cmd-graph.c and this folder share. */
#ifndef RXELAB_TOOLS_GRAPH_GRAPH_H
#define RXELAB_TOOLS_GRAPH_GRAPH_H

#include <jansson.h>
#include <stdio.h>

#include "netns/view/view.h"

struct rx_graph {
	const struct rx_lab *lab;   /* completed */
	const struct rx_view *view; /* NULL: drawn from a file, nothing is running */
};

/* ---- model.c: what is drawn as what ---- */

/* An endpoint with one netdev is drawn inside its network's box, others stand for themselves. */
bool rx_graph_inside(const struct rx_graph *graph, size_t node);
/* A network with two ports, neither of which is drawn inside it, is a line between them. ends: node
 * indexes. */
bool rx_graph_is_line(const struct rx_graph *graph, size_t network, size_t ends[2]);
/* How many networks away the nearest network with a box is: what is further away is drawn higher
 * up. Of each node; caller frees. */
size_t *rx_graph_heights(const struct rx_graph *graph);
/* Nodes drawn inside a network's box; caller frees. */
size_t *rx_graph_members(const struct rx_graph *graph, size_t network, size_t *n);
/* "eth0 vlan 20", "bridge br0", "private bridge" */
const char *rx_graph_wire(const struct rx_graph *graph, const struct rx_network *network, char *buf,
			  size_t size);
/* "10.77.0.0/24, fd77::/64" */
const char *rx_graph_subnets(const struct rx_network *network, char *buf, size_t size);
/* "lab", or the network's name */
const char *rx_graph_network_name(const struct rx_graph *graph, const struct rx_network *network);
/* The GID, shortened as an IPv6 address is: of a running lab with its index, else as it follows
 * from the address. */
const char *rx_graph_gid(const struct rx_graph *graph, size_t node, size_t iface, char *buf,
			 size_t size);
/* "lxc 101"; "" without a container */
const char *rx_graph_container(const struct rx_node *node, char *buf, size_t size);
/* What netem does to a port, of whichever the port, the node or the network says; "" if nothing. */
const char *rx_graph_impair(const struct rx_graph *graph, const struct rx_node *node,
			    const struct rx_iface *iface, char *buf, size_t size);
/* "lab quad: macvlan on eth0, plane netns" */
const char *rx_graph_title(const struct rx_graph *graph, char *buf, size_t size);
/* How a drawing writes one more line of a label; nothing for "". Mermaid has no colours. */
typedef void rx_graph_line(FILE *out, const char *text, const char *colour);
#define RX_GRAPH_INK "#22303c"
#define RX_GRAPH_FAINT "#5b6b79"
/* The addresses of a port, and its GID. */
void rx_graph_port(const struct rx_graph *graph, size_t node, size_t iface, rx_graph_line *line,
		   FILE *out);
/* What an endpoint has on networks that are lines: they have no box that could say it. */
void rx_graph_line_ports(const struct rx_graph *graph, size_t node, rx_graph_line *line, FILE *out);
/* Columns of a box with n members. */
size_t rx_graph_columns(size_t n);

/* ---- ring.c ---- */
/* The nodes in their order, if the whole lab is one ring of lines; else NULL. Caller frees. */
size_t *rx_graph_ring(const struct rx_graph *graph);
/* Where the at-th of n nodes of a ring goes, so that neighbours lie side by side; n above 8. */
void rx_graph_ring_place(size_t at, size_t n, double *column, double *row);

/* ---- one file each ---- */
int rx_graph_dot(const struct rx_graph *graph, FILE *out); /* 0 or -EIO */
int rx_graph_mermaid(const struct rx_graph *graph, FILE *out);
json_t *rx_graph_json(const struct rx_graph *graph);
/* svg.c: by graphviz's dot, to standard output */
int rx_graph_svg(const struct rx_graph *graph, struct rx_err *err);

#endif
