/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/page/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "netns/lab/lab.h"
#include "tools/cli/output.h"

#define MOST (256u << 20) /* bytes of a document: 1,000 endpoints, each with each of 250 */
#define MOST_WORDS 65536
#define GRACE 10.0 /* seconds for verify and bench to print what they have */
#define MOST_ARGUMENTS 16

static const char lab[] = ""; /* this pointer stands for the lab's name */

static const struct {
	const char *name;
	const char *keys[2]; /* that a document of this kind has; none: it is text */
	const char *command[8], *quick[8];
} kinds[RX_SOURCES] = {
	[RX_SOURCE_VERSION] = {"version", {NULL}, {"--version"}},
	[RX_SOURCE_INSPECT] = {"inspect", {"endpoints", "plane"}, {"inspect", lab, "--json"}},
	[RX_SOURCE_LAB_FILE] = {"lab file", {NULL}, {"save", lab}},
	[RX_SOURCE_GRAPH] = {"drawing", {NULL}, {"graph", lab, "--format", "svg"}},
	[RX_SOURCE_IMPAIR] = {"impairments",
			      {"impairments", "impairments"},
			      {"impair", lab, "--show", "--json"}},
	[RX_SOURCE_DOCTOR] = {"doctor", {"findings", "verdict"}, {"doctor", "--json"}},
	[RX_SOURCE_MODULE] = {"module", {"rdma_rxe", "helper"}, {"module", "status", "--json"}},
	[RX_SOURCE_VERIFY] = {"verify",
			      {"results", "passed"},
			      {"verify", lab, "--json"},
			      {"--pairs", "ring"}},
	[RX_SOURCE_BENCH] = {"bench",
			     {"results", "parameters"},
			     {"bench", lab, "--repeats", "3", "--json"},
			     {"--tests", "write-bw,tcp-bw,send-lat,tcp-lat", "--duration", "0.3"}},
};

const char *rx_source_name(enum rx_source_kind kind)
{
	return kinds[kind].name;
}

static bool is_kind(const json_t *document, size_t kind)
{
	const char *const *keys = kinds[kind].keys;

	if (!keys[0] || !json_object_get(document, keys[0]) || !json_object_get(document, keys[1]))
		return false;
	/* verify and bench say what was impaired, too */
	return kind != RX_SOURCE_IMPAIR || !json_object_get(document, "results");
}

static int take(struct rx_sources *sources, size_t kind, const char *of, const char *path,
		struct rx_err *err)
{
	struct rx_source *source = &sources->of[kind];

	if (source->file)
		return rx_usage(err, "option-combination",
				"--from: %s and %s are both of %s; a report shows one",
				source->file, path, kinds[kind].name);
	if (of && strcmp(of, sources->lab))
		return rx_usage(err, "lab-differs", "--from: %s is about lab %s, not %s", path, of,
				sources->lab);
	source->file = path;
	return 0;
}

static int read_document(struct rx_sources *sources, const char *path, const char *text,
			 struct rx_err *err)
{
	json_error_t error;
	json_t *document = json_loads(text, 0, &error);
	size_t kind = 0;
	int rc;

	if (!document)
		return rx_usage(err, "results-unreadable", "%s:%d:%d: %s", path, error.line,
				error.column, error.text);
	while (kind < RX_SOURCES && !is_kind(document, kind))
		kind++;
	rc = kind == RX_SOURCES
		     ? rx_usage(err, "results-unreadable",
				"--from: %s is nothing that a report shows: give what inspect, "
				"verify, bench, doctor, module status or impair --show print with "
				"--json, or a lab file",
				path)
		     : take(sources, kind, json_string_value(json_object_get(document, "lab")),
			    path, err);
	if (rc)
		json_decref(document);
	else
		sources->of[kind].document = document;
	return rc;
}

int rx_source_read(struct rx_sources *sources, const char *path, struct rx_err *err)
{
	rx_autofree char *text = NULL;
	struct rx_lab read;
	struct stat is;
	int rc;

	/* a lab file is read twice */
	if (!stat(path, &is) && !S_ISREG(is.st_mode))
		return rx_usage(err, "file-read", "--from: %s is no regular file", path);
	text = rx_file_text(path, MOST, NULL);
	if (!text)
		return rx_usage(err, "file-read", "--from: cannot read %s: %s", path,
				strerror(errno));
	if (text[strspn(text, " \t\r\n")] == '{')
		return read_document(sources, path, text, err);
	rc = rx_lab_parse_file(path, &read, err);
	if (!rc) {
		rc = take(sources, RX_SOURCE_LAB_FILE, read.name, path, err);
		rx_lab_free(&read);
	}
	if (!rc) {
		sources->of[RX_SOURCE_LAB_FILE].text = text;
		text = NULL;
	}
	return rc;
}

/* A word as a shell takes it. */
static void quote(const char *word, FILE *out)
{
	bool plain = *word;

	for (const char *c = word; *c; c++)
		plain &= isalnum((unsigned char)*c) || strchr("-_./:,=+@%", *c);
	if (plain) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

static char *shell_line(const char *const *argv)
{
	char *line = NULL;
	FILE *out = rx_text_stream(&line);

	fputs("rxelab", out);
	for (argv++; *argv; argv++) {
		fputc(' ', out);
		quote(*argv, out);
	}
	fclose(out);
	return line;
}

/* argv: room for MOST_ARGUMENTS */
static void command_of(const struct rx_sources *sources, size_t kind, const char **argv)
{
	const char *file = sources->of[RX_SOURCE_LAB_FILE].file;
	const char *const from_file[] = {"graph", "-f", file, "--format", "svg", NULL};
	const char *const *command = kinds[kind].command, *const *quick = kinds[kind].quick;

	if (kind == RX_SOURCE_GRAPH && sources->of[RX_SOURCE_INSPECT].file)
		command = from_file;
	*argv++ = "/proc/self/exe";
	for (; *command; command++)
		*argv++ = *command == lab ? sources->lab : *command;
	for (; sources->quick && *quick; quick++)
		*argv++ = *quick;
	*argv = NULL;
}

/* The error of a document, else what was said on standard error, else how it ended. */
static char *words_of(const json_t *document, int complaints, const struct rx_err *err)
{
	const char *error = json_string_value(json_object_get(document, "error"));
	rx_autofree char *said = NULL;
	char last[1024];

	if (error)
		return rx_strdup(error);
	if (complaints >= 0 && !lseek(complaints, 0, SEEK_SET))
		said = rx_fd_text(complaints, MOST_WORDS, NULL);
	if (said && *rx_last_words(said, last, sizeof(last)))
		return rx_strdup(last);
	return rx_strdup(err->code ? err->text : "it printed nothing that a report shows");
}

static bool is_text(size_t kind)
{
	return !kinds[kind].keys[0];
}

/* What a command printed is its document whatever its exit status: verify of a lab that fails has
 * one, and one that was cut short. */
static void keep(struct rx_source *source, size_t kind, char *output, int rc)
{
	json_t *document;

	if (is_text(kind)) {
		if (!rc && *output)
			source->text = rx_strdup(output);
		return;
	}
	document = json_loads(output, 0, NULL);
	if (document && !is_kind(document, kind) && !json_object_get(document, "error")) {
		json_decref(document);
		document = NULL;
	}
	source->document = document;
}

void rx_source_run(struct rx_sources *sources, enum rx_source_kind kind)
{
	struct rx_source *source = &sources->of[kind];
	const char *argv[MOST_ARGUMENTS];
	double began = rx_now(), left = sources->deadline - began;
	rx_autoclose int complaints = memfd_create("complaints", MFD_CLOEXEC);
	rx_autoprocess process = {.argv = argv,
				  .most = MOST,
				  .grace = GRACE,
				  .err = complaints < 0 ? RX_OUTPUT_DROPPED : RX_OUTPUT_FD,
				  .fd = complaints};
	struct rx_err err = {.code = 0};
	int rc;

	if (source->file)
		return;
	if (rx_passed(sources->deadline)) {
		source->words = rx_strdup("not run: the time limit of the report was reached");
		return;
	}
	command_of(sources, kind, argv);
	source->command = shell_line(argv);
	rx_progress("report %s: %s", sources->lab, source->command);
	process.seconds = sources->deadline > 0 ? left : 0;
	rc = rx_process_run(&process, &err);
	rx_progress_clear();
	source->seconds = rx_now() - began;
	keep(source, kind, process.output, rc);
	if (source->text || is_kind(source->document, kind))
		return;
	source->words = words_of(source->document, complaints, &err);
	json_decref(source->document);
	source->document = NULL;
}

void rx_sources_free(struct rx_sources *sources)
{
	for (size_t i = 0; i < RX_SOURCES; i++) {
		struct rx_source *source = &sources->of[i];

		free(source->command);
		json_decref(source->document);
		free(source->text);
		free(source->words);
	}
}
