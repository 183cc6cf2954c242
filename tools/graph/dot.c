/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The language of graphviz. Boxes are HTML-like tables; the wire is at the bottom, spines at the
 * top. */
#include <errno.h>
#include <stdlib.h>

#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/graph/graph.h"

#define INK RX_GRAPH_INK
#define SEGMENT "#d7e6f4"
#define CELL "#f7fafc"
#define ROUTER "#fbe3c0"
#define ENDPOINT "#e2f0d9"
#define FAULT "#b03a2e"
#define LINE "color=\"#3b7dd8\", penwidth=1.6"
#define SMALL_RING 16

/* One more line of a label, small; nothing for "". */
static void line(FILE *out, const char *text, const char *colour)
{
	if (!*text)
		return;
	fprintf(out, "<BR/><FONT POINT-SIZE=\"9\" COLOR=\"%s\">", colour);
	rx_xml_write(text, out);
	fputs("</FONT>", out);
}

static void node_label(const struct rx_graph *graph, size_t node, FILE *out)
{
	char text[300];

	fputs("<B>", out);
	rx_xml_write(graph->lab->nodes[node].name, out);
	fputs("</B>", out);
	line(out, rx_graph_container(&graph->lab->nodes[node], text, sizeof(text)), "#1f618d");
}

static void cell(const struct rx_graph *graph, size_t node, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	/* what the network as a whole has is said in its heading */
	bool own = rx_impair_any(&of->impair) || rx_impair_any(&of->ifaces[0].impair);
	char text[300];

	fputs("<TD BORDER=\"1\" BGCOLOR=\"" CELL "\">", out);
	node_label(graph, node, out);
	rx_graph_port(graph, node, 0, line, out);
	if (own)
		line(out, rx_graph_impair(graph, of, &of->ifaces[0], text, sizeof(text)), FAULT);
	fputs("</TD>", out);
}

static void segment_box(const struct rx_graph *graph, size_t network, FILE *out)
{
	const struct rx_network *of = &graph->lab->networks[network];
	size_t n, *members = rx_graph_members(graph, network, &n), columns = rx_graph_columns(n);
	char text[300];

	fprintf(out,
		"\tnet%zu [shape=plain, label=<<TABLE BORDER=\"1\" CELLBORDER=\"0\" "
		"CELLSPACING=\"5\" CELLPADDING=\"5\" COLOR=\"" INK "\" BGCOLOR=\"" SEGMENT
		"\"><TR><TD COLSPAN=\"%zu\"><B>",
		network, columns);
	rx_xml_write(rx_graph_network_name(graph, of), out);
	fputs("</B>", out);
	line(out, rx_graph_wire(graph, of, text, sizeof(text)), INK);
	line(out, rx_graph_subnets(of, text, sizeof(text)), INK);
	line(out, rx_link_kind_name(of->link), INK);
	line(out, rx_impair_text(&of->impair, text, sizeof(text)), FAULT);
	fputs("</TD></TR>", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i % columns ? "" : "<TR>", out);
		cell(graph, members[i], out);
		fputs(i % columns == columns - 1 || i == n - 1 ? "</TR>" : "", out);
	}
	fputs("</TABLE>>];\n", out);
	free(members);
}

static void node_box(const struct rx_graph *graph, size_t node, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];

	fprintf(out, "\tnode%zu [shape=box, style=\"%sfilled\", fillcolor=\"%s\", label=<", node,
		of->router ? "rounded," : "", of->router ? ROUTER : ENDPOINT);
	node_label(graph, node, out);
	if (of->router)
		line(out, "router", INK);
	else
		rx_graph_line_ports(graph, node, line, out);
	fputs(">];\n", out);
}

/* From a node to its network's box. */
static void port_edge(const struct rx_graph *graph, size_t node, size_t iface, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	const struct rx_iface *port = &of->ifaces[iface];
	char text[300];

	fprintf(out, "\tnode%zu -- net%zu [label=<", node, port->network);
	fputs("<FONT POINT-SIZE=\"9\"> </FONT>", out);
	rx_graph_port(graph, node, iface, line, out);
	if (rx_impair_any(&port->impair) || rx_impair_any(&of->impair))
		line(out, rx_graph_impair(graph, of, port, text, sizeof(text)), FAULT);
	fputs(">];\n", out);
}

static void line_label(const struct rx_network *of, FILE *out)
{
	char text[300];

	fputs("label=<<FONT POINT-SIZE=\"9\">", out);
	rx_xml_write(of->name, out);
	fputs("</FONT>", out);
	if (of->vlan) {
		snprintf(text, sizeof(text), "vlan %u", of->vlan);
		line(out, text, INK);
	}
	line(out, rx_graph_subnets(of, text, sizeof(text)), INK);
	line(out, rx_impair_text(&of->impair, text, sizeof(text)), FAULT);
	fputs(">", out);
}

/* A network that is a line between two rows: the higher end first, so that dot puts it above. Its
 * label is a node of its own: labels of edges push the edges aside, and dot bends them. */
static void line_down(const struct rx_graph *graph, size_t network, size_t above, size_t below,
		      FILE *out)
{
	fprintf(out, "\tline%zu [shape=plain, ", network);
	line_label(&graph->lab->networks[network], out);
	fprintf(out, "];\n\tnode%zu -- line%zu -- node%zu [" LINE "];\n", above, network, below);
}

/* One between two equally high nodes, which come side by side; or of a ring, where there is no
 * above (heights is NULL). */
static void line_edge(const struct rx_graph *graph, size_t network, const size_t ends[2],
		      const size_t *heights, FILE *out)
{
	if (heights)
		fprintf(out, "\t{rank=same; node%zu; node%zu}\n", ends[0], ends[1]);
	fprintf(out, "\tnode%zu -- node%zu [" LINE ", ", ends[0], ends[1]);
	line_label(&graph->lab->networks[network], out);
	fputs("];\n", out);
}

/* The card, and a dashed line to it from each box that hangs on it. */
static void wire(const struct rx_graph *graph, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t ends[2];

	if (!*lab->parent)
		return;
	fputs("\tparent [shape=box3d, style=filled, fillcolor=\"#dcdcdc\", label=<<B>", out);
	rx_xml_write(lab->parent, out);
	fputs("</B>>];\n", out);
	for (size_t i = 0; i < lab->n_networks; i++) {
		if (*lab->networks[i].bridge || rx_graph_is_line(graph, i, ends))
			continue;
		fprintf(out, "\tnet%zu -- parent [style=dashed, color=\"#7f8c8d\"", i);
		if (lab->networks[i].vlan)
			fprintf(out, ", label=\" vlan %u\"", lab->networks[i].vlan);
		fputs("];\n", out);
	}
}

/* A circle for a small ring, rows for a large one (inches, downwards). */
static void place_ring(const size_t *order, size_t n, FILE *out)
{
	double column, row;

	for (size_t i = 0; n > SMALL_RING && i < n; i++) {
		rx_graph_ring_place(i, n, &column, &row);
		fprintf(out, "\tnode%zu [pos=\"%.2f,%.2f!\"];\n", order[i], column * 2.5,
			-row * 1.6);
	}
}

static const char *layout(const size_t *ring, size_t n)
{
	if (!ring)
		return "";
	return n > SMALL_RING ? ", layout=neato" : ", layout=circo, mindist=1.3";
}

static void begin(const struct rx_graph *graph, const size_t *ring, FILE *out)
{
	char title[200];

	fputs("graph rxelab {\n"
	      "\tgraph [labelloc=t, fontname=\"Helvetica\", fontsize=16, fontcolor=\"" INK
	      "\", nodesep=0.5, ranksep=0.7, label=<",
	      out);
	rx_xml_write(rx_graph_title(graph, title, sizeof(title)), out);
	/* the empty lines keep the label of a line in the first row away from the title */
	fprintf(out, "<BR/> <BR/> >%s];\n", layout(ring, graph->lab->n_nodes));
	fputs("\tnode [fontname=\"Helvetica\", fontsize=11, color=\"" INK "\", fontcolor=\"" INK
	      "\"];\n"
	      "\tedge [fontname=\"Helvetica\", fontsize=9, color=\"" INK "\", fontcolor=\"" INK
	      "\"];\n",
	      out);
}

/* Boxes of one row. joint " --": in the order of the lab, which dot would shuffle to save
 * crossings; ";": in dot's. */
static void row(FILE *out, const char *prefix, const char *joint, const size_t *members, size_t n)
{
	if (n < 2)
		return;
	fputs("\t{rank=same;", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s %s%zu", i ? joint : "", prefix, members[i]);
	fprintf(out, "%s}\n", *joint == ';' ? "" : " [style=invis]");
}

/* Is this network a line between two rows? Then ends[0] is the node of the higher one. */
static bool goes_down(const struct rx_graph *graph, size_t network, const size_t *heights,
		      size_t ends[2])
{
	size_t other;

	if (!heights || !rx_graph_is_line(graph, network, ends) ||
	    heights[ends[0]] == heights[ends[1]])
		return false;
	other = ends[1];
	if (heights[other] > heights[ends[0]]) {
		ends[1] = ends[0];
		ends[0] = other;
	}
	return true;
}

/* The labels of the lines down from one height, by their lower ends; below stacked spines dot
 * chooses. */
static void row_of_lines(const struct rx_graph *graph, const size_t *heights, size_t height,
			 bool stacked, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t *members = rx_alloc(lab->n_networks, sizeof(*members)), n = 0, ends[2];

	for (size_t node = 0; node < lab->n_nodes; node++)
		for (size_t i = 0; heights[node] + 1 == height && i < lab->n_networks; i++)
			if (goes_down(graph, i, heights, ends) && ends[1] == node)
				members[n++] = i;
	row(out, "line", stacked ? ";" : " --", members, n);
	free(members);
}

/* Are these spines: each with several lines down, and none between them? */
static bool are_spines(const struct rx_graph *graph, const size_t *heights, const size_t nodes[2])
{
	size_t down[2] = {0, 0}, ends[2];

	for (size_t i = 0; i < graph->lab->n_networks; i++) {
		if (goes_down(graph, i, heights, ends))
			for (int side = 0; side < 2; side++)
				down[side] += ends[0] == nodes[side];
		else if (rx_graph_is_line(graph, i, ends) &&
			 (ends[0] == nodes[0] || ends[1] == nodes[0]))
			return false;
	}
	return down[0] > 1 && down[1] > 1;
}

/* The nodes of one height. Two spines at the top are put one above the other: the lines of the
 * upper one go round the lower one, and of four leaves two crossings are left of six. */
static void row_of_nodes(const struct rx_graph *graph, const size_t *heights, size_t height,
			 bool top, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t *members = rx_alloc(lab->n_nodes, sizeof(*members)), n = 0;
	bool stacked;

	for (size_t i = 0; i < lab->n_nodes; i++)
		if (!rx_graph_inside(graph, i) && heights[i] == height)
			members[n++] = i;
	stacked = top && n == 2 && are_spines(graph, heights, members);
	if (stacked)
		fprintf(out, "\tnode%zu -- node%zu [style=invis, weight=0];\n", members[0],
			members[1]);
	else
		row(out, "node", " --", members, n);
	row_of_lines(graph, heights, height, stacked, out);
	free(members);
}

static void rows(const struct rx_graph *graph, const size_t *heights, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t *members = rx_alloc(lab->n_networks, sizeof(*members)), n = 0, ends[2], highest = 0;

	for (size_t i = 0; i < lab->n_networks; i++)
		if (!rx_graph_is_line(graph, i, ends))
			members[n++] = i;
	row(out, "net", " --", members, n);
	free(members);
	for (size_t i = 0; i < lab->n_nodes; i++)
		if (heights[i] > highest)
			highest = heights[i];
	for (size_t height = 0; height <= highest; height++)
		row_of_nodes(graph, heights, height, height == highest, out);
}

static void edges(const struct rx_graph *graph, const size_t *heights, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t ends[2];

	for (size_t i = 0; i < lab->n_networks; i++)
		if (goes_down(graph, i, heights, ends))
			line_down(graph, i, ends[0], ends[1], out);
		else if (rx_graph_is_line(graph, i, ends))
			line_edge(graph, i, ends, heights, out);
	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t j = 0; !rx_graph_inside(graph, i) && j < lab->nodes[i].n_ifaces; j++)
			if (!rx_graph_is_line(graph, lab->nodes[i].ifaces[j].network, ends))
				port_edge(graph, i, j, out);
}

static void draw(const struct rx_graph *graph, const size_t *heights, const size_t *ring, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t ends[2];

	begin(graph, ring, out);
	for (size_t i = 0; i < lab->n_nodes; i++)
		if (!rx_graph_inside(graph, i))
			node_box(graph, i, out);
	for (size_t i = 0; i < lab->n_networks; i++)
		if (!rx_graph_is_line(graph, i, ends))
			segment_box(graph, i, out);
	if (ring)
		place_ring(ring, lab->n_nodes, out);
	else
		rows(graph, heights, out);
	edges(graph, ring ? NULL : heights, out);
	if (!ring)
		wire(graph, out);
	fputs("}\n", out);
}

int rx_graph_dot(const struct rx_graph *graph, FILE *out)
{
	size_t *heights = rx_graph_heights(graph), *ring = rx_graph_ring(graph);

	draw(graph, heights, ring, out);
	free(heights);
	free(ring);
	return ferror(out) ? -EIO : 0;
}
