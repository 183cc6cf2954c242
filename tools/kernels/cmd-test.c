/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels test, show, suites. */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/cmd.h"
#include "tools/page/page.h"
#include "tools/report/report-file.h"
#include "tools/report/table.h"

#define DEFAULT_CASE_LIMIT 240
static const char *format_of(const struct rx_kernels_options *o)
{
	return o->format ? o->format : "table";
}

/* NULL: standard output. */
static const char *output_of(const struct rx_kernels_options *o)
{
	return o->output && strcmp(o->output, "-") ? o->output : NULL;
}

/* The known issues that were given, or those that come with the program; "none" for none. */
static int read_issues(const struct rx_kernels_options *o, struct rx_issues *issues,
		       struct rx_err *err)
{
	rx_autofree char *dir = NULL, *path = NULL;

	if (o->known_issues)
		return strcmp(o->known_issues, "none")
			       ? rx_issues_read(o->known_issues, issues, err)
			       : 0;
	dir = rx_suites_dir(err);
	if (!dir)
		return -err->code;
	path = rx_format("%s/known-issues.yaml", dir);
	return rx_issues_read(path, issues, err);
}

/* The cases that are asked for; suites NULL: quick, unless there are names of cases. */
static int read_catalogue(const struct rx_kernels_options *o, const char *suites,
			  struct rx_catalogue *catalogue, struct rx_err *err)
{
	rx_autofree char *dir = rx_suites_dir(err);
	int rc = dir ? rx_catalogue_add(catalogue, dir, err) : -err->code;

	for (size_t i = 0; !rc && i < o->suites_dir.n; i++)
		rc = rx_catalogue_add(catalogue, o->suites_dir.item[i], err);
	return rc ? rc : rx_catalogue_select(catalogue, suites, &o->test_case, err);
}

static bool has_selftests(const char *tree)
{
	rx_autofree char *path = rx_format("%s/tools/testing/selftests/rdma/Makefile", tree);

	return !access(path, R_OK);
}

static int check_options(const struct rx_kernels_options *o, struct rx_err *err)
{
	int rc = rx_before_paths(o, err);

	for (size_t i = 0; !rc && i < o->kernel.n; i++)
		rc = rx_vm_kernel_check_name(o->kernel.item[i], err);
	if (rc)
		return rc;
	if (o->memory && o->memory < 512)
		return rx_usage(err, "option-value",
				"--memory: %u MiB is too little for the suites; give at least 512",
				o->memory);
	if (o->selftests && !has_selftests(o->selftests))
		return rx_usage(err, "option-value",
				"--selftests: %s is not the source of a kernel that has "
				"tools/testing/selftests/rdma (7.1 and later have it)",
				o->selftests);
	if (o->bisect && o->kernel.n > 1)
		return rx_usage(err, "option-combination",
				"--bisect: one kernel is good or bad; %zu were given", o->kernel.n);
	if (o->bisect && o->baseline)
		return rx_usage(err, "option-combination",
				"--bisect: it judges the kernel itself; --baseline is for a "
				"comparison");
	if (o->shell_on_failure && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return rx_usage(err, "terminal-unusable",
				"--shell-on-failure: it needs a terminal on standard input and "
				"output");
	if (o->shell_on_failure && o->jobs > 1)
		return rx_usage(err, "option-combination",
				"--shell-on-failure: one guest at a time can have the terminal; "
				"leave --jobs out");
	return 0;
}

/* Exit status 2 would be "bad" to git bisect run; above 127 it gives up, which is right for a
 * mistake. */
static int fail_bisect(const struct rx_kernels_options *o, int rc, struct rx_err *err)
{
	if (rc < 0 && o->bisect)
		err->status = RX_BISECT_ABORT;
	return rc;
}

/* What a run is judged by: known issues and, if it was given, the baseline. */
struct yardstick {
	struct rx_issues issues;
	struct rx_run before;
};

static int read_yardstick(const struct rx_kernels_options *o, struct yardstick *by,
			  struct rx_err *err)
{
	int rc = read_issues(o, &by->issues, err);

	return rc || !o->baseline ? rc : rx_run_read_json(o->baseline, &by->before, err);
}

static void yardstick_free(struct yardstick *by)
{
	rx_issues_free(&by->issues);
	rx_run_free(&by->before);
}

int rx_kernels_check_format(struct rx_invocation *inv, struct rx_err *err)
{
	return strcmp(format_of(inv->options), "html") ? 0 : rx_page_ready(err);
}

int rx_kernels_check_test(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	struct rx_catalogue catalogue = {NULL, 0};
	struct yardstick by = {{NULL}};
	int rc = check_options(o, err);

	if (!rc)
		rc = rx_kernels_check_format(inv, err);
	if (!rc)
		rc = read_catalogue(o, o->suite, &catalogue, err);
	if (!rc)
		rc = rx_before_limits(o, &catalogue, err);
	if (!rc)
		rc = read_yardstick(o, &by, err);
	rx_catalogue_free(&catalogue);
	yardstick_free(&by);
	return fail_bisect(o, rc, err);
}

static int not_written(const char *path, int rc, struct rx_err *err)
{
	return rx_fail(err, "output-write", -rc, "%s: the results could not be written there: %s",
		       path ? path : "standard output", strerror(-rc));
}

/* path NULL: standard output. A file is there whole, or as it was before. */
static int report(const struct rx_run *run, const char *format, const char *path,
		  struct rx_err *err)
{
	rx_autofree char *text = NULL;
	size_t size;
	FILE *out;
	int rc;

	if (!path) {
		out = rx_report_open(NULL, err);
		rc = rx_run_report(run, format, out);
		return rc ? not_written(path, rc, err) : rx_report_close(out, NULL, err);
	}
	out = open_memstream(&text, &size);
	if (!out)
		return rx_fail(err, "output-write", errno, "%s: %s", path, strerror(errno));
	rc = rx_run_report(run, format, out);
	fclose(out);
	if (!rc)
		rc = rx_file_replace(path, text, size, 0666);
	return rc ? not_written(path, rc, err) : 0;
}

static const struct {
	const char *format, *file;
} artifacts[] = {{"json", "results.json"},
		 {"tap", "results.tap"},
		 {"junit", "results.xml"},
		 {"table", "results.txt"}};

static int write_artifacts(const struct rx_run *run, const char *dir, struct rx_err *err)
{
	struct rx_err one;
	int rc = 0;

	/* what has room is written: the first error is the one to tell */
	for (size_t i = 0; i < RX_ARRAY_SIZE(artifacts); i++) {
		rx_autofree char *path = rx_format("%s/%s", dir, artifacts[i].file);

		if (!report(run, artifacts[i].format, path, &one) || rc)
			continue;
		*err = one;
		rc = -one.code;
	}
	return rc;
}

/* What an earlier run left in the folder: our files by their names, and the folders that are empty
 * then. */
static void forget_artifacts(const char *dir)
{
	glob_t folders;
	char path[PATH_MAX];

	for (size_t i = 0; i < RX_ARRAY_SIZE(artifacts); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, artifacts[i].file);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/[0-9]*-*", dir);
	if (glob(path, GLOB_ONLYDIR, NULL, &folders))
		return;
	for (size_t i = 0; i < folders.gl_pathc; i++) {
		for (size_t f = 0; f < RX_GUEST_FILES; f++) {
			snprintf(path, sizeof(path), "%s/%s", folders.gl_pathv[i],
				 rx_guest_files[f]);
			unlink(path);
		}
		rmdir(folders.gl_pathv[i]);
	}
	globfree(&folders);
}

/* Old results are removed before anything boots, and a file that cannot be written is told then,
 * not minutes later. One that is the baseline, too, is needed until the end. */
static int clear_output(const struct rx_kernels_options *o, struct rx_err *err)
{
	const char *path = output_of(o);
	struct stat out, baseline;
	FILE *file;

	if (o->artifacts)
		forget_artifacts(o->artifacts);
	if (!path)
		return 0;
	if (o->baseline && !stat(path, &out) && !stat(o->baseline, &baseline) &&
	    out.st_ino == baseline.st_ino && out.st_dev == baseline.st_dev)
		return 0;
	file = rx_report_open(path, err);
	return file ? rx_report_close(file, path, err) : -err->code;
}

/* Known issues, baseline, verdict: the exit status. */
static int judge(const struct rx_kernels_options *o, const struct yardstick *by, struct rx_run *run)
{
	rx_issues_apply(&by->issues, run);
	if (o->baseline)
		rx_baseline_compare(&by->before, run);
	return rx_run_judge(run);
}

/* A build tree without an option that the suites need says nothing of RXE, and a boot would not
 * name what is missing. */
static int check_trees(const struct rx_kernels_options *o, struct rx_err *err)
{
	for (size_t i = 0; i < o->kernel.n; i++) {
		const char *tree = o->kernel.item[i];
		rx_autofree char *lacks = NULL;

		if (!rx_vm_is_tree(tree))
			continue;
		lacks = rx_kernels_tree_lacks(tree, err);
		if (!lacks)
			return -err->code;
		if (*lacks)
			return rx_fail(err, "kernel-config", ENOENT,
				       "kernel tree %s: its .config lacks%s; put them there with: "
				       "rxelab kernels config %s --merge",
				       tree, lacks, tree);
	}
	return 0;
}

/* A run and where it goes, while it runs. */
struct keeper {
	const struct rx_kernels_options *o;
	struct yardstick by;
	struct rx_run run;
	bool failed; /* told: once is enough */
};

/* What is found by now, in every format; the last word is said when all is over. */
static int write_files(struct keeper *k, struct rx_err *err)
{
	int rc = output_of(k->o) ? report(&k->run, format_of(k->o), output_of(k->o), err) : 0;

	struct rx_err other;

	if (!k->o->artifacts)
		return rc;
	if (!write_artifacts(&k->run, k->o->artifacts, &other) || rc)
		return rc;
	*err = other;
	return -err->code;
}

static void keep(void *data)
{
	struct keeper *k = data;
	struct rx_err err;

	judge(k->o, &k->by, &k->run);
	if (write_files(k, &err) && !k->failed) {
		rx_warn("%s", err.text);
		k->failed = true;
	}
	/* a repetition is compared with what was seen, not with what was known of it */
	rx_issues_forget(&k->run);
}

/* Nothing can be run here (rc) or it was stopped, but what was found is told. */
static int finish(struct keeper *k, int rc, struct rx_err *err)
{
	struct rx_err writing;
	bool tested = false;
	int status = judge(k->o, &k->by, &k->run), written;

	for (size_t i = 0; i < k->run.n; i++)
		tested |= k->run.kernel[i].came_up;
	written = output_of(k->o) || (rc < 0 && !tested)
			  ? 0
			  : report(&k->run, format_of(k->o), NULL, &writing);
	if (!written)
		written = write_files(k, &writing);
	if (written && rc)
		rx_warn("%s", writing.text);
	if (rc > 0) /* a signal; it counts more than a file */
		return rc;
	if (rc < 0 && (!tested || k->o->bisect))
		return rc;
	if (rc < 0)
		rx_note("%s", err->text);
	if (written) {
		*err = writing;
		return fail_bisect(k->o, written, err);
	}
	return k->o->bisect ? rx_run_judge_bisect(&k->run, k->o->test_case.n > 0) : status;
}

static bool any_booted(const struct rx_run *run)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->kernel[i].boots)
			return true;
	return false;
}

static int run_and_report(const struct rx_kernels_options *o, struct rx_err *err)
{
	struct keeper k = {.o = o};
	int rc = read_yardstick(o, &k.by, err);

	if (!rc)
		rc = clear_output(o, err);
	if (rc) {
		yardstick_free(&k.by);
		return fail_bisect(o, rc, err);
	}
	rc = check_trees(o, err);
	if (!rc)
		rc = rx_test_all(o, &k.run, keep, &k, err);
	/* a kernel that cannot even be booted says nothing of the change that is looked for */
	if (o->bisect && rc < 0)
		err->status = (enum rx_status)(err->status == RX_FAILED ? RX_BISECT_SKIP
									: RX_BISECT_ABORT);
	if (any_booted(&k.run))
		rc = finish(&k, rc, err);
	yardstick_free(&k.by);
	rx_run_free(&k.run);
	return rc;
}

int rx_kernels_test(struct rx_invocation *inv, struct rx_err *err)
{
	struct rx_kernels_options o = *(const struct rx_kernels_options *)inv->options;
	static const char *default_kernel[] = {RX_VM_DEFAULT_KERNEL};
	struct rx_catalogue catalogue = {NULL, 0};
	int rc = read_catalogue(&o, o.suite, &catalogue, err);

	o.cases = &catalogue;
	if (!o.kernel.n)
		o.kernel = (struct rx_strings){default_kernel, 1};
	o.repeat = o.repeat ? o.repeat : 1;
	o.memory = o.memory ? o.memory : 3072;
	o.cpus = o.cpus ? o.cpus : 2;
	/* two kernels at a time where the processors are enough for both */
	if (!o.jobs)
		o.jobs = !o.shell_on_failure && sysconf(_SC_NPROCESSORS_ONLN) >= 2 * (long)o.cpus
				 ? 2
				 : 1;
	if (o.case_limit <= 0)
		o.case_limit = DEFAULT_CASE_LIMIT;
	if (o.timeout <= 0)
		o.timeout = rx_before_time(&o, &catalogue);
	rx_before_memory(&o);
	if (!rc)
		rc = run_and_report(&o, err);
	rx_catalogue_free(&catalogue);
	return rc;
}

int rx_kernels_show(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	struct rx_run run = {NULL};
	struct yardstick by = {{NULL}};
	int rc = read_yardstick(o, &by, err), status = 0;

	for (size_t i = 1; !rc && i < inv->n_operands; i++)
		rc = rx_run_read_json(inv->operands[i], &run, err);
	rx_issues_forget(&run);
	if (o->merge)
		rx_run_merge(&run);
	if (!rc)
		status = judge(o, &by, &run);
	if (!rc)
		rc = report(&run, format_of(o), output_of(o), err);
	yardstick_free(&by);
	rx_run_free(&run);
	return rc ? rc : status;
}

static void suites_json(const struct rx_catalogue *catalogue)
{
	json_t *array = json_array();

	for (size_t i = 0; i < catalogue->n; i++) {
		const struct rx_offer *offer = &catalogue->offer[i];

		json_array_append_new(
			array, json_pack("{s:s, s:s%, s:b, s:o}", "case", offer->name, "suite",
					 offer->name, rx_case_suite_length(offer->name), "quick",
					 offer->quick, "about", rx_json_string(offer->about)));
	}
	rx_json_print(json_pack("{s:o}", "cases", array), stdout);
}

static void suites_table(const struct rx_catalogue *catalogue)
{
	static const char *const headings[] = {"CASE", "QUICK", "ABOUT"};
	struct rx_table *table = rx_table_new(RX_ARRAY_SIZE(headings), headings);

	for (size_t i = 0; i < catalogue->n; i++) {
		const struct rx_offer *offer = &catalogue->offer[i];

		rx_table_row(table, (const char *const[]){offer->name, offer->quick ? "yes" : "",
							  offer->about});
	}
	rx_table_print(table, stdout);
}

int rx_kernels_suites(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	struct rx_catalogue catalogue = {NULL, 0};
	const char *suites = o->suite || o->test_case.n ? o->suite : "all";
	int rc = read_catalogue(o, suites, &catalogue, err);

	if (!rc)
		(strcmp(format_of(o), "json") ? suites_table : suites_json)(&catalogue);
	rx_catalogue_free(&catalogue);
	return rc;
}
