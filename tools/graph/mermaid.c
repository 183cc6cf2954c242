/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mermaid, which Git forges draw from Markdown. Invisible links (~~~) keep the endpoints of a
 * network in columns; without them it puts all of them into one row. */
#include <errno.h>
#include <stdlib.h>

#include "netns/base/cleanup.h"
#include "tools/graph/graph.h"

/* Inside quotes; mermaid has entities with "#" in place of "&". */
static void quoted(FILE *out, const char *text)
{
	static const char *const entity[] = {['"'] = "#quot;", ['<'] = "#lt;", ['>'] = "#gt;",
					     ['#'] = "#35;"};

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < RX_ARRAY_SIZE(entity) && entity[c])
			fputs(entity[c], out);
		else
			fputc(c, out);
	}
}

static void line(FILE *out, const char *text, const char *colour)
{
	(void)colour;
	if (!*text)
		return;
	fputs("<br/>", out);
	quoted(out, text);
}

static void node_box(const struct rx_graph *graph, size_t node, const char *indent, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	bool own = rx_impair_any(&of->impair) ||
		   (of->n_ifaces == 1 && rx_impair_any(&of->ifaces[0].impair));
	char text[300];

	fprintf(out, "%snode%zu%s\"", indent, node, of->router ? "{{" : "[");
	quoted(out, of->name);
	line(out, rx_graph_container(of, text, sizeof(text)), NULL);
	if (rx_graph_inside(graph, node))
		rx_graph_port(graph, node, 0, line, out);
	else if (!of->router)
		rx_graph_line_ports(graph, node, line, out);
	if (own)
		line(out, rx_graph_impair(graph, of, &of->ifaces[0], text, sizeof(text)), NULL);
	fprintf(out, "\"%s\n", of->router ? "}}" : "]");
}

static void segment(const struct rx_graph *graph, size_t network, FILE *out)
{
	const struct rx_network *of = &graph->lab->networks[network];
	size_t n, *members = rx_graph_members(graph, network, &n), columns = rx_graph_columns(n);
	char text[300];

	fprintf(out, "    subgraph net%zu[\"", network);
	quoted(out, rx_graph_network_name(graph, of));
	fputs(": ", out);
	quoted(out, rx_graph_wire(graph, of, text, sizeof(text)));
	fprintf(out, ", %s, ", rx_link_kind_name(of->link));
	quoted(out, rx_graph_subnets(of, text, sizeof(text)));
	line(out, rx_impair_text(&of->impair, text, sizeof(text)), NULL);
	fputs("\"]\n", out);
	for (size_t i = 0; i < n; i++)
		node_box(graph, members[i], "        ", out);
	for (size_t i = columns; i < n; i++)
		fprintf(out, "        node%zu ~~~ node%zu\n", members[i - columns], members[i]);
	/* a subgraph without a node would be drawn as a node */
	if (!n)
		fprintf(out, "        hub%zu(( ))\n", network);
	fputs("    end\n", out);
	free(members);
}

static void line_edge(const struct rx_graph *graph, size_t network, const size_t ends[2],
		      const size_t *heights, FILE *out)
{
	const struct rx_network *of = &graph->lab->networks[network];
	bool swap = heights[ends[1]] > heights[ends[0]];
	char text[300];

	fprintf(out, "    node%zu ---|\"", ends[swap]);
	quoted(out, of->name);
	if (of->vlan)
		fprintf(out, "<br/>vlan %u", of->vlan);
	line(out, rx_graph_subnets(of, text, sizeof(text)), NULL);
	line(out, rx_impair_text(&of->impair, text, sizeof(text)), NULL);
	fprintf(out, "\"| node%zu\n", ends[!swap]);
}

static void port_edge(const struct rx_graph *graph, size_t node, size_t iface, FILE *out)
{
	const struct rx_node *of = &graph->lab->nodes[node];
	char text[300];

	fprintf(out, "    node%zu ---|\"", node);
	quoted(out, rx_cidr_text(&of->ifaces[iface].ipv4, false, text, sizeof(text)));
	line(out, rx_cidr_text(&of->ifaces[iface].ipv6, false, text, sizeof(text)), NULL);
	line(out, rx_graph_gid(graph, node, iface, text, sizeof(text)), NULL);
	line(out, rx_impair_text(&of->ifaces[iface].impair, text, sizeof(text)), NULL);
	fprintf(out, "\"| net%zu\n", of->ifaces[iface].network);
}

static void edges(const struct rx_graph *graph, const size_t *heights, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t ends[2];

	for (size_t i = 0; i < lab->n_nodes; i++)
		for (size_t j = 0; !rx_graph_inside(graph, i) && j < lab->nodes[i].n_ifaces; j++)
			if (!rx_graph_is_line(graph, lab->nodes[i].ifaces[j].network, ends))
				port_edge(graph, i, j, out);
	for (size_t i = 0; i < lab->n_networks; i++) {
		if (rx_graph_is_line(graph, i, ends))
			line_edge(graph, i, ends, heights, out);
		else if (*lab->parent && !*lab->networks[i].bridge && lab->networks[i].vlan)
			fprintf(out, "    net%zu -.-|\"vlan %u\"| parent\n", i,
				lab->networks[i].vlan);
		else if (*lab->parent && !*lab->networks[i].bridge)
			fprintf(out, "    net%zu -.- parent\n", i);
	}
}

int rx_graph_mermaid(const struct rx_graph *graph, FILE *out)
{
	const struct rx_lab *lab = graph->lab;
	size_t *heights = rx_graph_heights(graph), ends[2];
	char title[200];

	fputs("---\ntitle: \"", out);
	quoted(out, rx_graph_title(graph, title, sizeof(title)));
	fputs("\"\n---\nflowchart TB\n", out);
	for (size_t i = 0; i < lab->n_nodes; i++)
		if (!rx_graph_inside(graph, i))
			node_box(graph, i, "    ", out);
	for (size_t i = 0; i < lab->n_networks; i++)
		if (!rx_graph_is_line(graph, i, ends))
			segment(graph, i, out);
	if (*lab->parent) {
		fputs("    parent[[\"", out);
		quoted(out, lab->parent);
		fputs("\"]]\n", out);
	}
	edges(graph, heights, out);
	free(heights);
	return ferror(out) ? -EIO : 0;
}
