/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for bash, zsh and fish, all from the command tables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cli/guess.h"

/* What a value or an operand may be. */
enum kind { NOTHING, WORDS, FILES, NETDEVS, LABS, ENDPOINTS };

/* What prints the words, one a line. A user who may not list the labs is offered none. */
static const char *const sources[] = {
	[NETDEVS] = "ls /sys/class/net",
	[LABS] = "rxelab list --names 2>/dev/null",
	[ENDPOINTS] = "rxelab list --endpoints 2>/dev/null",
};

/* "a|b": the words that a value may be; NULL where it may be others. */
static const char *values_of(const struct rx_option *option)
{
	const char *words = option->argument;

	if (option->choices || !words || !strchr(words, '|'))
		return option->choices;
	for (size_t i = 0; words[i]; i++)
		if (isupper((unsigned char)words[i]))
			return NULL;
	return words;
}

static enum kind kind_of_value(const struct rx_option *option)
{
	static const char *const files[] = {"FILE", "PATH", "DIR", "TREE", "LAB.yaml"};

	if (!rx_option_takes_value(option))
		return NOTHING;
	if (values_of(option))
		return WORDS;
	if (!strcmp(option->argument, "IF"))
		return NETDEVS;
	for (size_t i = 0; i < RX_ARRAY_SIZE(files); i++)
		if (strstr(option->argument, files[i]))
			return FILES;
	return NOTHING;
}

/* Of the first operand, as the synopsis has it. */
static enum kind kind_of_operand(const struct rx_command *command)
{
	const char *first = command->synopsis;

	if (islower((unsigned char)*first))
		return WORDS;
	if (strstr(first, "NAME/ENDPOINT"))
		return ENDPOINTS;
	if (!strncmp(first, "NAME", strlen("NAME")))
		return LABS;
	return strncmp(first, "LAB.yaml", strlen("LAB.yaml")) ? NOTHING : FILES;
}

/* "a|b" as "a b" */
static void put_choices(const char *choices)
{
	for (; *choices; choices++)
		putchar(*choices == '|' ? ' ' : *choices);
}

static void put_verbs(const struct rx_command *command)
{
	char verbs[128];

	fputs(rx_command_verbs(command, " ", verbs, sizeof(verbs)), stdout);
}

/* ---- bash ---- */

static void bash_value(const struct rx_command *command, const struct rx_option *option)
{
	enum kind kind = kind_of_value(option);

	if (kind != WORDS && kind <= FILES)
		return;
	printf("\t%s:--%s) values=\"", command->name, option->name);
	if (kind == WORDS)
		put_choices(values_of(option));
	else
		printf("$(%s)", sources[kind]);
	printf("\" ;;\n");
}

static void bash_command(const struct rx_command *command)
{
	printf("\t%s) words=\"", command->name);
	for (const struct rx_option *o = command->options; o && o->name; o++)
		printf("--%s ", o->name);
	printf("--verbose --help\" ;;\n");
}

static void bash_operands(const struct rx_command *command)
{
	enum kind kind = kind_of_operand(command);

	printf("\t%s) words=\"", command->name);
	if (kind == WORDS)
		put_verbs(command);
	else if (kind > FILES)
		printf("$(%s)", sources[kind]);
	printf("\" ;;\n");
}

static void bash(void)
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
		for (const struct rx_option *o = (*c)->options; o && o->name; o++)
			bash_value(*c, o);
	printf("\tesac\n\tif [ -n \"$values\" ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tif [[ $cur == -* ]]; then\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		bash_command(*c);
	printf("\t\tesac\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		bash_operands(*c);
	printf("\tesac\n\tCOMPREPLY=($(compgen -f -W \"$words\" -- \"$cur\"))\n}\n"
	       "complete -F _rxelab rxelab\n");
}

/* ---- zsh ---- */

/* Inside '...', and for _arguments inside [...]: what ends either is written otherwise. */
static void zsh_put(const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			printf("%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
}

/* ":what it is called:what it may be'"; what is to be read when it is asked for stands in "...". */
static void zsh_value(const struct rx_option *option)
{
	enum kind kind = kind_of_value(option);

	putchar(':');
	zsh_put(values_of(option) ? "value" : option->argument);
	putchar(':');
	if (kind > FILES) {
		printf("'\"($(echo $(%s)))\"", sources[kind]);
		return;
	}
	if (kind == WORDS) {
		putchar('(');
		put_choices(values_of(option));
		putchar(')');
	} else if (kind == FILES) {
		printf("_files");
	}
	putchar('\'');
}

static void zsh_option(const struct rx_option *option)
{
	bool value = rx_option_takes_value(option);

	printf(" \\\n\t\t\t'%s--%s%s[", option->type == RX_OPT_LIST ? "*" : "", option->name,
	       value ? "=" : "");
	zsh_put(option->help);
	putchar(']');
	if (value)
		zsh_value(option);
	else
		putchar('\'');
}

static void zsh_command(const struct rx_command *command)
{
	enum kind kind = kind_of_operand(command);

	printf("\t%s)\n\t\t_arguments", command->name);
	for (const struct rx_option *o = command->options; o && o->name; o++)
		zsh_option(o);
	printf(" \\\n\t\t\t'--verbose' '--help'");
	if (kind == FILES || kind == NOTHING) {
		printf(" '*: :_files' ;;\n");
		return;
	}
	printf(" \"*: :(");
	if (kind == WORDS)
		put_verbs(command);
	else
		printf("$(echo $(%s))", sources[kind]);
	printf(")\" ;;\n");
}

static void zsh(void)
{
	printf("#compdef rxelab\n# generated from rxelab's command tables\n"
	       "if (( CURRENT == 2 )); then\n\tlocal -a commands=(");
	for (const struct rx_command *const *c = rx_commands; *c; c++) {
		printf("\n\t\t'%s:", (*c)->name);
		zsh_put((*c)->summary);
		putchar('\'');
	}
	printf("\n\t)\n\t_describe command commands\n\treturn\nfi\n"
	       "local command=$words[2]\nshift words\n(( CURRENT-- ))\ncase $command in\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		zsh_command(*c);
	printf("esac\n");
}

/* ---- fish ---- */

static void fish_put(const char *text)
{
	for (; *text; text++)
		printf("%s%c", strchr("'\\", *text) ? "\\" : "", *text);
}

static void fish_words(enum kind kind, const char *choices)
{
	if (kind == WORDS) {
		printf(" -x -a '");
		put_choices(choices);
		putchar('\'');
	} else if (kind > FILES) {
		printf(" -x -a '(%s)'", sources[kind]);
	} else {
		printf(kind == FILES ? " -r -F" : " -x");
	}
}

static void fish_option(const struct rx_command *command, const struct rx_option *option)
{
	printf("complete -c rxelab -n '__fish_seen_subcommand_from %s' -l %s", command->name,
	       option->name);
	if (option->short_name)
		printf(" -s %c", option->short_name);
	if (rx_option_takes_value(option))
		fish_words(kind_of_value(option), values_of(option));
	printf(" -d '");
	fish_put(option->help);
	printf("'\n");
}

static void fish_command(const struct rx_command *command)
{
	enum kind kind = kind_of_operand(command);

	printf("complete -c rxelab -n __fish_use_subcommand -f -a %s -d '", command->name);
	fish_put(command->summary);
	printf("'\n");
	if (kind == WORDS || kind > FILES) {
		printf("complete -c rxelab -n '__fish_seen_subcommand_from %s' -f -a '",
		       command->name);
		if (kind == WORDS)
			put_verbs(command);
		else
			printf("(%s)", sources[kind]);
		printf("'\n");
	}
	for (const struct rx_option *o = command->options; o && o->name; o++)
		fish_option(command, o);
}

static void fish(void)
{
	printf("# fish completion for rxelab, generated from its command tables\n"
	       "complete -c rxelab -l help -d 'what a command does, and its options'\n"
	       "complete -c rxelab -l verbose -d 'each operation and the kernel\\'s reply'\n");
	for (const struct rx_command *const *c = rx_commands; *c; c++)
		fish_command(*c);
}

bool rx_completion_print(const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	for (size_t i = 0; i < RX_ARRAY_SIZE(shells); i++)
		if (!strcmp(shells[i].name, shell)) {
			shells[i].print();
			return true;
		}
	return false;
}
