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
	return rc ? rx_fail_as(err, "output-write", -rc,
			       "lab %s: cannot write its lab file to standard output",
			       inv->operands[0])
		  : RX_OK;
}

const struct rx_command rx_command_save = {
	.name = "save",
	.synopsis = "NAME",
	.summary = "the lab file that would make this lab again",
	.description = "Prints a lab file for a running lab, whether it was made from a file or "
		       "from options. Topologies are\n"
		       "written out, addresses are named one by one, and what has its default "
		       "value is left out; see\n"
		       "rxelab-lab(5). \"rxelab up\" with this file gives the same addresses, MACs "
		       "and names.",
	.examples = "rxelab save quad >quad.yaml\tkeep what the options made",
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = rx_prepare_lab,
	.run = run,
};
