/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"

struct options {
	const char *format;
};

static const struct rx_option options[] = {RX_OPTION_JSON(struct options, format), {NULL}};

static int print_json(const struct rx_lab *lab)
{
	rx_autofree char *text = NULL;
	FILE *out = rx_text_stream(&text);
	int rc = rx_lab_write(lab, out);

	fclose(out);
	return rc ? rc
		  : rx_json_print(json_pack("{s:s,s:s}", "lab", lab->name, "file", text), stdout);
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	struct rx_view view;
	int rc;

	if (rx_view_open(inv->operands[0], &view, err))
		return -err->code;
	rc = o->format ? print_json(&view.lab) : rx_lab_write(&view.lab, stdout);
	rx_view_close(&view);
	return rc ? rx_fail(err, "output-write", -rc,
			    "lab %s: cannot write its lab file to standard output",
			    inv->operands[0])
		  : RX_OK;
}

const struct rx_command rx_command_save = {
	.name = "save",
	.synopsis = "NAME [--json]",
	.summary = "print a lab file that recreates this lab",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = rx_prepare_lab,
	.run = run,
};
