/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -h, man page source and shell completion, all from the command tables. */
#include <stdio.h>
#include <string.h>

#include "netns/base/nearest.h"
#include "tools/cli/command.h"
#include "tools/cli/version.h"

const struct rx_command *rx_command_find(const char *name)
{
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

int rx_command_unknown(const char *name, struct rx_err *err)
{
	char near[64];

	return rx_usage_as(err, "command-unknown", "there is no command \"%s\"%s; see rxelab -h",
			   name, rx_did_you_mean(name, rx_command_names, near, sizeof(near)));
}

void rx_help_overview(void)
{
	printf("rxelab %s: one network card becomes a laboratory of independent RDMA endpoints\n\n"
	       "usage: rxelab [-v] COMMAND [OPTION...]\n"
	       "       rxelab COMMAND -h      rxelab --version\n\n",
	       RX_VERSION);
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	printf("\n"
	       "Exit status: 0 done or passed, 1 failed, 2 usage or bad lab file, 4 cannot run "
	       "here,\n"
	       "124 time limit. Results go to standard output, everything else to standard "
	       "error.\n");
}

static void option_left(const struct rx_option *option, char *buf, size_t size)
{
	const char *value = option->argument ? option->argument : option->choices;
	bool has_value = rx_option_takes_value(option);

	snprintf(buf, size, "%s%c%s--%s%s%s", option->short_name ? "-" : "",
		 option->short_name ? option->short_name : ' ', option->short_name ? ", " : "   ",
		 option->name, has_value ? " " : "", has_value ? value : "");
}

static void print_options(const struct rx_command *command)
{
	char left[160];

	printf("\noptions:\n");
	for (const struct rx_option *o = command->options; o && o->name; o++) {
		option_left(o, left, sizeof(left));
		if (strlen(left) > 30)
			printf("  %s\n  %-30s %s\n", left, "", o->help);
		else
			printf("  %-30s %s\n", left, o->help);
	}
	printf("  %-30s %s\n  %-30s %s\n", "-v, --verbose",
	       "each operation and the kernel's reply, on standard error", "-h, --help",
	       "this text");
}

static void print_synopsis(const struct rx_command *command, const char *first, const char *other)
{
	const char *line = command->synopsis;

	while (line) {
		size_t length = strcspn(line, "\n");

		printf("%srxelab %s%s%.*s\n", line == command->synopsis ? first : other,
		       command->name, length ? " " : "", (int)length, line);
		line = line[length] ? line + length + 1 : NULL;
	}
}

static void print_examples(const char *examples, const char *format)
{
	while (examples && *examples) {
		size_t command = strcspn(examples, "\t"),
		       meaning = strcspn(examples + command, "\n");

		printf(format, (int)command, examples, (int)(meaning ? meaning - 1 : 0),
		       examples + command + (meaning ? 1 : 0));
		examples += command + meaning;
		examples += *examples == '\n';
	}
}

void rx_help_command(const struct rx_command *command)
{
	print_synopsis(command, "usage: ", "       ");
	printf("\n%s\n", command->description);
	print_options(command);
	if (command->examples) {
		printf("\nexamples:\n");
		print_examples(command->examples, "  %.*s\n      %.*s\n");
	}
}

/* scdoc gives '*' and '_' a meaning; they appear here only as themselves. */
static void scdoc_escape(const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\#<>[]{}~", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void scdoc_options(const struct rx_command *command)
{
	char left[160];

	printf("\n# OPTIONS\n\n");
	for (const struct rx_option *o = command->options; o && o->name; o++) {
		option_left(o, left, sizeof(left));
		printf("*");
		scdoc_escape(left + strspn(left, " "));
		printf("*\n\t");
		scdoc_escape(o->help);
		printf("\n\n");
	}
	printf("*-v*, *--verbose*\n\tEach operation and the kernel's reply, on standard error.\n\n"
	       "*-h*, *--help*\n\tA short help.\n");
}

static void scdoc_paragraphs(const char *text)
{
	const char *line = text;

	while (*line) {
		size_t length = strcspn(line, "\n");
		char buf[1024];

		snprintf(buf, sizeof(buf), "%.*s", (int)length,
			 line + strspn(line, " \t") * (length > 0));
		scdoc_escape(buf);
		putchar('\n');
		line += length;
		line += *line == '\n';
	}
}

static void scdoc_one(const struct rx_command *command)
{
	printf("rxelab-%s(8) \"rxelab %s\"\n\n# NAME\n\nrxelab-%s - ", command->name, RX_VERSION,
	       command->name);
	scdoc_escape(command->summary);
	printf("\n\n# SYNOPSIS\n\n");
	for (const char *line = command->synopsis; line;) {
		size_t length = strcspn(line, "\n");
		char buf[1024];

		snprintf(buf, sizeof(buf), " %.*s", (int)length, line);
		printf("*rxelab %s*", command->name);
		scdoc_escape(buf);
		printf("%s\n", line[length] ? "++" : "");
		line = line[length] ? line + length + 1 : NULL;
	}
	printf("\n# DESCRIPTION\n\n");
	scdoc_paragraphs(command->description);
	scdoc_options(command);
	if (command->examples) {
		printf("\n# EXAMPLES\n\n```\n");
		print_examples(command->examples, "%.*s\n\t%.*s\n");
		printf("```\n");
	}
	printf("\n# EXIT STATUS\n\n"
	       "0 done or passed, 1 failed, 2 usage or bad lab file, 4 cannot run here, 124 time "
	       "limit.\n\n"
	       "# SEE ALSO\n\n*rxelab*(8), *rxelab-lab*(5)\n");
}

static void scdoc_overview(void)
{
	printf("rxelab(8) \"rxelab %s\"\n\n# NAME\n\n"
	       "rxelab - independent Soft-RoCE endpoints on one network card\n\n"
	       "# SYNOPSIS\n\n*rxelab* [-v] _COMMAND_ [_OPTION_...]\n\n# DESCRIPTION\n\n"
	       "rxelab turns one network card into a laboratory of independent RDMA endpoints: "
	       "each has a network namespace, a netdev and one Soft-RoCE (rdma\\_rxe) device of "
	       "its own, and so a GID of its own. It proves the GIDs distinct, runs verbs traffic "
	       "with checked payload between every pair, and takes everything down again.\n\n"
	       "# COMMANDS\n\n",
	       RX_VERSION);
	for (const struct rx_command *const *c = rx_commands; *c; c++) {
		printf("*rxelab-%s*(8)\n\t", (*c)->name);
		scdoc_escape((*c)->summary);
		printf("\n\n");
	}
	printf("# FILES\n\n_/run/rxelab/LAB/_\n"
	       "\tThe ledger of a running lab: what was made, and what was there before.\n\n"
	       "# EXIT STATUS\n\n"
	       "0 done or passed, 1 failed, 2 usage or bad lab file, 4 cannot run here, 124 time "
	       "limit, 255 a guest died.\n\n"
	       "# SEE ALSO\n\n*rxelab-lab*(5), *rdma-link*(8), *ip-netns*(8)\n");
}

void rx_help_scdoc(const struct rx_command *command)
{
	if (command)
		scdoc_one(command);
	else
		scdoc_overview();
}

static void completion_words(const struct rx_command *command)
{
	printf("\t%s) words=\"", command->name);
	for (const struct rx_option *o = command->options; o && o->name; o++)
		printf("--%s ", o->name);
	printf("--verbose --help\" ;;\n");
}

static void completion_choices(const struct rx_command *command)
{
	for (const struct rx_option *o = command->options; o && o->name; o++) {
		if (o->type != RX_OPT_CHOICE)
			continue;
		printf("\t%s:--%s) values=\"", command->name, o->name);
		for (const char *c = o->choices; *c; c++)
			putchar(*c == '|' ? ' ' : *c);
		printf("\" ;;\n");
	}
}

void rx_help_completion(void)
{
	printf("# bash completion for rxelab, generated from its command tables\n"
	       "_rxelab()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words "
	       "values=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords=\"");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		printf("%s ", (*c)->name);
	printf("--version --help\"\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]}:$prev in\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		completion_choices(*c);
	printf("\tesac\n\tif [ -n \"$values\" ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		completion_words(*c);
	printf("\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	       "\t*) COMPREPLY=($(compgen -f -W \"$(rxelab list --names 2>/dev/null)\" -- "
	       "\"$cur\")) ;;\n"
	       "\tesac\n}\n"
	       "complete -F _rxelab rxelab\n");
}
