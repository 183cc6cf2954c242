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
#include "tools/kernels/test.h"
#include "tools/kernels/cmd.h"
#include "tools/report/table.h"

static int complain(const char *path, struct rx_err *err)
{
	return rx_fail_as(err, "file-read", errno, "%s: %s", path, strerror(errno));
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
	complain(path, err);
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

/* One line of the fragment: "CONFIG_X=y". False: a comment or an empty line. */
static bool parse_line(const char *line, size_t *length, char *wanted)
{
	*length = strcspn(line, "=\n");
	*wanted = line[*length] == '=' ? line[*length + 1] : 0;
	return !strncmp(line, "CONFIG_", 7) && *wanted;
}

typedef void line_fn(const char *line, size_t length, char wanted, char is, bool optional,
		     void *context);

/* Call fn for every option of the fragment that config does not satisfy; "m" is satisfied by y. */
static void each_missing(const char *fragment, const char *config, line_fn *fn, void *context)
{
	bool optional = false;

	for (const char *line = fragment; line; line = strchr(line, '\n')) {
		size_t length;
		char wanted, is;

		line += *line == '\n';
		optional |= !strncmp(line, "# optional", 10);
		if (!parse_line(line, &length, &wanted))
			continue;
		is = value_of(config, line, length);
		if (is == 'n' || (wanted == 'y' && is == 'm'))
			fn(line, length, wanted, is, optional, context);
	}
}

struct listing {
	struct rx_table *table; /* NULL: as JSON */
	json_t *array;
	size_t needed, optional;
};

static void list_one(const char *line, size_t length, char wanted, char is, bool optional,
		     void *context)
{
	struct listing *listing = context;
	rx_autofree char *option = rx_strndup(line, length);
	const char wants[] = {wanted, '\0'}, has[] = {is, '\0'};

	*(optional ? &listing->optional : &listing->needed) += 1;
	if (listing->table)
		rx_table_row(listing->table,
			     (const char *const[]){option, wants, has,
						   optional ? "more to see" : "the suites"});
	else
		json_array_append_new(listing->array,
				      json_pack("{s:s, s:s, s:s, s:b}", "option", option, "wanted",
						wants, "is", has, "optional", optional));
}

/* What is missing, on standard output. Returns 1 when something needed is. */
static int show_missing(const char *tree, const char *fragment, const char *config, bool json)
{
	struct listing listing = {.array = json_array()};

	if (!json)
		listing.table = rx_table_new(4, (const char *const[]){"OPTION", "WANTED", "IS",
								      "FOR"});

	each_missing(fragment, config, list_one, &listing);
	if (json) {
		rx_json_print(json_pack("{s:s, s:i, s:O}", "tree", tree, "needed",
					(int)listing.needed, "missing", listing.array),
			      stdout);
	} else {
		rx_table_print(listing.table, stdout);
	}
	json_decref(listing.array);
	return listing.needed ? RX_FAILED : RX_OK;
}

static void append_one(const char *line, size_t length, char wanted, char is, bool optional,
		       void *context)
{
	(void)is;
	/* what only finds mistakes makes a kernel slow: that is for its developer to choose */
	if (!optional)
		fprintf(context, "%.*s=%c\n", (int)length, line, wanted);
}

/* kconfig takes the last of several lines for an option, and settles what follows from it (make
 * olddefconfig). */
static int append_missing(const char *path, const char *fragment, const char *config,
			  struct rx_err *err)
{
	FILE *out = fopen(path, "ae");

	if (!out)
		return complain(path, err);
	each_missing(fragment, config, append_one, out);
	return fclose(out) ? complain(path, err) : 0;
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

static void name_one(const char *line, size_t length, char wanted, char is, bool optional,
		     void *context)
{
	(void)wanted;
	(void)is;
	if (!optional)
		fprintf(context, " %.*s", (int)length, line);
}

char *rx_kernels_tree_lacks(const char *tree, struct rx_err *err)
{
	rx_autofree char *fragment = read_fragment(err), *path = NULL, *config = NULL;
	char *names = NULL;
	size_t size;
	FILE *out;

	path = rx_format("%s/.config", tree);
	config = fragment ? read_text(path, err) : NULL;
	out = config ? open_memstream(&names, &size) : NULL;
	if (!out)
		return NULL;
	each_missing(fragment, config, name_one, out);
	fclose(out);
	return names;
}

static int judge_tree(const struct rx_kernels_options *o, const char *tree, const char *fragment,
		      struct rx_err *err)
{
	rx_autofree char *path = NULL, *config = NULL;
	int rc = 0;

	path = rx_format("%s/.config", tree);
	config = read_text(path, err);
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
		return rx_usage_as(err, "operand-missing",
				   "kernels config: --merge needs the build tree to merge into");
	fputs(fragment, stdout);
	return RX_OK;
}
