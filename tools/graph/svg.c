/* SPDX-License-Identifier: GPL-2.0-or-later */
/* graphviz draws; nothing else of rxelab needs it, so it is a program that may be there and not a
 * library. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/graph/graph.h"

#define LIMIT 120.0 /* seconds; a leaf-spine of 1024 endpoints takes about two */

int rx_graph_svg(const struct rx_graph *graph, struct rx_err *err)
{
	rx_autofree char *description = NULL;
	const char *const argv[] = {"dot", "-Tsvg", NULL};
	rx_autoprocess dot = {
		.argv = argv, .seconds = LIMIT, .out = RX_OUTPUT_OURS, .err = RX_OUTPUT_OURS};
	FILE *out = rx_text_stream(&description);
	int rc = rx_graph_dot(graph, out);

	fclose(out);
	if (rc)
		return rx_fail(err, "graph-write", -rc, "graph: cannot write the description: %s",
			       strerror(-rc));
	/* dot writes to the same standard output */
	fflush(stdout);
	dot.input = description;
	rc = rx_process_run(&dot, err);
	if (rc && err->status == RX_CANNOT)
		return rx_cannot(err, "program-missing", ENOENT,
				 "graph: an SVG is drawn by the program dot, which is missing: "
				 "install the package graphviz, or use --format dot or mermaid");
	return rc ? rx_wrap(err, "graph") : 0;
}
