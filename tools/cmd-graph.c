/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tools/cli/guess.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/graph/graph.h"

struct options {
	const char *file, *format;
};

static const struct rx_option options[] = {
	RX_STRING("file", 'f', file, "LAB.yaml",
		  "draw a lab file (\"-\": standard input) instead of a running lab"),
	RX_FORMAT("dot|mermaid|svg|json", "dot by default"),
	{NULL},
};

static int print(const struct rx_graph *graph, const char *format, struct rx_err *err)
{
	int rc;

	if (format && !strcmp(format, "svg"))
		return rx_graph_svg(graph, err);
	if (format && !strcmp(format, "json"))
		rc = rx_json_print(rx_graph_json(graph), stdout);
	else if (format && !strcmp(format, "mermaid"))
		rc = rx_graph_mermaid(graph, stdout);
	else
		rc = rx_graph_dot(graph, stdout);
	return rc ? rx_fail(err, "output-write", -rc, "graph: %s", strerror(-rc)) : 0;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;

	if (!o->file && !inv->n_operands)
		return rx_usage(err, "operand-missing",
				"graph: which lab? Give its name, or -f LAB.yaml");
	return inv->n_operands ? rx_guess_lab(inv->command, inv->operands[0], err) : 0;
}

/* name may be NULL; given, it must be the one in the file. */
static int draw_file(const struct options *o, const char *name, struct rx_err *err)
{
	struct rx_lab lab;
	int rc = rx_lab_parse_file(o->file, &lab, err);

	if (rc)
		return rc;
	if (name && strcmp(name, lab.name))
		rc = rx_usage(err, "lab-differs", "graph: %s describes lab %s, not %s", o->file,
			      lab.name, name);
	if (!rc)
		rc = rx_lab_complete(&lab, err);
	if (!rc)
		rc = print(&(struct rx_graph){.lab = &lab}, o->format, err);
	rx_lab_free(&lab);
	return rc;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	struct rx_view view;
	int rc;

	if (o->file)
		return draw_file(o, inv->operands[0], err);
	if (rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE, "graph", err) ||
	    rx_view_open(inv->operands[0], &view, err))
		return -err->code;
	rc = print(&(struct rx_graph){.lab = &view.lab, .view = &view}, o->format, err);
	rx_view_close(&view);
	return rc;
}

const struct rx_command rx_command_graph = {
	.name = "graph",
	.synopsis = "NAME [OPTION...]\n[NAME] -f LAB.yaml [OPTION...]",
	.summary = "draw a lab: card, VLANs, segments, routers, endpoints with their GIDs",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 0,
	.max_operands = 1,
	.prepare = prepare,
	.run = run,
};
