/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/lab/steps.h"
#include "tools/lab/view-output.h"

struct options {
	/* the keys that describe the lab, by enum rx_lab_key */
	const char *words[RX_LAB_KEYS];
	bool flags[RX_LAB_KEYS];
	bool dry_run, replace, wide;
	const char *format;
	double timeout;
	/* judged before the machine is looked at, so it lives from prepare() to run() */
	struct rx_lab lab;
};

static const struct rx_option options[] = {
#define KEY(key, option, argument, help, ...) \
	{option,   0,    RX_OPT_STRING, offsetof(struct options, words[RX_KEY_##key]), \
	 argument, NULL, help},
#define FLAG(key, option, help, ...) \
	{option, 0, RX_OPT_FLAG, offsetof(struct options, flags[RX_KEY_##key]), NULL, NULL, help},
#define SECTION(...)
#include "netns/lab/lab-keys.h"
	RX_FLAG("dry-run", 'n', dry_run,
		"print the operations and make nothing; --format yaml prints the lab file"),
	RX_FLAG("replace", 0, replace, "take down a lab of this name first"),
	RX_SECONDS("timeout", 't', timeout,
		   "give up, undo everything and exit 124 after S seconds"),
	RX_WIDE,
	RX_FORMAT("table|json|text|yaml", "table or json; with --dry-run text, json or yaml"),
	{NULL},
};

/* Whether options describe a lab; --host does not, it goes with a file too. */
static bool describe(struct options *o)
{
	bool any = false;

	for (size_t i = 0; i < RX_LAB_KEYS; i++) {
		if (o->flags[i])
			o->words[i] = "true";
		any |= o->words[i] && i != RX_KEY_host;
	}
	return any;
}

static const char *format_of(const struct options *o)
{
	return o->format ? o->format : o->dry_run ? "text" : "table";
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	const char *format = format_of(o);
	bool described = describe(o);
	int rc;

	if (o->dry_run != (!strcmp(format, "text") || !strcmp(format, "yaml")) &&
	    strcmp(format, "json"))
		return rx_usage(err, "option-combination", "up: --format %s %s --dry-run", format,
				o->dry_run ? "does not go with" : "needs");
	if (inv->n_operands && described)
		return rx_usage(err, "lab-source",
				"up: give a lab file or options that describe the lab, not both");
	if (!inv->n_operands && !described)
		return rx_usage(err, "lab-source",
				"up: which lab? give a lab file, or --name, --parent and --count");
	rc = inv->n_operands ? rx_lab_parse_file(inv->operands[0], &o->lab, err)
			     : rx_lab_from_options(o->words, &o->lab, err);
	if (!rc && inv->n_operands && o->words[RX_KEY_host])
		rc = rx_lab_set_host(o->words[RX_KEY_host], &o->lab, err);
	if (!rc)
		rc = rx_lab_complete(&o->lab, err);
	if (rc)
		rx_lab_free(&o->lab);
	return rc;
}

static int show_json(const struct rx_lab *shown, const struct rx_plan *plan)
{
	json_t *ops = json_array(), *json;
	size_t i;

	for (i = 0; i < plan->n; i++)
		json_array_append_new(ops, rx_op_to_json(&plan->ops[i]));
	json = json_pack("{s:s,s:o,s:s,s:s,s:I,s:o}", "lab", shown->name, "plane",
			 rx_json_string(plan->guessed ? NULL : rx_plane_name(plan->plane)),
			 "plane_reason", plan->plane_reason, "rdma_netns",
			 rx_rdma_mode_name(plan->rdma_mode), "memory_bytes",
			 (json_int_t)plan->memory, "operations", ops);
	return rx_json_print(json, stdout);
}

static int show_text(const struct rx_lab *shown, const struct rx_plan *plan)
{
	char text[400];
	size_t i;

	printf("# lab %s: plane %s (%s)\n# RDMA namespace mode %s (%s), about %.0f MiB\n",
	       shown->name, plan->guessed ? "unknown" : rx_plane_name(plan->plane),
	       plan->plane_reason,
	       rx_rdma_mode_name(plan->rdma_mode), plan->rdma_reason,
	       (double)plan->memory / (1 << 20));
	for (i = 0; i < plan->n; i++)
		printf("%s\n", rx_op_text(&plan->ops[i], text, sizeof(text)));
	return 0;
}

static int run_up(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	bool json = !strcmp(format_of(o), "json");
	struct rx_view view;
	struct rx_up_request request = {.lab = &o->lab,
					.replace = o->replace,
					.dry_run = o->dry_run,
					.timeout = o->timeout,
					.show = json ? show_json : show_text,
					.view = &view};
	bool drifts;

	if (o->dry_run && !strcmp(format_of(o), "yaml"))
		/* follows from the words alone; any machine will do */
		return rx_lab_write(&o->lab, stdout);
	if ((rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE | RX_DROPS_REST, "up", err) ||
	     rx_lab_up(&request, err)) &&
	    !(o->dry_run && rx_lab_is_unseen(err) && !rx_lab_show_unseen(&request, err))) {
		if (json)
			rx_json_print(json_pack("{s:s,s:s,s:s,s:s}", "lab", o->lab.name, "status",
						"fail", "id", err->id, "error", err->text),
				      stdout);
		return -err->code;
	}
	if (o->dry_run)
		return RX_OK;
	drifts = rx_view_drifts(&view);
	rx_view_print(&view, o->format, o->wide);
	rx_view_close(&view);
	if (drifts)
		return rx_fail(err, "lab-differs", EIO,
			       "lab %s is up, but differs from what was asked for (above); rxelab "
			       "recreate %s",
			       o->lab.name, o->lab.name);
	return RX_OK;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	int rc = run_up(inv, err);

	rx_lab_free(&o->lab);
	return rc;
}

const struct rx_command rx_command_up = {
	.name = "up",
	.synopsis = "LAB.yaml [OPTION...]\n--name NAME --parent IF --count K [OPTION...]",
	.summary = "make a lab of independent RDMA endpoints on one network card",
	.options = options,
	.options_size = sizeof(struct options),
	.max_operands = 1,
	.prepare = prepare,
	.run = run,
};
