/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels config: the options that a kernel needs, printed, compared with a build tree's .config,
 * merged into it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/cli/output.h"
#include "tools/kernels/cmd.h"
#include "tools/report/table.h"

static int complain(const char *path, const char *id, struct rx_err *err)
{
	return rx_fail(err, id, errno, "%s: %s", path, strerror(errno));
}

/* All of a text file. Caller frees; NULL with err filled. */
static char *read_text(const char *path, struct rx_err *err)
{
	char *text = rx_file_text(path, 16 << 20, NULL);

	if (text && *text)
		return text;
	if (text)
		errno = ENODATA;
	free(text);
	complain(path, "file-read", err);
	return NULL;
}

/* The value of option ("CONFIG_X") in a .config: 'y', 'm', or 'n' for what is not set or not there.
 * The last line for it counts, as in kconfig. */
static char value_of(const char *config, const char *option, size_t length)
{
	char value = 'n';

	for (const char *line = config; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, option, length) && line[length] == '=')
			value = line[length + 1] == 'm' ? 'm' : 'y';
	}
	return value;
}

/* Options of the fragment that a .config does not satisfy, one after the other; "m" is satisfied by
 * y. Begins as {.rest = FRAGMENT}. */
struct lack {
	const char *rest, *option;
	size_t length; /* of the option */
	char wanted, is;
	bool optional; /* it only finds mistakes, and makes a kernel slow */
};

static bool next_lack(struct lack *lack, const char *config)
{
	while (lack->rest) {
		const char *line = lack->rest, *end = strchr(line, '\n');

		lack->rest = end ? end + 1 : NULL;
		lack->optional |= !strncmp(line, "# optional", 10);
		lack->option = line;
		lack->length = strcspn(line, "=\n");
		if (strncmp(line, "CONFIG_", 7) || line[lack->length] != '=')
			continue;
		lack->wanted = line[lack->length + 1];
		lack->is = value_of(config, line, lack->length);
		if (lack->is == 'n' || (lack->wanted == 'y' && lack->is == 'm'))
			return true;
	}
	return false;
}

/* What is missing, on standard output. Returns 1 when something needed is. */
static int show_missing(const char *tree, const char *fragment, const char *config, bool json)
{
	static const char *const headings[] = {"OPTION", "WANTED", "IS", "FOR"};
	struct rx_table *table = json ? NULL : rx_table_new(4, headings);
	json_t *array = json ? json_array() : NULL;
	struct lack lack = {.rest = fragment};
	int needed = 0;

	while (next_lack(&lack, config)) {
		rx_autofree char *option = rx_strndup(lack.option, lack.length);
		const char wants[] = {lack.wanted, '\0'}, has[] = {lack.is, '\0'};
		const char *use = lack.optional ? "more to see" : "the suites";

		needed += !lack.optional;
		if (json)
			json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:b}", "option",
							       option, "wanted", wants, "is", has,
							       "optional", lack.optional));
		else
			rx_table_row(table, (const char *const[]){option, wants, has, use});
	}
	if (json)
		rx_json_print(json_pack("{s:s, s:i, s:o}", "tree", tree, "needed", needed,
					"missing", array),
			      stdout);
	else
		rx_table_print(table, stdout);
	return needed ? RX_FAILED : RX_OK;
}

/* kconfig takes the last of several lines for an option, and settles what follows from it (make
 * olddefconfig). What is optional is for the kernel's developer to choose. */
static int append_missing(const char *path, const char *fragment, const char *config,
			  struct rx_err *err)
{
	struct lack lack = {.rest = fragment};
	FILE *out = fopen(path, "ae");

	if (!out)
		return complain(path, "output-write", err);
	while (next_lack(&lack, config))
		if (!lack.optional)
			fprintf(out, "%.*s=%c\n", (int)lack.length, lack.option, lack.wanted);
	return fclose(out) ? complain(path, "output-write", err) : 0;
}

static int make_olddefconfig(const char *tree, struct rx_err *err)
{
	const char *const argv[] = {"make", "-s", "-C", tree, "olddefconfig", NULL};
	/* results alone go to standard output */
	rx_autoprocess make = {
		.argv = argv, .out = RX_OUTPUT_FD, .fd = STDERR_FILENO, .err = RX_OUTPUT_OURS};

	return rx_process_run(&make, err) ? rx_wrap(err, "%s: make olddefconfig", tree) : 0;
}

/* The fragment that comes with the program. Caller frees. */
static char *read_fragment(struct rx_err *err)
{
	rx_autofree char *dir = rx_suites_dir(err), *path = NULL;

	if (!dir)
		return NULL;
	path = rx_format("%s/kernel.config", dir);
	return read_text(path, err);
}

char *rx_kernels_tree_lacks(const char *tree, struct rx_err *err)
{
	rx_autofree char *fragment = read_fragment(err), *path = rx_format("%s/.config", tree);
	rx_autofree char *config = fragment ? read_text(path, err) : NULL;
	struct lack lack = {.rest = fragment};
	char *names = config ? rx_strdup("") : NULL;

	while (config && next_lack(&lack, config)) {
		char *before = names;

		if (lack.optional)
			continue;
		names = rx_format("%s %.*s", before, (int)lack.length, lack.option);
		free(before);
	}
	return names;
}

static int judge_tree(const struct rx_kernels_options *o, const char *tree, const char *fragment,
		      struct rx_err *err)
{
	rx_autofree char *path = rx_format("%s/.config", tree), *config = read_text(path, err);
	int rc;

	if (!config)
		return rx_wrap(err, "kernels config: make a configuration first (make defconfig)");
	if (o->merge) {
		rc = append_missing(path, fragment, config, err);
		if (!rc)
			rc = make_olddefconfig(tree, err);
		free(config);
		config = rc ? NULL : read_text(path, err);
		if (!config)
			return -err->code;
	}
	return show_missing(tree, fragment, config, o->format && !strcmp(o->format, "json"));
}

int rx_kernels_config(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_kernels_options *o = inv->options;
	rx_autofree char *fragment = read_fragment(err);

	if (!fragment)
		return -err->code;
	if (inv->n_operands > 1)
		return judge_tree(o, inv->operands[1], fragment, err);
	if (o->merge)
		return rx_usage(err, "operand-missing",
				"kernels config: --merge needs the build tree to merge into");
	fputs(fragment, stdout);
	return RX_OK;
}
