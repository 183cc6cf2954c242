/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -h and man page source, all from the command tables. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/nearest.h"
#include "netns/lab/describe.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/version.h"

#define EXIT_STATUS \
	"0 done or passed, 1 failed, 2 usage or bad lab file, 4 cannot run here, 124 time limit."

const struct rx_command *rx_command_find(const char *name)
{
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

/* Words of tools that our users know: ip, rdma, docker, containerlab. */
static const struct {
	const char *theirs, *ours;
} elsewhere[] = {
	{"ls", "list"},           {"ps", "list"},   {"status", "inspect"}, {"show", "inspect"},
	{"deploy", "up"},         {"create", "up"}, {"start", "up"},       {"destroy", "down"},
	{"delete", "down"},       {"rm", "down"},   {"stop", "down"},      {"test", "verify"},
	{"version", "--version"},
};

int rx_command_unknown(const char *word, struct rx_err *err)
{
	char near[64];

	for (size_t i = 0; i < RX_ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(word, elsewhere[i].theirs))
			return rx_usage(err, "command-unknown",
					"there is no command \"%s\"; it is called rxelab %s here",
					word, elsewhere[i].ours);
	return rx_usage(err, "command-unknown", "there is no command \"%s\"%s; see rxelab -h", word,
			rx_did_you_mean(word, rx_command_names, near, sizeof(near)));
}

/* "LEFT   text", folded in its column; a left that is too long has a line of its own. */
static void print_row(int width, const char *left, const char *text)
{
	if (strlen(left) > (size_t)width)
		printf("  %s\n  %*s ", left, width, "");
	else
		printf("  %-*s ", width, left);
	rx_print_folded(stdout, text, text + strlen(text), width + 3);
}

void rx_help_overview(void)
{
	const char *closing = "Exit status: " EXIT_STATUS
			      " Results go to standard output, everything else to standard error.";

	printf("rxelab %s: one network card becomes a lab of independent RDMA endpoints\n\n"
	       "usage: rxelab [-v] COMMAND [OPTION...]\n"
	       "       rxelab COMMAND -h      rxelab --version\n\n",
	       RX_VERSION);
	for (const struct rx_command *const *c = rx_commands; *c; c++) {
		const char *group = rx_command_group(*c);

		if (group)
			printf("%s%s:\n", c == rx_commands ? "" : "\n", group);
		print_row(10, (*c)->name, (*c)->summary);
	}
	putchar('\n');
	rx_print_folded(stdout, closing, closing + strlen(closing), 0);
}

static void option_left(const struct rx_option *option, char *buf, size_t size)
{
	const char *value = option->argument ? option->argument : option->choices;
	bool has_value = rx_option_takes_value(option);

	snprintf(buf, size, "%s%c%s--%s%s%s", option->short_name ? "-" : "",
		 option->short_name ? option->short_name : ' ', option->short_name ? ", " : "   ",
		 option->name, has_value ? " " : "", has_value ? value : "");
}

/* Where a command's text has its examples, or its end. */
static const char *examples_of(const char *text)
{
	const char *at = strstr(text, "\n\n  ");

	return at ? at : text + strlen(text);
}

static void print_options(const struct rx_command *command)
{
	char left[160];

	printf("\noptions:\n");
	for (const struct rx_option *o = command->options; o && o->name; o++) {
		option_left(o, left, sizeof(left));
		print_row(30, left, o->help);
	}
	print_row(30, "-v, --verbose", "each operation and the kernel's reply, on standard error");
	print_row(30, "-h, --help", "this text");
}

static void print_synopsis(const struct rx_command *command)
{
	const char *line, *end;

	for (line = command->synopsis; line; line = *end ? end + 1 : NULL) {
		end = line + strcspn(line, "\n");
		rx_print_folded(stdout, line, end,
				printf("%-7srxelab %s%s", line == command->synopsis ? "usage:" : "",
				       command->name, end > line ? " " : ""));
	}
}

void rx_help_command(const struct rx_command *command)
{
	const char *text = rx_command_text(command), *examples = examples_of(text);

	print_synopsis(command);
	putchar('\n');
	rx_print_folded(stdout, text, examples, 0);
	print_options(command);
	if (*examples)
		printf("\nexamples:%s", examples + 1);
}

/* scdoc gives '*' and '_' a meaning; they appear here only as themselves. A paragraph becomes one
 * line: "-" would begin a list on another. */
static void scdoc_escape(const char *text, const char *end)
{
	for (; text < end; text++) {
		if (strchr("*_\\#<>[]{}~", *text))
			putchar('\\');
		putchar(*text == '\n' && text[1] != '\n' && text[-1] != '\n' ? ' ' : *text);
	}
}

/* before TEXT after */
static void scdoc_put(const char *before, const char *text, const char *after)
{
	fputs(before, stdout);
	scdoc_escape(text, text + strlen(text));
	fputs(after, stdout);
}

static void scdoc_options(const struct rx_command *command)
{
	char left[160];

	printf("\n# OPTIONS\n\n");
	for (const struct rx_option *o = command->options; o && o->name; o++) {
		option_left(o, left, sizeof(left));
		scdoc_put("*", left + strspn(left, " "), "*\n\t");
		scdoc_put("", o->help, "\n\n");
	}
	printf("*-v*, *--verbose*\n\tEach operation and the kernel's reply, on standard error.\n\n"
	       "*-h*, *--help*\n\tA short help.\n");
}

void rx_help_scdoc(const struct rx_command *command)
{
	const char *text = rx_command_text(command), *examples = examples_of(text), *line, *end;

	printf("rxelab-%s(8) \"rxelab %s\"\n\n# NAME\n\n", command->name, RX_VERSION);
	scdoc_put("", "rxelab-", command->name);
	scdoc_put(" - ", command->summary, "\n\n# SYNOPSIS\n\n");
	for (line = command->synopsis; line; line = *end ? end + 1 : NULL) {
		end = line + strcspn(line, "\n");
		printf("*rxelab %s* ", command->name);
		scdoc_escape(line, end);
		printf("%s\n", *end ? "++" : "");
	}
	printf("\n# DESCRIPTION\n\n");
	scdoc_escape(text, examples);
	putchar('\n');
	scdoc_options(command);
	if (*examples)
		printf("\n# EXAMPLES\n\n```%s```\n", examples + 1);
	printf("\n# EXIT STATUS\n\n" EXIT_STATUS
	       "\n\n# SEE ALSO\n\n*rxelab*(8), *rxelab-lab*(5)\n");
}

void rx_help_scdoc_keys(const char *map)
{
	struct rx_key_text key;

	for (size_t i = 0; rx_lab_key(map, i, &key); i++) {
		scdoc_put("*", key.name, "*: ");
		scdoc_put("_", key.value, "_\n\t");
		scdoc_put("", key.meaning, "\n\n");
	}
}

void rx_help_scdoc_commands(void)
{
	for (const struct rx_command *const *c = rx_commands; *c; c++) {
		printf("*rxelab-%s*(8)\n", (*c)->name);
		scdoc_put("\t", (*c)->summary, "\n\n");
	}
}
