/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of lines. A circle of 64 boxes is mostly empty middle, so a large ring goes to and fro in
 * rows, with a column at the left that leads back up to the beginning. */
#include <stdlib.h>

#include "tools/graph/graph.h"
#include "netns/base/memory.h"

/* The other end of a line, and the line that leaves that node again. */
static bool step(const struct rx_graph *graph, size_t *node, size_t *network)
{
	const struct rx_iface *ifaces = graph->lab->nodes[*node].ifaces;
	size_t ends[2],
		next = ifaces[0].network == *network ? ifaces[1].network : ifaces[0].network;

	if (!rx_graph_is_line(graph, next, ends))
		return false;
	*node = ends[ends[0] == *node];
	*network = next;
	return true;
}

size_t *rx_graph_ring(const struct rx_graph *graph)
{
	const struct rx_lab *lab = graph->lab;
	size_t *order, n = 0, node = 0, network;

	for (size_t i = 0; i < lab->n_nodes; i++)
		if (lab->nodes[i].n_ifaces != 2)
			return NULL;
	if (lab->n_nodes < 3)
		return NULL;
	order = rx_alloc(lab->n_nodes, sizeof(*order));
	/* the first interface of an endpoint of a ring is on its left */
	network = lab->nodes[0].ifaces[0].network;
	do {
		order[n++] = node;
		if (!step(graph, &node, &network))
			break;
	} while (node && n < lab->n_nodes);
	if (!node && n == lab->n_nodes)
		return order;
	free(order);
	return NULL;
}

void rx_graph_ring_place(size_t at, size_t n, double *column, double *row)
{
	size_t rows = 2, width, back;

	while (rows * rows < n)
		rows += 2;
	width = n / rows - (n % rows == 0);
	back = n - rows * width;
	if (at < rows * width) {
		*row = (double)(at / width);
		*column = 1 + (double)(at / width % 2 ? width - 1 - at % width : at % width);
		return;
	}
	/* the way back, spread over the height */
	*column = 0;
	*row = ((double)(rows * width + back - at) - 0.5) * (double)rows / (double)back - 0.5;
}
