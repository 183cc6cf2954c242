/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab kernels: the kernels that rxelab vm boots. */
#include <errno.h>
#include <string.h>

#include "../netns/cleanup.h"
#include "command.h"
#include "output.h"
#include "vm/vm.h"

struct kernels_options {
	const char *format, *baseline, *known_issues, *test_case, *suite;
	struct rx_strings kernel;
	bool all, shell_on_failure;
	unsigned repeat;
};

#define AT(member) offsetof(struct kernels_options, member)

static const struct rx_option options[] = {
	{"all", 0, RX_OPT_FLAG, AT(all), NULL, NULL, "fetch: every suite that the tests use"},
	{"format", 0, RX_OPT_CHOICE, AT(format), NULL, "table|json|tap|junit", "how results are printed"},
	RX_OPTION_JSON(struct kernels_options, format),
	{"kernel", 'k', RX_OPT_LIST, AT(kernel), "DIR|SUITE|VERSION|TREE", NULL, "test: a kernel; may be repeated"},
	{"suite", 0, RX_OPT_STRING, AT(suite), "LIST", NULL, "test: the suites to run"},
	{"case", 0, RX_OPT_STRING, AT(test_case), "NAME", NULL, "test: one case alone"},
	{"repeat", 0, RX_OPT_UINT, AT(repeat), "N", NULL, "test: how often"},
	{"shell-on-failure", 0, RX_OPT_FLAG, AT(shell_on_failure), NULL, NULL,
	 "test: a shell in the guest that failed"},
	{"baseline", 0, RX_OPT_STRING, AT(baseline), "FILE", NULL, "test: results to compare with"},
	{"known-issues", 0, RX_OPT_STRING, AT(known_issues), "FILE", NULL, "test: failures that are expected"},
	{NULL},
};

/* The stable suites gate the tests; sid does not. */
static const char *const test_suites[] = {"bookworm", "trixie", "trixie-backports", "sid"};

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct kernels_options *o = inv->options;
	const char *verb = inv->operands[0];
	int rc = 0;

	if (strcmp(verb, "fetch") && strcmp(verb, "list") && strcmp(verb, "test") && strcmp(verb, "config"))
		return rx_usage(err, "kernels: there is no \"%s\"; give fetch, list, test or config", verb);
	if (!strcmp(verb, "fetch") && !o->all == (inv->n_operands < 2))
		return rx_usage(err, "kernels fetch: give one or more suites, or --all");
	if (strcmp(verb, "fetch") && inv->n_operands > 1)
		return rx_usage(err, "kernels %s: unexpected \"%s\"", verb, inv->operands[1]);
	for (size_t i = 1; !rc && i < inv->n_operands; i++) {
		rc = rx_vm_kernel_check_name(inv->operands[i], err);
		if (!rc && strpbrk(inv->operands[i], "/."))
			rc = rx_usage(err, "kernels fetch: \"%s\" is no suite; give the name of a Debian suite, "
				      "such as trixie", inv->operands[i]);
	}
	return rc;
}

static void list_json(const struct rx_vm_cached *cached, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *suites = json_array();
		char *saved = NULL;

		for (char *s = strtok_r(cached[i].suites, " ", &saved); s; s = strtok_r(NULL, " ", &saved))
			json_array_append_new(suites, json_string(s));
		json_array_append_new(array, json_pack("{s:s, s:o, s:s}", "release", cached[i].release,
						       "suites", suites, "folder", cached[i].dir));
	}
	rx_json_print(json_pack("{s:o}", "kernels", array), stdout);
}

static void list_table(const struct rx_vm_cached *cached, size_t n)
{
	struct rx_table *table = rx_table_new(3, (const char *const[]){"RELEASE", "SUITES", "FOLDER"});

	for (size_t i = 0; i < n; i++)
		rx_table_row(table, (const char *const[]){cached[i].release, cached[i].suites, cached[i].dir});
	rx_table_print(table, stdout);
	if (!n)
		rx_note("kernels: the cache is empty; fetch one with rxelab kernels fetch " RX_VM_DEFAULT_KERNEL);
}

static int list(bool json, struct rx_err *err)
{
	struct rx_vm_cached *cached;
	size_t n;
	int rc = rx_vm_cache_list(&cached, &n, err);

	if (rc)
		return rc;
	if (json)
		list_json(cached, n);
	else
		list_table(cached, n);
	rx_vm_cache_free(cached, n);
	return 0;
}

static int fetch(const char *const *suites, size_t n, bool json, struct rx_err *err)
{
	json_t *array = json_array();
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		rx_autofree char *release = NULL;

		rc = rx_vm_kernel_fetch(suites[i], &release, err);
		if (!rc && !json)
			printf("%s %s\n", suites[i], release);
		if (!rc)
			json_array_append_new(array, json_pack("{s:s, s:s}", "suite", suites[i],
							       "release", release));
		fflush(stdout);
	}
	if (!rc && json)
		rx_json_print(json_pack("{s:o}", "kernels", array), stdout);
	else
		json_decref(array);
	return rc;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct kernels_options *o = inv->options;
	bool json = o->format && !strcmp(o->format, "json");

	if (!strcmp(inv->operands[0], "list"))
		return list(json, err);
	if (!strcmp(inv->operands[0], "fetch") && o->all)
		return fetch(test_suites, RX_ARRAY_SIZE(test_suites), json, err);
	if (!strcmp(inv->operands[0], "fetch"))
		return fetch((const char *const *)inv->operands + 1, inv->n_operands - 1, json, err);
	return rx_cannot(err, EOPNOTSUPP, "kernels %s: the regression suites are not built yet; run one command on a "
			 "kernel with: rxelab vm --kernel SUITE -- COMMAND", inv->operands[0]);
}

const struct rx_command rx_command_kernels = {
	.name = "kernels",
	.synopsis = "fetch SUITE...|--all [--json]\nlist [--json]\n"
		    "test [--kernel DIR|SUITE|VERSION|TREE]... [--suite LIST] [--case NAME] [--repeat N] "
		    "[--shell-on-failure] [--format tap|junit|json] [--baseline FILE] [--known-issues FILE]\nconfig",
	.summary = "fetch and list the kernels that rxelab vm boots",
	.description =
		"fetch takes the newest stock kernel of each Debian suite from the mirror that this machine's apt uses, "
		"checks it and keeps it under ~/.cache/rxelab/kernels. One that is there already is not fetched again, "
		"and without a network the one that is there serves. list shows them.",
	.examples =
		"rxelab kernels fetch bookworm trixie\tLinux 6.1 and 6.12\n"
		"rxelab kernels list --json\twhat the cache holds",
	.options = options,
	.options_size = sizeof(struct kernels_options),
	.min_operands = 1,
	.max_operands = 64,
	.prepare = prepare,
	.run = run,
};
