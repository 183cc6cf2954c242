/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written of a run of kernels test must be readable, whatever bytes a guest printed: JSON
 * for jansson, XML by its rules, KTAP and tables without a control character. Aborts if not. */
#ifndef RXELAB_TESTS_UNIT_WRITTEN_H
#define RXELAB_TESTS_UNIT_WRITTEN_H

#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/kernels/run.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Feed data to a kernel of run as its lines. */
static void feed_bytes(struct rx_run *run, const uint8_t *data, size_t size)
{
	struct rx_lines lines = {.kernel = rx_run_add_kernel(run, "k")};
	char *text = malloc(size + 1);
	char *rest = text, *line;

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	rx_lines_take(&lines, "up");
	rx_lines_take(&lines, "begin\ta/b");
	while ((line = strsep(&rest, "\n")))
		rx_lines_take(&lines, line);
	free(run->kernel[run->n - 1].complaint);
	run->kernel[run->n - 1].complaint = strdup(lines.stopped ? lines.stopped : "none");
	rx_lines_free(&lines);
	free(text);
}

static char *written(const struct rx_run *run, const char *format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out && !rx_run_report(run, format, out));
	fclose(out);
	must(strlen(text) == size);
	return text;
}

static void must_be_text(const char *text)
{
	char *clean = rx_utf8(text);

	must(!strcmp(clean, text));
	free(clean);
	for (; *text; text++)
		must(*text == '\n' || !iscntrl((unsigned char)*text));
}

/* A tag of ours: its name, and what it does to those that are open. */
static const char *must_be_tag(const char *at, char open[8][16], size_t *n)
{
	size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
	const char *end = at;

	if (*at == '?')
		return strstr(at, "?>") + 1;
	if (*at == '/') {
		must(*n && !strncmp(at + 1, open[*n - 1], strlen(open[*n - 1])));
		must(at[1 + strlen(open[--*n])] == '>');
		return strchr(at, '>');
	}
	must(length && length < 16 && *n < 8);
	for (bool quoted = false; *end != '>' || quoted; end++) {
		must(*end && *end != '<');
		quoted ^= *end == '"';
	}
	if (end[-1] != '/')
		snprintf(open[(*n)++], 16, "%.*s", (int)length, at);
	return end;
}

static void must_be_xml(const char *text)
{
	char open[8][16];
	size_t n = 0;

	for (const char *at = text; *at; at++) {
		if (*at == '<')
			at = must_be_tag(at + 1, open, &n);
		else
			must(*at != '>');
	}
	for (const char *at = text; (at = strchr(at, '&')); at++)
		must(!strncmp(at, "&amp;", 5) || !strncmp(at, "&lt;", 4) ||
		     !strncmp(at, "&gt;", 4) || !strncmp(at, "&quot;", 6));
	must(!n && !strstr(text, "\xef\xbf\xbe") && !strstr(text, "\xef\xbf\xbf"));
	must_be_text(text);
}

/* The whole of it is there: as many checks as there are. */
static void must_be_json(const struct rx_run *run, const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error), *kernels, *cases;

	must(root);
	kernels = json_object_get(root, "kernels");
	must(json_array_size(kernels) == run->n);
	for (size_t k = 0; k < run->n; k++) {
		cases = json_object_get(json_array_get(kernels, k), "cases");
		must(json_array_size(cases) == run->kernel[k].n);
		for (size_t i = 0; i < run->kernel[k].n; i++)
			must(json_array_size(json_object_get(json_array_get(cases, i), "checks")) ==
			     run->kernel[k].test[i].n);
	}
	json_decref(root);
}

static void must_be_valid(struct rx_run *run)
{
	static const char *const formats[] = {"json", "junit", "tap", "table", "markdown"};

	rx_run_judge(run);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *text = written(run, formats[i]);

		if (i == 0)
			must_be_json(run, text);
		else if (i == 1)
			must_be_xml(text);
		else if (i == 2)
			must_be_text(text);
		free(text);
	}
}

#endif
