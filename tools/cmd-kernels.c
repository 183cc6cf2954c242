/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab kernels: the kernels that rxelab vm boots, and what RXE does on them. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cli/output.h"
#include "tools/kernels/cmd.h"
#include "tools/report/table.h"

#define AT(member) offsetof(struct rx_kernels_options, member)

static const struct rx_option options[] = {
	{"all", 'a', RX_OPT_FLAG, AT(all), NULL, NULL, "fetch: every suite that the tests use"},
	{"kernel", 'k', RX_OPT_LIST, AT(kernel), "SUITE|VERSION|DIR|TREE|BZIMAGE", NULL,
	 "test: a kernel; may be repeated (default: " RX_VM_DEFAULT_KERNEL ")"},
	{"suite", 's', RX_OPT_STRING, AT(suite), "LIST", NULL,
	 "test: the suites to run, commas between; quick, all, or what kernels suites lists "
	 "(default: quick)"},
	{"case", 0, RX_OPT_LIST, AT(test_case), "SUITE/CASE", NULL,
	 "test: this case; may be repeated"},
	{"repeat", 0, RX_OPT_UINT, AT(repeat), "N", NULL,
	 "test: run each case N times, in one boot"},
	{"jobs", 'j', RX_OPT_UINT, AT(jobs), "N", NULL,
	 "test: so many kernels at a time (default: 2 where the processors are enough for both, "
	 "else 1)"},
	{"bisect", 0, RX_OPT_FLAG, AT(bisect), NULL, NULL,
	 "test: exit status for git bisect run: 0 good, 1 bad (a panic, too), 125 never booted or "
	 "cannot tell, 128 our own mistake"},
	{"baseline", 0, RX_OPT_STRING, AT(baseline), "FILE", NULL,
	 "test, show: compare with an earlier run's JSON; only what got worse, or is new and "
	 "unexplained, fails"},
	{"known-issues", 0, RX_OPT_STRING, AT(known_issues), "FILE", NULL,
	 "test, show: failures that are expected, YAML; none: every failure counts (default: the "
	 "list that comes with rxelab)"},
	{"shell-on-failure", 0, RX_OPT_FLAG, AT(shell_on_failure), NULL, NULL,
	 "test: a shell in the guest after a case that failed, before its traces are removed"},
	{"format", 0, RX_OPT_CHOICE, AT(format), NULL, "table|json|tap|junit|markdown|html",
	 "how results are printed"},
	RX_OPTION_JSON(struct rx_kernels_options, format),
	{"output", 'o', RX_OPT_STRING, AT(output), "FILE", NULL,
	 "test, show: write the results there"},
	{"artifacts", 0, RX_OPT_STRING, AT(artifacts), "DIR", NULL,
	 "test: keep every format there, and each guest's console and log"},
	{"suites-dir", 0, RX_OPT_LIST, AT(suites_dir), "DIR", NULL,
	 "test, suites: more cases, DIR/SUITE/CASE.sh; may be repeated"},
	{"timeout", 't', RX_OPT_SECONDS, AT(timeout), "S", NULL,
	 "test: a kernel's limit (default: ten minutes and 90 s for each case)"},
	{"case-timeout", 0, RX_OPT_SECONDS, AT(case_limit), "S", NULL,
	 "test: the limit of a case that has none of its own (default: 240 s)"},
	{"memory", 'm', RX_OPT_UINT, AT(memory), "M", NULL,
	 "test: the guest's memory in MiB (default: 3072)"},
	{"cpus", 0, RX_OPT_UINT, AT(cpus), "N", NULL, "test: the guest's processors (default: 2)"},
	{"selftests", 0, RX_OPT_STRING, AT(selftests), "TREE", NULL,
	 "test: a kernel's source, whose own tests of RDMA the case foreign/kselftests runs "
	 "(default: the build tree)"},
	{"append", 0, RX_OPT_STRING, AT(append), "WORDS", NULL,
	 "test: words for the kernel's command line"},
	{"merge", 0, RX_OPT_FLAG, AT(merge), NULL, NULL,
	 "config: put what is missing into the tree's .config; show: take several runs of one "
	 "kernel as one"},
	{NULL},
};

/* The stable suites gate the tests; sid does not. */
static const char *const test_suites[] = {"bookworm", "trixie", "trixie-backports", "sid"};

static int check_fetch(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	int rc = 0;

	if (!o->all == (inv->n_operands < 2))
		return rx_usage(err, "operand-missing",
				"kernels fetch: give one or more suites, or --all");
	for (size_t i = 1; !rc && i < inv->n_operands; i++) {
		rc = rx_vm_kernel_check_name(inv->operands[i], err);
		if (!rc && strpbrk(inv->operands[i], "/."))
			rc = rx_usage(err, "kernel-name",
				      "kernels fetch: \"%s\" is not a suite; give the name of a "
				      "Debian suite, such as trixie",
				      inv->operands[i]);
	}
	return rc;
}

static void list_json(const struct rx_vm_cached *cached, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *suites = json_array();
		char *saved = NULL;

		for (char *s = strtok_r(cached[i].suites, " ", &saved); s;
		     s = strtok_r(NULL, " ", &saved))
			json_array_append_new(suites, json_string(s));
		json_array_append_new(array,
				      json_pack("{s:s, s:o, s:s}", "release", cached[i].release,
						"suites", suites, "folder", cached[i].dir));
	}
	rx_json_print(json_pack("{s:o}", "kernels", array), stdout);
}

static void list_table(const struct rx_vm_cached *cached, size_t n)
{
	struct rx_table *table = rx_table_new(3,
					      (const char *const[]){"RELEASE", "SUITES", "FOLDER"});

	for (size_t i = 0; i < n; i++)
		rx_table_row(table, (const char *const[]){cached[i].release, cached[i].suites,
							  cached[i].dir});
	rx_table_print(table, stdout);
	if (!n)
		rx_note("kernels: the cache is empty; fetch one with rxelab kernels "
			"fetch " RX_VM_DEFAULT_KERNEL);
}

static bool is_json(const struct rx_invocation *inv)
{
	const struct rx_kernels_options *o = inv->options;

	return o->format && !strcmp(o->format, "json");
}

static int list(struct rx_invocation *inv, struct rx_err *err)
{
	struct rx_vm_cached *cached;
	size_t n;
	int rc = rx_vm_cache_list(&cached, &n, err);

	if (rc)
		return rc;
	(is_json(inv) ? list_json : list_table)(cached, n);
	rx_vm_cache_free(cached, n);
	return 0;
}

static int fetch(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	const char *const *suites = o->all ? test_suites : (const char *const *)inv->operands + 1;
	size_t n = o->all ? RX_ARRAY_SIZE(test_suites) : inv->n_operands - 1;
	json_t *array = is_json(inv) ? json_array() : NULL;
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		rx_autofree char *release = NULL;

		rc = rx_vm_kernel_fetch(suites[i], &release, err);
		if (!rc && array)
			json_array_append_new(array, json_pack("{s:s, s:s}", "suite", suites[i],
							       "release", release));
		else if (!rc)
			printf("%s %s\n", suites[i], release);
		fflush(stdout);
	}
	if (!rc && array)
		rx_json_print(json_pack("{s:O}", "kernels", array), stdout);
	json_decref(array);
	return rc;
}

static const struct subcommand {
	const char *name;
	size_t min, max; /* operands behind it */
	int (*check)(struct rx_invocation *inv, struct rx_err *err);
	int (*run)(struct rx_invocation *inv, struct rx_err *err);
} subcommands[] = {
	{"test", 0, 0, rx_kernels_check_test, rx_kernels_test},
	{"show", 1, 64, rx_kernels_check_format, rx_kernels_show},
	{"suites", 0, 0, NULL, rx_kernels_suites},
	{"config", 0, 1, NULL, rx_kernels_config},
	{"fetch", 0, 64, check_fetch, fetch},
	{"list", 0, 0, NULL, list},
};

static const struct subcommand *find(const char *name)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(subcommands); i++)
		if (!strcmp(subcommands[i].name, name))
			return &subcommands[i];
	return NULL;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct subcommand *sub = find(inv->operands[0]);
	size_t given = inv->n_operands - 1;

	if (!sub)
		return rx_usage(err, "subcommand-unknown",
				"kernels: there is no \"%s\"; give test, show, suites, config, "
				"fetch or list",
				inv->operands[0]);
	if (given > sub->max)
		return rx_usage(err, "operand-extra", "kernels %s: unexpected \"%s\"", sub->name,
				inv->operands[1 + sub->max]);
	if (given < sub->min)
		return rx_usage(err, "operand-missing",
				"kernels %s: a file is missing: the JSON of an earlier run",
				sub->name);
	return sub->check ? sub->check(inv, err) : 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	return find(inv->operands[0])->run(inv, err);
}

const struct rx_command rx_command_kernels = {
	.name = "kernels",
	.synopsis = "test [--kernel SUITE|VERSION|DIR|TREE|BZIMAGE]... [--suite LIST] [--case "
		    "NAME]... [--repeat N] [--format table|tap|junit|json|markdown|html] [-o FILE] "
		    "[--baseline FILE] [--known-issues FILE] [--bisect]\n"
		    "show FILE.json... [--merge] [--format ...] [--baseline FILE]\n"
		    "suites [--json]\nconfig [TREE [--merge]]\n"
		    "fetch SUITE...|--all [--json]\nlist [--json]",
	.summary = "test what RXE does on kernels; fetch and list kernels",
	.options = options,
	.options_size = sizeof(struct rx_kernels_options),
	.min_operands = 1,
	.max_operands = 65,
	.prepare = prepare,
	.run = run,
};
