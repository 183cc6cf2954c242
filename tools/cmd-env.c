/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/endpoint/env-formats.h"
#include "tools/endpoint/env.h"

struct env_options {
	const char *format, *file;
	struct rx_lab lab; /* of --file */
	bool has_lab;
};

static const struct rx_option options[] = {
	{"format", 0, RX_OPT_CHOICE, offsetof(struct env_options, format), NULL,
	 "shell|json|lxc|podman|cdi|udev|hostfile",
	 "for whom; hostfile takes a lab, the others an endpoint"},
	RX_OPTION_JSON(struct env_options, format),
	{"file", 'f', RX_OPT_STRING, offsetof(struct env_options, file), "LAB.yaml", NULL,
	 "what can be known before the lab is up; needs neither root nor RXE"},
	{NULL},
};

static const struct {
	const char *name;
	rx_env_format *print;
} formats[] = {
	{"shell", rx_env_shell},       {"json", rx_env_json}, {"lxc", rx_env_lxc},
	{"podman", rx_env_podman},     {"cdi", rx_env_cdi},   {"udev", rx_env_udev},
	{"hostfile", rx_env_hostfile},
};

static rx_env_format *format_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(name, formats[i].name))
			return formats[i].print;
	return rx_env_shell;
}

static int env_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct env_options *opt = inv->options;
	const char *operand = inv->operands[0];
	bool hostfile = format_of(opt->format) == rx_env_hostfile;
	size_t lab = strcspn(operand, "/");
	int rc;

	if (hostfile && operand[lab])
		return rx_usage_as(err, "endpoint-name",
				   "env: a host file is of a lab, \"%s\" is an endpoint: rxelab "
				   "env "
				   "%.*s --format hostfile",
				   operand, (int)lab, operand);
	if (!hostfile && !operand[lab])
		return rx_usage_as(err, "endpoint-name",
				   "env: \"%s\" is not NAME/ENDPOINT; only --format hostfile takes "
				   "a lab",
				   operand);
	if (!opt->file)
		return 0;
	rc = rx_lab_parse_file(opt->file, &opt->lab, err);
	if (rc)
		return rc;
	opt->has_lab = true;
	rc = rx_lab_complete(&opt->lab, err);
	if (!rc && (strlen(opt->lab.name) != lab || strncmp(opt->lab.name, operand, lab)))
		rc = rx_usage_as(err, "lab-differs",
				 "env: the lab in %s is called \"%s\", not \"%.*s\"", opt->file,
				 opt->lab.name, (int)lab, operand);
	if (rc)
		rx_lab_free(&opt->lab);
	return rc;
}

static const struct rx_node_view *find_endpoint(const struct rx_view *view, const char *name)
{
	for (size_t i = 0; i < view->n_endpoints; i++)
		if (!strcmp(view->nodes[i].want->name, name))
			return &view->nodes[i];
	return NULL;
}

static int from_file(struct env_options *opt, const char *operand, struct rx_err *err)
{
	rx_env_format *print = format_of(opt->format);
	const struct rx_node_view *node = NULL;
	const char *slash = strchr(operand, '/');
	struct rx_view view;
	int rc = 0;

	rx_view_forecast(&opt->lab, &view);
	if (slash)
		node = find_endpoint(&view, slash + 1);
	if (slash && !node)
		rc = rx_usage_as(err, "endpoint-unknown",
				 "env: the lab in %s has no endpoint \"%s\"", opt->file, slash + 1);
	if (!rc)
		rc = print(&view, node, stdout, err);
	if (!rc && !(node && node->want->container.kind) &&
	    (print == rx_env_lxc || print == rx_env_podman || print == rx_env_cdi))
		rx_note("the uverbs device of %s is made by rxelab up and is not in this output "
			"yet",
			operand);
	rx_view_forecast_free(&view);
	return rc;
}

static int from_running(const struct env_options *opt, const char *operand, struct rx_err *err)
{
	rx_env_format *print = format_of(opt->format);
	const struct rx_node_view *node = NULL;
	struct rx_view view;
	int rc = rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE, "env", err);

	if (rc)
		return rc;
	rc = strchr(operand, '/') ? rx_view_open_endpoint(operand, &view, &node, err)
				  : rx_view_open(operand, &view, err);
	if (rc)
		return rc;
	rc = print(&view, node, stdout, err);
	rx_view_close(&view);
	return rc;
}

static int env_run(struct rx_invocation *inv, struct rx_err *err)
{
	struct env_options *opt = inv->options;

	return opt->has_lab ? from_file(opt, inv->operands[0], err)
			    : from_running(opt, inv->operands[0], err);
}

const struct rx_command rx_command_env = {
	.name = "env",
	.synopsis = "NAME/ENDPOINT [--format shell|json|lxc|podman|cdi|udev] [-f LAB.yaml]\n"
		    "NAME --format hostfile [-f LAB.yaml]",
	.summary = "what programs and containers must be told about an endpoint",
	.options = options,
	.options_size = sizeof(struct env_options),
	.min_operands = 1,
	.max_operands = 1,
	.prepare = env_prepare,
	.run = env_run,
};
