/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is. Each tools/cmd-*.c ends with one const struct rx_command; parsing, -h, the man
 * page and the shell completion all come from it, so they cannot drift apart. */
#ifndef RXELAB_TOOLS_CLI_COMMAND_H
#define RXELAB_TOOLS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

enum rx_option_type {
	RX_OPT_FLAG,      /* bool */
	RX_OPT_STRING,    /* const char * */
	RX_OPT_UINT,      /* unsigned */
	RX_OPT_SECONDS,   /* double, seconds */
	RX_OPT_CHOICE,    /* const char *, one of choices */
	RX_OPT_LIST,      /* struct rx_strings: may be given several times */
	/* bool; ends the options: every word behind it is passed on as if after "--" */
	RX_OPT_REST,
	RX_OPT_JSON,      /* bool-less short form: sets the const char * at offset to "json" */
};

struct rx_strings {
	const char **item;
	size_t n;
};

struct rx_option {
	const char *name;         /* without the dashes */
	char short_name;          /* 0: none */
	enum rx_option_type type;
	size_t offset;            /* into the command's option struct */
	const char *argument;     /* how help names the value: "S", "FILE" */
	const char *choices;      /* RX_OPT_CHOICE: "a|b|c" */
	const char *help;         /* one sentence, no full stop */
};

struct rx_invocation {
	const struct rx_command *command;
	void *options;            /* the command's option struct, zeroed, then filled */
	char **operands;          /* NULL-terminated, before "--" */
	size_t n_operands;
	char **rest;              /* NULL-terminated, after "--"; NULL if there was no "--" */
	size_t n_rest;
};

enum rx_needs {
	RX_NEEDS_NOTHING = 0,
	RX_NEEDS_ROOT = 1,        /* CAP_NET_ADMIN and CAP_SYS_ADMIN */
	RX_NEEDS_RXE = 2,         /* a kernel with InfiniBand, or modules for it */
	/* gives up every capability that making and unmaking labs does not need */
	RX_DROPS_REST = 4,
};

struct rx_command {
	const char *name;
	const char *synopsis; /* what follows "rxelab NAME"; several forms separated by newlines */
	const char *summary;  /* one line */
	const struct rx_option *options; /* ends with a NULL name; NULL: none */
	size_t options_size;
	size_t min_operands, max_operands;
	bool takes_rest; /* COMMAND ARG... after "--" */
	unsigned needs;  /* checked only after the command's prepare() */
	/* Judges operands, options and files before the machine is looked at (exit 2 comes from
	 * here); may be NULL. */
	int (*prepare)(struct rx_invocation *inv, struct rx_err *err);
	/* Returns an exit status >= 0, or a negative errno with err filled. */
	int (*run)(struct rx_invocation *inv, struct rx_err *err);
};

/* A prepare(): the operand is a lab's name. requirements.c */
int rx_prepare_lab(struct rx_invocation *inv, struct rx_err *err);

#define RX_OPTION_JSON(type_, member) \
	{"json", 0, RX_OPT_JSON, offsetof(type_, member), NULL, NULL, "short for --format json"}

/* Rows for a command whose option struct is called struct options. */
#define RX_OPTION(type_, name_, letter, member, argument_, choices_, help_) \
	{ \
		name_, letter, RX_OPT_##type_, offsetof(struct options, member), argument_, \
			choices_, help_ \
	}
#define RX_FLAG(name_, letter, member, help_) \
	RX_OPTION(FLAG, name_, letter, member, NULL, NULL, help_)
#define RX_STRING(name_, letter, member, argument_, help_) \
	RX_OPTION(STRING, name_, letter, member, argument_, NULL, help_)
#define RX_UINT(name_, letter, member, argument_, help_) \
	RX_OPTION(UINT, name_, letter, member, argument_, NULL, help_)
#define RX_SECONDS(name_, letter, member, help_) \
	RX_OPTION(SECONDS, name_, letter, member, "S", NULL, help_)
#define RX_CHOICE(name_, member, choices_, help_) \
	RX_OPTION(CHOICE, name_, 0, member, NULL, choices_, help_)
/* --format and --json */
#define RX_FORMAT(choices_, help_) \
	RX_CHOICE("format", format, choices_, help_), RX_OPTION_JSON(struct options, format)

/* commands.c; both end with NULL */
extern const struct rx_command *const rx_commands[];
extern const char *const rx_command_names[];
/* docs/man/NAME.txt, for -h and the man page: paragraphs that flow; then, indented, examples. */
const char *rx_command_text(const struct rx_command *command);
/* The title of the group of commands that this one is the first of, else NULL. */
const char *rx_command_group(const struct rx_command *command);

/* options.c */
int rx_options_parse(const struct rx_command *command, int argc, char **argv,
		     struct rx_invocation *inv, struct rx_err *err);
void rx_invocation_free(struct rx_invocation *inv);
bool rx_option_takes_value(const struct rx_option *option);
/* Whether --json or --format json was given. */
bool rx_wants_json(const struct rx_invocation *inv);
/* "--", or an option of the command that ends the options (RX_OPT_REST); command may be NULL. */
bool rx_options_end(const struct rx_command *command, const char *word);

/* debug-kill.c, for the tests that kill us everywhere: RXELAB_DEBUG_KILL=K sends SIGKILL
 * (RXELAB_DEBUG_SIGNAL: another number) to this process at the K-th boundary of an operation,
 * counted from 1; RXELAB_DEBUG_COUNT=FILE writes how many there were. Without these variables
 * nothing is installed. */
void rx_debug_kill_install(void);

/* help.c: text for -h, scdoc source of the man page */
void rx_help_overview(void);
void rx_help_command(const struct rx_command *command);
void rx_help_scdoc(const struct rx_command *command);
void rx_help_scdoc_commands(void);        /* their list in rxelab(8) */
void rx_help_scdoc_keys(const char *map); /* of a lab file, in rxelab-lab(5) */
const struct rx_command *rx_command_find(const char *name);
/* completion.c: a script for a shell to standard output; false: there is none for that shell. */
bool rx_completion_print(const char *shell);
/* No command is called so: names ours for another tool's word, or the nearest. RX_USAGE. */
int rx_command_unknown(const char *word, struct rx_err *err);

#endif
