/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab verify: are the endpoints independent, and does every pair of them talk? */
#include <errno.h>
#include <string.h>

#include "../netns/cleanup.h"
#include "command.h"
#include "output.h"
#include "verbs/verify.h"

struct options {
	const char *pairs, *tests, *format, *output;
	double timeout;
};

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	bool selected[RX_MAX_TESTS];
	int rc = rx_pairs_judge(opt->pairs, err);

	return rc ? rc : rx_verify_select(opt->tests, selected, err);
}

static int report(const struct rx_verify *v, const struct options *opt, struct rx_err *err)
{
	static const struct {
		const char *name;
		int (*write)(const struct rx_verify *v, FILE *out);
	} formats[] = {
		{"table", rx_report_table}, {"json", rx_report_json}, {"tap", rx_report_tap}, {"junit", rx_report_junit},
	};
	const char *format = opt->format ? opt->format : "table";
	rx_autofile FILE *file = opt->output ? fopen(opt->output, "we") : NULL;
	size_t i;
	int rc = 0;

	if (opt->output && !file)
		return rx_fail(err, errno, "%s: cannot write the results there: %s", opt->output, strerror(errno));
	rx_progress_clear();
	for (i = 0; i < RX_ARRAY_SIZE(formats); i++)
		if (!strcmp(format, formats[i].name))
			rc = formats[i].write(v, file ? file : stdout);
	if (file && (rc || fflush(file)))
		return rx_fail(err, errno, "%s: the results could not be written: %s", opt->output, strerror(errno));
	return rc < 0 ? rx_fail(err, -rc, "the results could not be written: %s", strerror(-rc)) : 0;
}

static int conclude(const struct rx_verify *v, const struct options *opt, int rc)
{
	if (rc == -ETIME) {
		rx_note("verify %s: the limit of %g s has passed; what was found until then is above", v->view->lab.name,
			opt->timeout);
		return RX_TIMEOUT;
	}
	if (v->results.count[RX_FAIL])
		return RX_FAILED;
	return v->results.count[RX_PASS] ? RX_OK : RX_CANNOT;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	double started = rx_now();
	struct rx_verify v = {0};
	struct rx_view view;
	int rc = rx_view_open(inv->operands[0], &view, err), reported;

	if (rc)
		return rc;
	v.view = &view;
	v.deadline = opt->timeout > 0 ? started + opt->timeout : 0;
	rx_results_init(&v.results);
	rc = rx_verify_select(opt->tests, v.selected, err);
	if (!rc)
		rc = rx_pairs_make(opt->pairs, &view, &v.pairs, err);
	if (!rc)
		rc = rx_verify_run(&v, err);
	if (!rc || rc == -ETIME) {
		reported = report(&v, opt, err);
		rc = reported ? reported : conclude(&v, opt, rc);
	}
	rx_fabric_close(&v.fabric);
	rx_pairs_free(&v.pairs);
	rx_results_free(&v.results);
	rx_view_close(&view);
	return rc;
}

static const struct rx_option options[] = {
	{"pairs", 0, RX_OPT_STRING, offsetof(struct options, pairs), "all|ring|star|random:K|A:B,...", NULL,
	 "which endpoints talk; A:B is one direction, the others are both"},
	{"tests", 0, RX_OPT_STRING, offsetof(struct options, tests), "LIST|all|negative", NULL,
	 "names joined by commas; negative provokes errors and is not part of all"},
	{"format", 0, RX_OPT_CHOICE, offsetof(struct options, format), NULL, "table|json|tap|junit", "how to print"},
	RX_OPTION_JSON(struct options, format),
	{"output", 'o', RX_OPT_STRING, offsetof(struct options, output), "FILE", NULL,
	 "write the results there instead of to standard output"},
	{"timeout", 0, RX_OPT_SECONDS, offsetof(struct options, timeout), "S", NULL,
	 "limit of the whole command; when it passes the exit status is 124"},
	{NULL},
};

const struct rx_command rx_command_verify = {
	.name = "verify",
	.synopsis = "NAME [--pairs all|ring|star|random:K|A:B,...] [--tests LIST|all|negative]\n"
		    "NAME [--format table|json|tap|junit] [-o FILE] [--timeout S]",
	.summary = "prove that the endpoints are independent and that every pair of them talks",
	.description = "Looks at the lab (GIDs, ports, MTU, sockets, whatever differs from what was made), then moves "
		       "pseudo-random data between the endpoints by verbs and compares every byte. What fails is repeated "
		       "once, alone, before it is called failed, and the detail names the culprit. With more than eight "
		       "endpoints the wider tests take the ring unless --pairs is given. The exit status is 0 when nothing "
		       "failed, 1 when something did, 4 when everything was skipped. The tests are described in "
		       "docs/verify.md.",
	.examples = "rxelab verify quad\teverything, every pair\n"
		    "rxelab verify quad --tests rc-send --pairs ep1:ep2\tone test in one direction\n"
		    "rxelab verify quad --tests negative\tprovoke errors and see that they are the right ones\n"
		    "rxelab verify quad --format junit -o verify.xml\tfor a CI system",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
