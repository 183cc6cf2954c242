/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab bench: how fast, by RDMA and by TCP over the same way? */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/bench/expect.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/report/report-file.h"

struct options {
	const char *pairs, *pattern, *network, *tests, *transport, *sizes, *cpu, *format, *output,
		*plot, *with, *poll, *histograms, *expect, *baseline;
	unsigned depth, iterations, repeats, rate;
	double duration, interval, timeout, at;
	struct rx_event event; /* prepare() makes it of --at and its word */
	bool concurrent, compare_links, check;
};

static bool is_incast(const char *pattern)
{
	return !strncmp(pattern, "incast:", 7);
}

static int judge_pattern(const struct options *opt, struct rx_err *err)
{
	const char *text = opt->pattern;
	char *end = NULL;

	if (!text || !strcmp(text, "all-to-all") || !strcmp(text, "permutation"))
		return 0;
	if (is_incast(text) && text[7] >= '1' && text[7] <= '9')
		strtoul(text + 7, &end, 10);
	return end && !*end
		       ? 0
		       : rx_usage(err, "option-value",
				  "--pattern: \"%s\" is not incast:N, all-to-all or permutation",
				  text);
}

static int read_parameters(const struct options *opt, struct rx_bench_parameters *p,
			   struct rx_err *err)
{
	int rc;

	memset(p, 0, sizeof(*p));
	if (opt->duration > 0 && opt->iterations)
		return rx_usage(err, "option-combination",
				"bench: --duration and --iterations exclude each other");
	for (p->transport = RX_RC; opt->transport; p->transport++)
		if (!strcasecmp(opt->transport, rx_transport_name(p->transport)))
			break;
	p->depth = opt->depth ? opt->depth : 64;
	if (p->depth > 4096)
		return rx_usage(err, "option-value", "--depth: %u is above 4096", p->depth);
	p->iterations = opt->iterations;
	p->duration = opt->iterations ? 0 : opt->duration > 0 ? opt->duration : 1;
	p->interval = opt->interval;
	if (p->interval > 0 && fabs(p->interval * 10 - round(p->interval * 10)) > 1e-6)
		return rx_usage(err, "option-value", "--interval: %g is no multiple of 0.1 seconds",
				p->interval);
	p->repeats = opt->repeats ? opt->repeats : 1;
	p->concurrent = opt->concurrent || opt->pattern;
	p->perftest = opt->with;
	p->busy = opt->poll && !strcmp(opt->poll, "busy");
	p->compare_links = opt->compare_links;
	p->check = opt->check;
	p->rate = opt->rate;
	if (p->perftest && (p->check || p->rate))
		return rx_usage(err, "option-combination",
				"bench: perftest has nothing like --check and --rate; leave --with "
				"perftest out");
	if (opt->pattern && (opt->pairs || opt->compare_links))
		return rx_usage(err, "option-combination",
				"bench: --pattern chooses the pairs itself and goes with neither "
				"--pairs nor --compare-links");
	if (p->concurrent && p->perftest)
		return rx_usage(err, "option-combination",
				"bench: --with perftest runs one pair after the other, and so does "
				"not go with --concurrent and --pattern");
	if (p->perftest && p->duration != (double)(int)p->duration)
		return rx_usage(err, "option-combination",
				"bench: perftest knows whole seconds only: --duration %g",
				p->duration);
	if (p->compare_links && (opt->pairs || opt->concurrent || opt->with || opt->network))
		return rx_usage(err, "option-combination",
				"bench: --compare-links chooses the pairs itself and goes with "
				"none of --pairs, --concurrent, --with and --network");
	rc = rx_bench_select(opt->tests, p->selected, err);
	if (!rc)
		rc = rx_bench_sizes(opt->sizes, p, err);
	if (!rc)
		rc = rx_expect_judge(opt->expect, p, err);
	if (!rc)
		rc = judge_pattern(opt, err);
	return rc ? rc : rx_bench_cpus(opt->cpu, p, err);
}

/* The word behind --at is an operand, wherever the lab's name stands. */
static int take_event(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *opt = inv->options;
	size_t at = inv->n_operands == 2 && !strncmp(inv->operands[0], "impair ", 7) ? 0 : 1;
	char *word = inv->n_operands == 2 ? inv->operands[at] : NULL;

	if (!opt->at)
		return word ? rx_usage(err, "operand-extra",
				       "bench: unexpected \"%s\"; see rxelab bench -h", word)
			    : 0;
	if (!word)
		return rx_usage(err, "operand-missing",
				"bench: --at needs what is to happen: --at 3s 'impair ep2 "
				"loss=5%%'");
	if (opt->with || opt->compare_links)
		return rx_usage(err, "option-combination",
				"bench: --at goes with neither --with nor --compare-links");
	if (opt->at >= (opt->duration > 0 ? opt->duration : 1) && !opt->iterations)
		return rx_usage(err, "option-value",
				"--at: %g s is not within --duration, the %g s that are measured",
				opt->at, opt->duration > 0 ? opt->duration : 1);
	inv->operands[0] = inv->operands[1 - at];
	return rx_event_read(opt->at, word, &opt->event, err);
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	struct rx_bench_parameters p;
	int rc = rx_pairs_judge(opt->pairs, err);

	if (!rc && opt->plot && strchr(opt->plot, '\''))
		return rx_usage(err, "file-name", "--plot: %s: a quote in the name of the file",
				opt->plot);
	if (!rc && opt->baseline) {
		json_t *earlier = rx_baseline_load(opt->baseline, err);

		rc = earlier ? 0 : -err->code;
		json_decref(earlier);
	}
	if (!rc)
		rc = take_event(inv, err);
	return rc ? rc : read_parameters(opt, &p, err);
}

/* incast:N: the endpoints behind the first send to it; permutation: each to the next. */
static char *pattern_pairs(const char *pattern, const struct rx_view *view)
{
	size_t n = view->n_endpoints, i;
	unsigned long senders = is_incast(pattern) ? strtoul(pattern + 7, NULL, 10) : 0;
	char *text = NULL;
	FILE *out = rx_text_stream(&text);

	if (!strcmp(pattern, "all-to-all"))
		fputs("all", out);
	for (i = 0; !strcmp(pattern, "permutation") && i < n; i++)
		fprintf(out, "%s%s:%s", i ? "," : "", view->nodes[i].want->name,
			view->nodes[(i + 1) % n].want->name);
	for (i = 1; i <= senders && i < n; i++)
		fprintf(out, "%s%s:%s", i > 1 ? "," : "", view->nodes[i].want->name,
			view->nodes[0].want->name);
	fclose(out);
	return text;
}

/* Without --pairs and --pattern: the first endpoint to the second. */
static int choose_pairs(const struct options *opt, const struct rx_view *view,
			struct rx_pairs *pairs, struct rx_err *err)
{
	char first[2 * RX_NODE_NAME_MAX + 2];
	rx_autofree char *pattern = opt->pattern ? pattern_pairs(opt->pattern, view) : NULL;

	if (view->n_endpoints < 2)
		return rx_cannot(err, "endpoint-count", EINVAL,
				 "lab %s has one endpoint; bench needs two", view->lab.name);
	if (opt->pattern && is_incast(opt->pattern) &&
	    strtoul(opt->pattern + 7, NULL, 10) >= view->n_endpoints)
		return rx_fail(err, "endpoint-count", EINVAL,
			       "--pattern: %s needs a receiver beside its senders; lab %s has %zu "
			       "endpoints",
			       opt->pattern, view->lab.name, view->n_endpoints);
	if (opt->pairs || pattern)
		return rx_pairs_make(pattern ? pattern : opt->pairs, view, pairs, err);
	snprintf(first, sizeof(first), "%s:%s", view->nodes[0].want->name,
		 view->nodes[1].want->name);
	return rx_pairs_make(first, view, pairs, err);
}

static int report(const struct rx_bench *bench, const struct options *opt, FILE *out,
		  struct rx_err *err)
{
	const char *format = opt->format ? opt->format : "table";
	int rc;

	rx_progress_clear();
	if (!strcmp(format, "json"))
		rx_bench_json(bench, out);
	else if (!strcmp(format, "csv"))
		rx_bench_csv(bench, out);
	else
		rx_bench_table(bench, out);
	rc = rx_report_close(out, opt->output, err);
	if (!rc && opt->histograms)
		rc = rx_bench_histograms(bench, opt->histograms, err);
	return rc || !opt->plot ? rc : rx_bench_plot(bench, opt->plot, err);
}

/* A processor that is not there or not allowed would not be used, and nobody told. */
static int judge_cpus(const struct rx_bench_parameters *p, struct rx_err *err)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (p->n_cpus && sched_getaffinity(0, sizeof(set), &set))
		return rx_fail(err, "cpu-unavailable", errno,
			       "--cpu: the kernel does not say which processors there are: %s",
			       strerror(errno));
	for (unsigned i = 0; i < p->n_cpus; i++)
		if (!CPU_ISSET((size_t)p->cpus[i], &set))
			return rx_fail(err, "cpu-unavailable", EINVAL,
				       "--cpu: this program may not run on processor %d; there "
				       "are %d for it",
				       p->cpus[i], CPU_COUNT(&set));
	return 0;
}

static int conclude(const struct rx_bench *bench, const struct options *opt, const json_t *earlier)
{
	size_t i, passed = 0, failed = rx_expect_count(opt->expect, bench);
	unsigned worse = earlier ? rx_baseline_count(earlier, bench) : 0;

	for (i = 0; i < bench->n; i++) {
		passed += !strcmp(bench->record[i].status, "pass");
		failed += !strcmp(bench->record[i].status, "fail");
	}
	if (bench->cut[0]) {
		rx_note("bench %s: %s; the results so far are shown above", bench->view->lab.name,
			bench->cut);
		return rx_stopped ? 128 + rx_stopped : RX_TIMEOUT;
	}
	return failed || worse ? RX_FAILED : passed ? RX_OK : RX_CANNOT;
}

static int measure(struct rx_invocation *inv, const json_t *earlier, struct rx_err *err)
{
	const struct options *opt = inv->options;
	struct rx_view view;
	struct rx_bench bench = {.view = &view,
				 .deadline = rx_deadline(opt->timeout),
				 .signal = &rx_stopped,
				 .pattern = opt->pattern,
				 .event = opt->event};
	FILE *out = NULL;
	int rc, verdict;

	rx_stop_catch();
	rc = rx_view_open_to(inv->operands[0], RX_VIEW_WITHOUT_GIDS, &view, err);
	if (rc)
		return rc;
	rc = read_parameters(opt, &bench.p, err);
	if (!rc)
		rc = judge_cpus(&bench.p, err);
	if (!rc)
		rc = rx_pairs_network(opt->network, &view, &bench.network, err);
	if (!rc)
		rc = choose_pairs(opt, &view, &bench.pairs, err);
	if (!rc)
		rc = rx_event_judge(&opt->event, &view, err);
	if (!rc && opt->histograms)
		rc = rx_bench_histograms_folder(opt->histograms, err);
	/* before anything is sent; a mistyped name has not emptied the file by then */
	if (!rc && !(out = rx_report_open(opt->output, err)))
		rc = -err->code;
	if (!rc)
		rc = rx_bench_run(&bench, err);
	if (!rc) {
		rc = report(&bench, opt, out, err);
		verdict = conclude(&bench, opt, earlier);
		/* a drawing that failed does not hide what the figures say */
		if (rc && verdict)
			rx_note("%s", err->text);
		rc = verdict ? verdict : rc;
	}
	rx_fabric_close(&bench.fabric);
	rx_pairs_free(&bench.pairs);
	rx_bench_free(&bench);
	rx_view_close(&view);
	return rc;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	/* before --output, which may be the same file */
	json_t *earlier = opt->baseline ? rx_baseline_load(opt->baseline, err) : NULL;
	int rc = opt->baseline && !earlier ? -err->code : measure(inv, earlier, err);

	json_decref(earlier);
	return rc;
}

static const struct rx_option options[] = {
	RX_STRING("pairs", 0, pairs, "all|ring|star|random:K|A:B,...",
		  "which endpoints; A:B is one direction; without it the first to the second"),
	RX_STRING("pattern", 0, pattern, "incast:N|all-to-all|permutation",
		  "N endpoints to the first, all to all, or each to the next; all at once"),
	RX_STRING("network", 0, network, "NAME",
		  "over this network of the lab, without it over the first that two share"),
	RX_STRING("tests", 0, tests, "LIST|all",
		  "{send,write,read,atomic}-{bw,lat}, tcp-bw, tcp-lat; without it "
		  "write-bw,tcp-bw,send-lat,tcp-lat"),
	RX_CHOICE("transport", transport, "rc|uc|ud", "of the RDMA tests"),
	RX_STRING("sizes", 0, sizes, "LIST",
		  "bytes, 2 to 8M: 64,4k,1M or 2-64k (powers of two); without it 64,4k,64k,1M"),
	RX_UINT("depth", 0, depth, "N", "requests in flight, 64 without it"),
	RX_STRING("cpu", 0, cpu, "LIST",
		  "processors of sender and receiver (0,1), taken in turn by several pairs"),
	RX_FLAG("concurrent", 0, concurrent, "all pairs at once"),
	RX_CHOICE("poll", poll, "busy|yield",
		  "while a completion is waited for: keep the processor, as perftest does, or give "
		  "it up to RXE's own work (yield, without it)"),
	RX_SECONDS("duration", 0, duration,
		   "of each measurement, 1 without it; bandwidth tests warm up for a quarter of it "
		   "before"),
	RX_FLAG("check", 0, check,
		"look at each byte of each message of bandwidth tests by verbs; wrong ones are a "
		"failure"),
	RX_UINT("rate", 0, rate, "N",
		"latency under load, by verbs: N messages a second, whether or not the last one "
		"has arrived; counted from when each was due"),
	RX_SECONDS("interval", 'i', interval,
		   "bandwidth over time, in JSON: a value for so many seconds, multiples of 0.1"),
	RX_SECONDS("at", 0, at,
		   "and the word behind it: after so many seconds of each measurement, "
		   "\"impair ENDPOINT loss=5%\" with the words of rxelab impair; taken back after "
		   "it"),
	RX_UINT("iterations", 0, iterations, "N", "messages, in place of a duration"),
	RX_UINT("repeats", 0, repeats, "R",
		"times everything is measured; the table then shows median and range"),
	RX_FLAG("compare-links", 0, compare_links,
		"the same pair over macvlan, veth, VLAN, a router and within one RXE; then 1 to N "
		"pairs at once"),
	RX_CHOICE("with", with, "perftest",
		  "run the installed perftest too, with the same parameters"),
	RX_STRING("expect", 0, expect, "LIST",
		  "write-bw>=30,send-lat<=200 (MB/s, us): exit status 1 where one does not hold"),
	RX_STRING("baseline", 0, baseline, "RUN.json",
		  "an earlier run: exit status 1 where a figure is worse, beyond the spread of "
		  "both runs and by 10 %"),
	RX_FORMAT("table|json|csv", "how to print"),
	RX_STRING("output", 'o', output, "FILE",
		  "write the results there instead of to standard output"),
	RX_STRING("histograms", 0, histograms, "FOLDER",
		  "latencies as HdrHistogram's percentile files, one for each measurement"),
	RX_STRING("plot", 0, plot, "FILE.svg", "draw the results with gnuplot"),
	RX_SECONDS("timeout", 't', timeout,
		   "limit of the whole command; when it passes the exit status is 124"),
	{NULL},
};

const struct rx_command rx_command_bench = {
	.name = "bench",
	.synopsis = "NAME [--pairs LIST] [--tests LIST] [--transport rc|uc|ud] [--sizes LIST] "
		    "[--depth N]\n"
		    "NAME [--duration S|--iterations N] [--repeats R] [--interval S] [--cpu LIST] "
		    "[--concurrent] [--with perftest] [--poll busy|yield]\n"
		    "NAME [--check] [--rate N] [--at S 'impair ENDPOINT KEY=VALUE...'] "
		    "[--histograms FOLDER]\n"
		    "NAME [--pattern incast:N|all-to-all|permutation] [--network NAME] [--expect "
		    "LIST] [--baseline RUN.json]\n"
		    "NAME --compare-links [--tests LIST] [--sizes LIST] [--repeats R]\n"
		    "NAME [--format table|json|csv] [-o FILE] [--plot FILE.svg] [--timeout S]",
	.summary = "measure RDMA against TCP between the endpoints",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 2,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
