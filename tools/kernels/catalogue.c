/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases that lie in a folder of suites: SUITE/CASE.sh, whose leading comment says what it is
 * about. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/kernels/test.h"

char *rx_suites_dir(struct rx_err *err)
{
	/* installed; in the source tree */
	static const char *const places[] = {"suites", "../suites"};
	rx_autofree char *data = rx_vm_data_dir(err);

	for (size_t i = 0; data && i < RX_ARRAY_SIZE(places); i++) {
		rx_autofree char *path = rx_format("%s/%s/run", data, places[i]);

		if (access(path, R_OK))
			continue;
		*strrchr(path, '/') = '\0';
		return realpath(path, NULL);
	}
	if (data)
		rx_cannot(err, "installation-incomplete", ENOENT,
			  "the suites are not beside %s; install rxelab with make install", data);
	return NULL;
}

/* The comment after the licence: its lines joined; "quick" alone on a line is a mark,
 * "limit: 600 s" what tools/suites/run reads too. */
static void read_header(struct rx_offer *offer)
{
	rx_autofile FILE *file = fopen(offer->path, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0 && *line == '#') {
		char *before = offer->about, *text = line + 1 + strspn(line + 1, " ");

		text[strcspn(text, "\n")] = '\0';
		if (*text == '!' || strstr(text, "SPDX-") || !strncmp(text, "shellcheck", 10))
			continue;
		if (sscanf(text, "limit: %u s", &offer->limit) == 1)
			continue;
		if (!strcmp(text, "quick")) {
			offer->quick = true;
			continue;
		}
		offer->about = rx_format("%s%s%s", before ? before : "", before ? " " : "", text);
		free(before);
	}
	free(line);
}

static void add(struct rx_catalogue *catalogue, const char *dir, const char *suite,
		const char *file)
{
	struct rx_offer *offer = rx_array_add(&catalogue->offer, &catalogue->n, sizeof(*offer));

	offer->name = rx_format("%s/%.*s", suite, (int)(strstr(file, ".sh") - file), file);
	offer->path = rx_format("%s/%s/%s", dir, suite, file);
	read_header(offer);
}

static void add_suite(struct rx_catalogue *catalogue, const char *dir, const char *suite)
{
	rx_autofree char *path = rx_format("%s/%s", dir, suite);
	struct dirent **files;
	int n = scandir(path, &files, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (!fnmatch("[a-z0-9]*.sh", files[i]->d_name, 0))
			add(catalogue, dir, suite, files[i]->d_name);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
}

int rx_catalogue_add(struct rx_catalogue *catalogue, const char *dir, struct rx_err *err)
{
	rx_autofree char *full = realpath(dir, NULL);
	size_t before = catalogue->n;
	struct dirent **suites;
	int n = full ? scandir(full, &suites, NULL, alphasort) : -1;

	if (n < 0)
		return rx_usage(err, "suites-unreadable",
				"%s: it cannot be read as a folder of suites: %s", dir,
				strerror(errno));
	for (int i = 0; i < n; i++) {
		if (suites[i]->d_name[0] != '.')
			add_suite(catalogue, full, suites[i]->d_name);
		free(suites[i]);
	}
	free(suites);
	if (catalogue->n == before)
		return rx_usage(err, "suites-unreadable",
				"%s: it holds no case: a case is a file SUITE/CASE.sh", dir);
	return 0;
}

static void free_offer(struct rx_offer *offer)
{
	free(offer->name);
	free(offer->path);
	free(offer->about);
}

void rx_catalogue_free(struct rx_catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->n; i++)
		free_offer(&catalogue->offer[i]);
	free(catalogue->offer);
	memset(catalogue, 0, sizeof(*catalogue));
}

static bool is_of_suite(const struct rx_offer *offer, const char *suite)
{
	size_t length = rx_case_suite_length(offer->name);

	return !strcmp(suite, "all") || (!strcmp(suite, "quick") && offer->quick) ||
	       (strlen(suite) == length && !strncmp(offer->name, suite, length));
}

/* Mark what suite (or the case of that name) holds; false: nothing. */
static bool mark(const struct rx_catalogue *catalogue, const char *word, bool is_case, bool *wanted)
{
	bool found = false;

	for (size_t i = 0; i < catalogue->n; i++)
		if (is_case ? !strcmp(catalogue->offer[i].name, word)
			    : is_of_suite(&catalogue->offer[i], word))
			found = wanted[i] = true;
	return found;
}

static int unknown_suite(const struct rx_catalogue *catalogue, const char *word, struct rx_err *err)
{
	char have[512] = "quick, all";
	const char *last = "";

	for (size_t i = 0; i < catalogue->n; i++) {
		const char *name = catalogue->offer[i].name;
		size_t length = rx_case_suite_length(name), used = strlen(have);

		if (strncmp(last, name, length + 1))
			snprintf(have + used, sizeof(have) - used, ", %.*s", (int)length, name);
		last = name;
	}
	return rx_usage(err, "suite-unknown", "--suite: there is no suite \"%s\"; there are %s",
			word, have);
}

static int mark_suites(const struct rx_catalogue *catalogue, const char *suites, bool *wanted,
		       struct rx_err *err)
{
	rx_autofree char *list = rx_strdup(suites);
	char *saved = NULL;

	if (!*list)
		return rx_usage(err, "option-value", "--suite: the list is empty");
	for (char *word = strtok_r(list, ",", &saved); word; word = strtok_r(NULL, ",", &saved))
		if (!mark(catalogue, word, false, wanted))
			return unknown_suite(catalogue, word, err);
	return 0;
}

int rx_catalogue_select(struct rx_catalogue *catalogue, const char *suites,
			const struct rx_strings *names, struct rx_err *err)
{
	rx_autofree bool *wanted = rx_alloc(catalogue->n, sizeof(*wanted));
	size_t kept = 0;
	int rc = 0;

	if (suites || !names->n)
		rc = mark_suites(catalogue, suites ? suites : "quick", wanted, err);
	for (size_t i = 0; !rc && i < names->n; i++)
		if (!mark(catalogue, names->item[i], true, wanted))
			rc = rx_usage(err, "suite-unknown",
				      "--case: there is no case \"%s\"; rxelab kernels suites "
				      "lists them",
				      names->item[i]);
	for (size_t i = 0; !rc && i < catalogue->n; i++) {
		if (wanted[i])
			catalogue->offer[kept++] = catalogue->offer[i];
		else
			free_offer(&catalogue->offer[i]);
	}
	if (!rc)
		catalogue->n = kept;
	return rc;
}
