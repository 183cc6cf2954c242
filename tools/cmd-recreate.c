/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/command.h"
#include "tools/lab/steps.h"
#include "tools/lab/view-output.h"

struct options {
	const char *format;
	bool wide;
	double timeout;
};

static const struct rx_option options[] = {
	RX_SECONDS("timeout", 't', timeout, "give up after S seconds"),
	RX_WIDE,
	RX_FORMAT("table|json", "how to print the lab"),
	{NULL},
};

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	struct rx_lab lab = {{0}};
	struct rx_up_request request = {.lab = &lab, .replace = true, .timeout = o->timeout};
	int rc = rx_lab_stored(inv->operands[0], &lab, err);

	if (!rc)
		rc = rx_lab_up(&request, err);
	rx_lab_free(&lab);
	return rc ? rc : rx_view_show(inv->operands[0], o->format, o->wide, err);
}

const struct rx_command rx_command_recreate = {
	.name = "recreate",
	.synopsis = "NAME [OPTION...]",
	.summary = "take a lab down and make it again, with the same addresses and MACs",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE | RX_DROPS_REST,
	.prepare = rx_prepare_lab,
	.run = run,
};
