/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/list.h"
#include "tools/cli/guess.h"
#include "tools/cli/output.h"
#include "tools/lab/holders.h"
#include "tools/lab/steps.h"

struct options {
	bool all, kill;
	double timeout;
	const char *format;
};

static const struct rx_option options[] = {
	RX_FLAG("all", 'a', all, "every lab of this host"),
	RX_FLAG("kill", 'k', kill, "end the programs in the namespaces of the lab first"),
	RX_SECONDS("timeout", 't', timeout,
		   "wait S seconds for a program that keeps a device (default: 5)"),
	RX_OPTION_JSON(struct options, format),
	{NULL},
};

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	size_t i;

	if (o->all == (inv->n_operands > 0))
		return rx_usage(err, "operand-missing",
				o->all ? "down: --all takes no names"
				       : "down: which lab? give its name, or --all");
	for (i = 0; i < inv->n_operands; i++)
		if (rx_guess_lab(inv->command, inv->operands[i], err))
			return -err->code;
	return 0;
}

/* Of one that could not be taken down, problem says why. */
static void tell(json_t *labs, const char *name, const struct rx_err *problem)
{
	json_array_append_new(labs, json_pack("{s:s,s:s,s:o,s:o}", "lab", name, "status",
					      problem ? "fail" : "pass", "id",
					      rx_json_string(problem ? problem->id : NULL), "error",
					      rx_json_string(problem ? problem->text : NULL)));
}

/* Goes on after a failure, so that one stubborn lab does not keep the others up; the last failure
 * is returned. */
static int down_each(const struct options *o, char **names, size_t n, struct rx_err *err)
{
	double seconds = o->timeout > 0 ? o->timeout : RX_HOLDERS_WAIT;
	struct rx_err problem = {0};
	json_t *labs = json_array();
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		bool failed = rx_lab_down(names[i], o->kill, seconds, &problem);

		tell(labs, names[i], failed ? &problem : NULL);
		if (!failed) {
			rx_note("lab %s is down", names[i]);
			continue;
		}
		if (rc)
			rx_note("%s", err->text);
		*err = problem;
		rc = -problem.code;
	}
	if (o->format)
		rx_json_print(json_pack("{s:O}", "labs", labs), stdout);
	json_decref(labs);
	return rc;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	char **names;
	size_t n;
	int rc;

	if (!o->all)
		return down_each(o, inv->operands, inv->n_operands, err);
	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	rc = down_each(o, names, n, err);
	rx_names_free(names);
	return rc;
}

const struct rx_command rx_command_down = {
	.name = "down",
	.synopsis = "NAME... [OPTION...]\n--all [OPTION...]",
	.summary = "take labs down without a trace",
	.options = options,
	.options_size = sizeof(struct options),
	.max_operands = 1000,
	.needs = RX_NEEDS_ROOT | RX_DROPS_REST,
	.prepare = prepare,
	.run = run,
};
