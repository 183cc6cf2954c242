/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known issues: failures that are expected of some kernels, each with its evidence. The reader of
 * lab files reads them too, so that a mistake is told with its place. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"
#include "tools/kernels/run.h"

#define MAX_FILE (1 << 20)

static bool take_word(struct rx_mistakes *m, const struct rx_word *word, void *slot)
{
	if (!*word->text)
		return rx_bad_word(m, word, "value-missing", "is empty");
	*(char **)slot = strdup(word->text);
	if (!*(char **)slot)
		abort();
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
	struct rx_issue *grown = realloc(issues->issue, (issues->n + 1) * sizeof(*grown)), *issue;

	if (!grown)
		abort();
	issues->issue = grown;
	issue = &grown[issues->n++];
	memset(issue, 0, sizeof(*issue));
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

/* The whole file. Caller frees. */
static int read_text(const char *path, char **text, size_t *length, struct rx_err *err)
{
	rx_autofile FILE *file = fopen(path, "re");

	*text = NULL;
	if (!file)
		return rx_usage(err, "%s: cannot read the known issues: %s", path, strerror(errno));
	*text = malloc(MAX_FILE + 1);
	if (!*text)
		return rx_fail(err, ENOMEM, "out of memory");
	*length = fread(*text, 1, MAX_FILE + 1, file);
	if (ferror(file) || *length > MAX_FILE)
		return rx_usage(err, "%s: cannot read the known issues: %s", path,
				ferror(file) ? strerror(errno)
					     : "the file is larger than a megabyte");
	return 0;
}

int rx_issues_read(const char *path, struct rx_issues *issues, struct rx_err *err)
{
	struct rx_mistakes m = {.source = path};
	struct rx_yaml *all = NULL, *root;
	rx_autofree char *text = NULL;
	size_t length = 0;
	int rc = read_text(path, &text, &length, err);

	if (rc)
		return rc;
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
	rx_autofree char *patterns = strdup(issue->kernels);
	char *saved = NULL;

	if (!patterns)
		abort();
	for (char *p = strtok_r(patterns, " ", &saved); p; p = strtok_r(NULL, " ", &saved))
		if ((kernel->release && !fnmatch(p, kernel->release, 0)) ||
		    !fnmatch(p, kernel->label, 0))
			return true;
	return false;
}

static void mark(struct rx_check *check, enum rx_outcome_of_check outcome,
		 const struct rx_issue *issue)
{
	check->outcome = outcome;
	free(check->issue);
	if (asprintf(&check->issue, "%s%s%s", issue->evidence, issue->link ? "; " : "",
		     issue->link ? issue->link : "") < 0)
		abort();
}

void rx_issues_forget(struct rx_run *run)
{
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < run->kernel[k].n; i++)
			for (size_t c = 0; c < run->kernel[k].test[i].n; c++) {
				struct rx_check *check = &run->kernel[k].test[i].check[c];

				if (check->outcome == RX_CHECK_XFAIL)
					check->outcome = RX_CHECK_FAIL;
				if (check->outcome == RX_CHECK_XPASS)
					check->outcome = RX_CHECK_PASS;
				free(check->issue);
				check->issue = NULL;
			}
}

static void apply(const struct rx_issue *issue, struct rx_case *test)
{
	bool failed = false;

	for (size_t i = 0; i < test->n; i++)
		if (test->check[i].outcome == RX_CHECK_FAIL &&
		    !fnmatch(issue->check, test->check[i].name, 0)) {
			mark(&test->check[i], RX_CHECK_XFAIL, issue);
			failed = true;
		}
	/* another entry for the same check may have taken the failure already */
	for (size_t i = 0; i < test->n; i++)
		failed |= test->check[i].outcome == RX_CHECK_XFAIL &&
			  !fnmatch(issue->check, test->check[i].name, 0);
	for (size_t i = 0; !failed && i < test->n; i++)
		if (test->check[i].outcome == RX_CHECK_PASS &&
		    !fnmatch(issue->check, test->check[i].name, 0))
			mark(&test->check[i], RX_CHECK_XPASS, issue);
}

void rx_issues_apply(const struct rx_issues *issues, struct rx_run *run)
{
	for (size_t k = 0; k < run->n; k++)
		for (size_t i = 0; i < issues->n; i++)
			for (size_t c = 0; is_of_kernel(&issues->issue[i], &run->kernel[k]) &&
					   c < run->kernel[k].n;
			     c++)
				if (!fnmatch(issues->issue[i].test, run->kernel[k].test[c].name, 0))
					apply(&issues->issue[i], &run->kernel[k].test[c]);
}
