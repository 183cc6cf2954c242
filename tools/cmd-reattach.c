/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints follow their containers: started again, ended. Once, from a hook, or for as long as it
 * runs. */
#include <errno.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/ledger/list.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/attach.h"
#include "tools/lab/steps.h"

#define LOOK_EVERY 1000 /* milliseconds */

struct options {
	bool watch, all, hook;
	const char *format;
};

static const struct rx_option options[] = {
	RX_FLAG("watch", 'w', watch,
		"stay, and follow containers that end or start until a signal comes"),
	RX_FLAG("all", 'a', all, "every lab of this host"),
	RX_OPTION(REST, "hook", 0, hook, NULL, NULL,
		  "for a container's hook: a failure is said and ends with 0; the words behind it, "
		  "from LXC, do not count"),
	RX_OPTION_JSON(struct options, format),
	{NULL},
};

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	char lab[64] = "";

	if (o->all == (inv->n_operands > 0))
		return rx_usage(err, "operand-missing",
				o->all ? "reattach: --all takes no names"
				       : "reattach: which lab? give its name, NAME/ENDPOINT, or "
					 "--all");
	if (o->watch && o->format)
		return rx_usage(err, "option-combination",
				"reattach: --watch has no end, and so nothing for --json");
	if (inv->n_rest && !o->hook)
		return rx_usage(err, "operand-extra",
				"reattach: no command goes with it; only --hook takes words behind "
				"it");
	if (o->all)
		return 0;
	snprintf(lab, sizeof(lab), "%.*s", (int)strcspn(inv->operands[0], "/"), inv->operands[0]);
	return rx_ledger_check_name(lab, err);
}

/* Labs without containers are nobody's fault here. */
static int reattach_all(bool only_astray, struct rx_err *err)
{
	struct rx_err problem = {0};
	char **names;
	size_t n, i;
	int rc = 0;

	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	for (i = 0; i < n; i++) {
		if (only_astray && !rx_lab_astray(names[i]))
			continue;
		if (rx_lab_reattach(names[i], NULL, only_astray, &problem) &&
		    problem.code != ENOENT) {
			*err = problem;
			rc = -problem.code;
		} else if (only_astray) {
			rx_note("lab %s: its endpoints follow their containers", names[i]);
		}
	}
	rx_names_free(names);
	return rc;
}

static int reattach_one(const char *operand, bool only_astray, struct rx_err *err)
{
	const char *slash = strchr(operand, '/');
	char lab[64];

	snprintf(lab, sizeof(lab), "%.*s", (int)strcspn(operand, "/"), operand);
	if (only_astray && !rx_lab_astray(lab))
		return 0;
	return rx_lab_reattach(lab, slash ? slash + 1 : NULL, only_astray, err);
}

static int once(const struct rx_invocation *inv, bool only_astray, struct rx_err *err)
{
	const struct options *o = inv->options;

	return o->all ? reattach_all(only_astray, err)
		      : reattach_one(inv->operands[0], only_astray, err);
}

/* A failure (a container that ends while it is being attached) is said once, and tried again. */
static int watch(const struct rx_invocation *inv)
{
	struct rx_err err, said = {0};

	rx_lab_catch_signals();
	while (!rx_stopped) {
		err = (struct rx_err){0};
		if (once(inv, true, &err) && !rx_stopped && strcmp(err.text, said.text))
			rx_warn("%s", err.text);
		said = err;
		rx_wait_ms(LOOK_EVERY);
	}
	return 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;

	if (o->watch)
		return watch(inv);
	if (!once(inv, false, err)) {
		if (o->format)
			rx_json_print(json_pack("{s:o,s:s}", "lab",
						rx_json_string(o->all ? NULL : inv->operands[0]),
						"status", "pass"),
				      stdout);
		return 0;
	}
	if (!o->hook)
		return -err->code;
	/* LXC gives a start up when a hook fails, and a container is more than its endpoint */
	rx_warn("%s", err->text);
	return 0;
}

const struct rx_command rx_command_reattach = {
	.name = "reattach",
	.synopsis = "NAME | NAME/ENDPOINT | --all [--watch] [--hook]",
	.summary = "let endpoints follow containers that ended or were started again",
	.options = options,
	.options_size = sizeof(struct options),
	.max_operands = 1,
	.takes_rest = true,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE | RX_DROPS_REST,
	.prepare = prepare,
	.run = run,
};
