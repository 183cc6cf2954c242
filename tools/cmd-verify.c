/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab verify: are the endpoints independent, and does every pair of them talk? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/report/report-file.h"
#include "tools/verify/remote/remote.h"
#include "tools/verify/verify.h"

struct options {
	const char *pairs, *network, *tests, *format, *output;
	double timeout, wait;
	struct rx_strings remote;
	const char *listen;
	bool serve, once;
};

#define WAIT 10.0 /* seconds for a responder to listen */

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	bool selected[RX_MAX_TESTS];
	int rc = rx_pairs_judge(opt->pairs, err);

	if (opt->serve && (opt->remote.n || opt->pairs || opt->network || opt->tests ||
			   opt->format || opt->output))
		return rx_usage(err, "option-combination",
				"verify: --serve answers what a prover on another host asks for; "
				"--pairs, --network, --tests, --format, -o and --remote belong to "
				"the prover");
	if (!opt->serve && (opt->listen || opt->once))
		return rx_usage(err, "option-combination", "verify: --%s needs --serve",
				opt->listen ? "listen" : "once");
	if (opt->wait && !opt->remote.n)
		return rx_usage(err, "option-combination", "verify: --wait needs --remote");
	if (!rc && opt->listen)
		rc = rx_wire_judge("listen", opt->listen, err);
	for (size_t i = 0; i < opt->remote.n && !rc; i++)
		rc = rx_wire_judge("remote", opt->remote.item[i], err);
	if (rc)
		return rc;
	return rx_verify_select(opt->tests, selected, err);
}

static int write_results(const struct rx_verify *v, const struct options *opt, FILE *out)
{
	static const struct {
		const char *name;
		int (*write)(const struct rx_verify *v, FILE *out);
	} formats[] = {
		{"table", rx_verify_table},
		{"json", rx_verify_json},
		{"tap", rx_verify_tap},
		{"junit", rx_verify_junit},
	};
	int rc = 0;

	for (size_t i = 0; i < RX_ARRAY_SIZE(formats); i++)
		if (!strcmp(opt->format ? opt->format : "table", formats[i].name))
			rc = formats[i].write(v, out);
	return fflush(out) ? -EIO : rc;
}

/* Where the results cannot be written, as on a full disk, they go to standard output, and half a
 * report is not left in their place. */
static int report(struct rx_verify *v, const struct options *opt, FILE *out, struct rx_err *err)
{
	bool bad = write_results(v, opt, out);
	struct rx_err ignored;

	if (bad && out != stdout) {
		int code = errno;

		snprintf(v->cut, sizeof(v->cut), "%s could not be written: %s", opt->output,
			 strerror(code));
		write_results(v, opt, stdout);
		if (ftruncate(fileno(out), 0))
			rx_warn("%s: half a report is left there: %s", opt->output,
				strerror(errno));
		rx_report_close(out, opt->output, &ignored);
		return rx_fail(err, "output-write", code,
			       "%s: the results could not be written: %s; they are on standard "
			       "output",
			       opt->output, strerror(code));
	}
	return rx_report_close(out, opt->output, err);
}

/* The exit status of a run that came to its end, or was stopped (rc). */
static int conclude(const struct rx_verify *v, int rc)
{
	if (v->cut[0])
		rx_note("verify %s: %s; the results so far are shown above", v->view->lab.name,
			v->cut);
	if (rc == -EINTR)
		return 128 + rx_stopped;
	if (rc == -ETIME)
		return RX_TIMEOUT;
	if (v->results.count[RX_FAIL])
		return RX_FAILED;
	return v->results.count[RX_PASS] ? RX_OK : RX_CANNOT;
}

static int choose_pairs(struct rx_verify *v, const struct options *opt, struct rx_err *err)
{
	unsigned network;
	int rc = rx_pairs_make(opt->pairs, v->view, &v->pairs, err);

	if (!rc)
		rc = rx_pairs_network(opt->network, v->view, &network, err);
	if (!rc)
		rx_pairs_spread(&v->pairs, v->view, network);
	return rc;
}

/* Prove the pairs of v->view, here or (own: this host's part of it) across hosts, and report. */
static int prove(struct rx_verify *v, const struct rx_view *own, const struct options *opt,
		 FILE *out, struct rx_err *err)
{
	const struct rx_prove remote = {.remotes = &opt->remote,
					.wait = opt->wait > 0 ? opt->wait : WAIT};
	int rc = choose_pairs(v, opt, err);

	rx_results_init(&v->results);
	if (!rc)
		rc = own ? rx_remote_prove(v, own, &remote, err) : rx_verify_run(v, err);
	if (rc == -ETIME)
		snprintf(v->cut, sizeof(v->cut), "time limit of %g s reached", opt->timeout);
	if (!rc || v->cut[0]) {
		struct rx_err unwritten;
		int reported = report(v, opt, out, &unwritten);

		if (reported && (!rc || rc == -ETIME || rc == -EINTR))
			*err = unwritten;
		if (!rc || rc == -ETIME || rc == -EINTR)
			rc = reported ? reported : conclude(v, rc);
	}
	rx_fabric_close(&v->fabric);
	rx_pairs_free(&v->pairs);
	rx_results_free(&v->results);
	return rc;
}

static int run_hosts(struct rx_verify *v, const struct options *opt, FILE *out, struct rx_err *err)
{
	const struct rx_view *own = v->view;
	struct rx_serve serve = {.lab = own->lab.name,
				 .address = opt->listen,
				 .once = opt->once,
				 .deadline = v->until.deadline,
				 .stop = &rx_stopped};
	struct rx_view whole;
	int rc = rx_view_look(v->view, err);

	if (rc)
		return rc;
	if (own->lab.hosts < 2)
		return rx_fail(err, "lab-one-host", EINVAL,
			       "lab %s is on this host alone; make the share of each of N hosts "
			       "with: rxelab up LAB.yaml --host I/N",
			       own->lab.name);
	if (opt->serve)
		return rx_remote_serve(&serve, err);
	rx_remote_whole(own, &whole);
	v->view = &whole;
	rc = prove(v, own, opt, out, err);
	free(whole.nodes);
	return rc;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	struct rx_view view;
	struct rx_verify v = {.view = &view,
			      .until = {.signal = &rx_stopped,
					.deadline = rx_deadline(opt->timeout)}};
	FILE *out = rx_report_open(opt->output, err);
	int rc;

	if (!out)
		return -err->code;
	rx_stop_catch();
	rc = rx_verify_select(opt->tests, v.selected, err);
	if (!rc)
		rc = rx_verify_view(inv->operands[0], v.selected, &view, err);
	if (rc)
		return rc;
	rc = opt->serve || opt->remote.n ? run_hosts(&v, opt, out, err)
					 : prove(&v, NULL, opt, out, err);
	rx_view_close(&view);
	return rc;
}

static const struct rx_option options[] = {
	{"pairs", 0, RX_OPT_STRING, offsetof(struct options, pairs),
	 "all|ring|star|random:K|A:B,...", NULL,
	 "which endpoints talk; A:B is one direction, the others are both"},
	{"network", 0, RX_OPT_STRING, offsetof(struct options, network), "NAME", NULL,
	 "only over this network of the lab; otherwise over every one that two endpoints share"},
	{"tests", 0, RX_OPT_STRING, offsetof(struct options, tests), "LIST|all|negative", NULL,
	 "names joined by commas; negative provokes errors and is not part of all"},
	{"format", 0, RX_OPT_CHOICE, offsetof(struct options, format), NULL, "table|json|tap|junit",
	 "how to print"},
	RX_OPTION_JSON(struct options, format),
	{"output", 'o', RX_OPT_STRING, offsetof(struct options, output), "FILE", NULL,
	 "write the results there instead of to standard output"},
	{"timeout", 't', RX_OPT_SECONDS, offsetof(struct options, timeout), "S", NULL,
	 "limit of the whole command; when it passes the exit status is 124"},
	{"remote", 0, RX_OPT_LIST, offsetof(struct options, remote), "HOST[:PORT]", NULL,
	 "prove the pairs with the endpoints of that host, where verify --serve runs; may be given "
	 "several times"},
	{"wait", 0, RX_OPT_SECONDS, offsetof(struct options, wait), "S", NULL,
	 "with --remote: wait so long for it to listen (default 10)"},
	{"serve", 0, RX_OPT_FLAG, offsetof(struct options, serve), NULL, NULL,
	 "answer provers on other hosts until interrupted"},
	{"listen", 0, RX_OPT_STRING, offsetof(struct options, listen), "ADDRESS[:PORT]", NULL,
	 "with --serve: where (default: every address, port " RX_WIRE_PORT ")"},
	{"once", 0, RX_OPT_FLAG, offsetof(struct options, once), NULL, NULL,
	 "with --serve: end after one prover, with status 0 if it found nothing failed"},
	{NULL},
};

const struct rx_command rx_command_verify = {
	.name = "verify",
	.synopsis = "NAME [--pairs all|ring|star|random:K|A:B,...] [--network NAME]\n"
		    "NAME [--tests LIST|all|negative]\n"
		    "NAME [--format table|json|tap|junit] [-o FILE] [--timeout S]\n"
		    "NAME --remote HOST[:PORT]... [--wait S] [OPTION...]\n"
		    "NAME --serve [--listen ADDRESS[:PORT]] [--once] [--timeout S]",
	.summary = "prove that the endpoints are independent and that every pair of them talks",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
