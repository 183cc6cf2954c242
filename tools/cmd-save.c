/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/view/view.h"
#include "tools/cli/command.h"

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct rx_view view;
	int rc;

	if (rx_view_open(inv->operands[0], &view, err))
		return -err->code;
	rc = rx_lab_write(&view.lab, stdout);
	rx_view_close(&view);
	return rc ? rx_fail(err, "output-write", -rc,
			    "lab %s: cannot write its lab file to standard output",
			    inv->operands[0])
		  : RX_OK;
}

const struct rx_command rx_command_save = {
	.name = "save",
	.synopsis = "NAME",
	.summary = "print a lab file that recreates this lab",
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = rx_prepare_lab,
	.run = run,
};
