/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/endpoint/env-formats.h"
#include "tools/endpoint/env.h"
#include "tools/lab/stored.h"

struct options {
	const char *format, *file;
	struct rx_lab lab; /* of --file */
	bool has_lab;
};

static const struct rx_option options[] = {
	RX_FORMAT("shell|json|lxc|podman|cdi|udev|hostfile",
		  "for whom; hostfile takes a lab, the others an endpoint"),
	RX_STRING("file", 'f', file, "LAB.yaml",
		  "what can be known before the lab is up; needs neither root nor RXE"),
	{NULL},
};

static const struct rx_env_format *format_of(const struct options *opt)
{
	const struct rx_env_format *format = rx_env_formats;

	while (opt->format && strcmp(format->name, opt->format))
		format++;
	return format;
}

static int env_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *opt = inv->options;
	const char *operand = inv->operands[0];
	bool hostfile = format_of(opt)->of_lab;
	size_t lab = strcspn(operand, "/");
	int rc;

	if (hostfile && operand[lab])
		return rx_usage(err, "endpoint-name",
				"env: a host file is of a lab, \"%s\" is an endpoint: rxelab env "
				"%.*s --format hostfile",
				operand, (int)lab, operand);
	if (!hostfile && !operand[lab])
		return rx_usage(err, "endpoint-name",
				"env: \"%s\" is not NAME/ENDPOINT; only --format hostfile takes a "
				"lab",
				operand);
	if (!opt->file)
		return 0;
	rc = rx_lab_parse_file(opt->file, &opt->lab, err);
	if (rc)
		return rc;
	opt->has_lab = true;
	rc = rx_lab_complete(&opt->lab, err);
	if (!rc && (strlen(opt->lab.name) != lab || strncmp(opt->lab.name, operand, lab)))
		rc = rx_usage(err, "lab-differs",
			      "env: the lab in %s is called \"%s\", not \"%.*s\"", opt->file,
			      opt->lab.name, (int)lab, operand);
	if (rc)
		rx_lab_free(&opt->lab);
	return rc;
}

static int from_file(struct options *opt, const char *operand, struct rx_err *err)
{
	const struct rx_node_view *node = NULL;
	const char *slash = strchr(operand, '/');
	struct rx_view view;
	int rc = 0;

	rx_lab_settle_macs(&opt->lab);
	rx_view_forecast(&opt->lab, &view);
	for (size_t i = 0; slash && i < view.n_endpoints; i++)
		if (!strcmp(view.nodes[i].want->name, slash + 1))
			node = &view.nodes[i];
	if (slash && !node)
		rc = rx_usage(err, "endpoint-unknown", "env: the lab in %s has no endpoint \"%s\"",
			      opt->file, slash + 1);
	else
		rx_env_print(format_of(opt), &view, node, stdout);
	if (node && !node->want->container.kind && format_of(opt)->names_devices)
		rx_note("the uverbs device of %s is made by rxelab up and is not in this output "
			"yet",
			operand);
	rx_view_forecast_free(&view);
	return rc;
}

static int from_running(const struct options *opt, const char *operand, struct rx_err *err)
{
	const struct rx_node_view *node;
	struct rx_view view;

	if (rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE, "env", err) ||
	    rx_view_open_operand(operand, &view, &node, err))
		return -err->code;
	rx_env_print(format_of(opt), &view, node, stdout);
	rx_view_close(&view);
	return 0;
}

static int env_run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *opt = inv->options;

	return opt->has_lab ? from_file(opt, inv->operands[0], err)
			    : from_running(opt, inv->operands[0], err);
}

const struct rx_command rx_command_env = {
	.name = "env",
	.synopsis = "NAME/ENDPOINT [--format shell|json|lxc|podman|cdi|udev] [-f LAB.yaml]\n"
		    "NAME --format hostfile [-f LAB.yaml]",
	.summary = "print the settings that programs and containers need to use an endpoint",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.prepare = env_prepare,
	.run = env_run,
};
