/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "netns/ledger/list.h"
#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/lab/steps.h"
#include "tools/lab/view-output.h"
#include "tools/report/table.h"

struct options {
	const char *format;
	bool names, endpoints;
};

static const struct rx_option options[] = {
	RX_FLAG("names", 0, names, "only the names, one a line"),
	RX_FLAG("endpoints", 0, endpoints, "only LAB/ENDPOINT of each endpoint, one a line"),
	RX_FORMAT("table|json", "how to print them"),
	{NULL},
};

/* How a lab stands, in one word. */
static const char *state_of(const struct rx_view *view)
{
	return rx_view_drifts(view) ? "differs" : "up";
}

static json_t *lab_json(const char *name, const struct rx_view *view, const struct rx_err *problem)
{
	if (problem)
		return json_pack("{s:s,s:s,s:s,s:s}", "lab", name, "state", "damaged", "id",
				 problem->id, "error", problem->text);
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:i,s:i}", "lab", name, "state", state_of(view),
			 "plane", rx_plane_name(view->plane), "rdma_netns",
			 rx_rdma_mode_name(view->rdma_mode), "parent",
			 rx_json_string(view->lab.parent), "endpoints", (int)view->n_endpoints,
			 "routers", (int)(view->n_nodes - view->n_endpoints));
}

static void lab_row(struct rx_table *table, const char *name, const struct rx_view *view,
		    const struct rx_err *problem)
{
	char endpoints[24];

	if (problem) {
		rx_table_row(table, (const char *[]){name, "damaged", "", "", "", ""});
		rx_warn("%s", problem->text);
		return;
	}
	snprintf(endpoints, sizeof(endpoints), "%zu", view->n_endpoints);
	rx_table_row(table,
		     (const char *[]){name, state_of(view), rx_plane_name(view->plane),
				      rx_rdma_mode_name(view->rdma_mode),
				      view->lab.parent[0] ? view->lab.parent : "none", endpoints});
}

static int print_names(char **names)
{
	for (; *names; names++)
		printf("%s\n", *names);
	return RX_OK;
}

/* A lab whose record cannot be read has none to offer. */
static int print_endpoints(char **names)
{
	struct rx_lab lab;
	struct rx_err ignored;

	for (; *names; names++) {
		if (rx_lab_stored(*names, &lab, &ignored))
			continue;
		for (size_t i = 0; i < lab.n_nodes; i++)
			if (!lab.nodes[i].router)
				printf("%s/%s\n", *names, lab.nodes[i].name);
		rx_lab_free(&lab);
	}
	return RX_OK;
}

static int print_labs(char **names, bool json)
{
	struct rx_table *table =
		json ? NULL
		     : rx_table_new(6, (const char *const[]){"lab", "state", "plane", "RDMA mode",
							     "parent", "endpoints"});
	json_t *list = json ? json_array() : NULL;
	struct rx_view view;
	struct rx_err err;

	for (; *names; names++) {
		const struct rx_err *problem = rx_view_open(*names, &view, &err) ? &err : NULL;

		if (json)
			json_array_append_new(list, lab_json(*names, &view, problem));
		else
			lab_row(table, *names, &view, problem);
		if (!problem)
			rx_view_close(&view);
	}
	if (json)
		return rx_json_print(json_pack("{s:o}", "labs", list), stdout);
	rx_table_print(table, stdout);
	return RX_OK;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	char **names;
	size_t n;
	int rc;

	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	if (o->names)
		rc = print_names(names);
	else if (o->endpoints)
		rc = print_endpoints(names);
	else
		rc = print_labs(names, o->format && !strcmp(o->format, "json"));
	rx_names_free(names);
	return rc;
}

const struct rx_command rx_command_list = {
	.name = "list",
	.synopsis = "[OPTION...]",
	.summary = "list the labs of this host",
	.options = options,
	.options_size = sizeof(struct options),
	.needs = RX_NEEDS_ROOT,
	.run = run,
};
