/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/command.h"
#include "tools/lab/view-output.h"

struct options {
	const char *format;
	bool wide;
};

static const struct rx_option options[] = {
	RX_WIDE,
	RX_FORMAT("table|json", "how to print it"),
	{NULL},
};

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;

	return rx_view_show(inv->operands[0], o->format, o->wide, err);
}

const struct rx_command rx_command_inspect = {
	.name = "inspect",
	.synopsis = "NAME [OPTION...]",
	.summary = "show a lab as the kernel has it now",
	.options = options,
	.options_size = sizeof(struct options),
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.min_operands = 1,
	.max_operands = 1,
	.prepare = rx_prepare_lab,
	.run = run,
};
