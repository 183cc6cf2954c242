/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known issues: failures that are expected of some kernels, each with its evidence. The reader of
 * lab files reads them too, so that a mistake is told with its place. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"
#include "tools/kernels/run.h"

#define MAX_FILE (1 << 20)

static bool take_word(struct rx_mistakes *m, const struct rx_word *word, void *slot)
{
	if (!*word->text)
		return rx_bad_word(m, word, "value-missing", "is empty");
	*(char **)slot = rx_strdup(word->text);
	return true;
}

static const struct rx_key keys[] = {
	{"case", offsetof(struct rx_issue, test), take_word, NULL},
	{"check", offsetof(struct rx_issue, check), take_word, NULL},
	{"kernels", offsetof(struct rx_issue, kernels), take_word, NULL},
	{"evidence", offsetof(struct rx_issue, evidence), take_word, NULL},
	{"link", offsetof(struct rx_issue, link), take_word, NULL},
	{NULL},
};

static void free_issue(struct rx_issue *issue)
{
	free(issue->test);
	free(issue->check);
	free(issue->kernels);
	free(issue->evidence);
	free(issue->link);
}

void rx_issues_free(struct rx_issues *issues)
{
	for (size_t i = 0; i < issues->n; i++)
		free_issue(&issues->issue[i]);
	free(issues->issue);
	memset(issues, 0, sizeof(*issues));
}

static void take_issue(struct rx_mistakes *m, const struct rx_yaml *map, struct rx_issues *issues)
{
	struct rx_issue *issue = rx_array_add(&issues->issue, &issues->n, sizeof(*issue));

	if (!rx_yaml_walk(m, map, "an issue", keys, issue))
		return;
	for (const struct rx_key *key = keys; key->name; key++)
		if (!*(char **)((char *)issue + key->offset) && strcmp(key->name, "link"))
			rx_mistake(m, map->pos, NULL, "key-missing", "an issue without its %s",
				   key->name);
}

static void take_root(struct rx_mistakes *m, const struct rx_yaml *root, struct rx_issues *issues)
{
	if (root->type != RX_YAML_LIST) {
		rx_bad_type(m, root, NULL, "known issues are a list of maps");
		return;
	}
	for (const struct rx_yaml *item = root->child; item; item = item->next)
		take_issue(m, item, issues);
}

int rx_issues_read(const char *path, struct rx_issues *issues, struct rx_err *err)
{
	struct rx_mistakes m = {.source = path};
	struct rx_yaml *all = NULL, *root;
	size_t length;
	rx_autofree char *text = rx_file_text(path, MAX_FILE, &length);
	int rc;

	if (!text)
		return rx_usage(err, "file-read", "%s: cannot read the known issues: %s", path,
				errno == EFBIG ? "the file is larger than a megabyte"
					       : strerror(errno));
	root = rx_yaml_read(&m, text, length, &all);
	if (root)
		take_root(&m, root, issues);
	rc = rx_mistakes_report(&m, err);
	rx_yaml_free(all);
	if (rc)
		rx_issues_free(issues);
	return rc;
}

/* One of the patterns, separated by spaces, matches the kernel's release or what it was asked for
 * by. */
static bool is_of_kernel(const struct rx_issue *issue, const struct rx_kernel_run *kernel)
{
	rx_autofree char *patterns = rx_strdup(issue->kernels);
	char *saved = NULL;

	for (char *p = strtok_r(patterns, " ", &saved); p; p = strtok_r(NULL, " ", &saved))
		if ((kernel->release && !fnmatch(p, kernel->release, 0)) ||
		    !fnmatch(p, kernel->label, 0))
			return true;
	return false;
}

static void mark(struct rx_check *check, enum rx_outcome outcome, const struct rx_issue *issue)
{
	check->outcome = outcome;
	free(check->issue);
	check->issue = rx_format("%s%s%s", issue->evidence, issue->link ? "; " : "",
				 issue->link ? issue->link : "");
}

void rx_issues_forget(struct rx_run *run)
{
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n; i++)
			for (size_t c = 0; c < run->kernel[k].test[i].n; c++) {
				struct rx_check *check = &run->kernel[k].test[i].check[c];

				if (check->outcome == RX_XFAIL)
					check->outcome = RX_FAIL;
				if (check->outcome == RX_XPASS)
					check->outcome = RX_PASS;
				free(check->issue);
				check->issue = NULL;
			}
}

static bool is_of_check(const struct rx_issue *issue, const struct rx_check *check)
{
	return !fnmatch(issue->check, check->id, 0) || !fnmatch(issue->check, check->name, 0);
}

/* Returns whether the case has a check that the issue is about. */
static bool apply(const struct rx_issue *issue, struct rx_case *test)
{
	bool failed = false, known = false;

	/* another entry for the same check may have taken the failure already */
	for (size_t i = 0; i < test->n; i++) {
		struct rx_check *check = &test->check[i];

		if (!is_of_check(issue, check))
			continue;
		known = true;
		if (check->outcome == RX_FAIL)
			mark(check, RX_XFAIL, issue);
		failed |= check->outcome == RX_XFAIL;
	}
	for (size_t i = 0; !failed && i < test->n; i++)
		if (test->check[i].outcome == RX_PASS && is_of_check(issue, &test->check[i]))
			mark(&test->check[i], RX_XPASS, issue);
	return known;
}

/* A case that was skipped or has failed has not come to all of its checks. */
static bool came_to_all(const struct rx_case *test)
{
	enum rx_outcome outcome = rx_case_outcome(test);

	return test->ended && outcome != RX_SKIP && outcome != RX_FAIL;
}

static void apply_to_kernel(const struct rx_issue *issue, struct rx_kernel_run *kernel,
			    struct rx_run *run)
{
	bool ran = false, known = false;
	struct rx_stale *stale;

	for (size_t i = 0; i < kernel->n; i++) {
		if (fnmatch(issue->test, kernel->test[i].name, 0))
			continue;
		known |= apply(issue, &kernel->test[i]);
		ran |= came_to_all(&kernel->test[i]);
	}
	if (!ran || known)
		return;
	stale = rx_array_add(&run->stale, &run->n_stale, sizeof(*stale));
	*stale = (struct rx_stale){.kernel = rx_strdup(rx_kernel_name(kernel)),
				   .test = rx_strdup(issue->test),
				   .check = rx_strdup(issue->check)};
}

void rx_issues_apply(const struct rx_issues *issues, struct rx_run *run)
{
	rx_run_forget_stale(run);
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < issues->n; i++)
			if (is_of_kernel(&issues->issue[i], &run->kernel[k]))
				apply_to_kernel(&issues->issue[i], &run->kernel[k], run);
}
