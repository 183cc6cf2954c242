/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: exact long names only, values after "=" or a space, "--" ends the options.
 * getopt_long(3) would accept any unambiguous prefix, which breaks scripts when an option is
 * added. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/cli/guess.h"

static const struct rx_option *find_long(const struct rx_command *command, const char *name,
					 size_t length)
{
	for (const struct rx_option *o = command->options; o && o->name; o++)
		if (strlen(o->name) == length && !strncmp(o->name, name, length))
			return o;
	return NULL;
}

static const struct rx_option *find_short(const struct rx_command *command, char name)
{
	for (const struct rx_option *o = command->options; o && o->name; o++)
		if (o->short_name && o->short_name == name)
			return o;
	return NULL;
}

bool rx_option_takes_value(const struct rx_option *option)
{
	return option->type != RX_OPT_FLAG && option->type != RX_OPT_JSON &&
	       option->type != RX_OPT_REST;
}

static const struct rx_option *rest_option(const struct rx_command *command, const char *word)
{
	const struct rx_option *option = command && !strncmp(word, "--", 2)
						 ? find_long(command, word + 2, strlen(word + 2))
						 : NULL;

	return option && option->type == RX_OPT_REST ? option : NULL;
}

bool rx_options_end(const struct rx_command *command, const char *word)
{
	return !strcmp(word, "--") || rest_option(command, word);
}

static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value), word;

	for (; *choices; choices += word + (choices[word] == '|')) {
		word = strcspn(choices, "|");
		if (word == length && !strncmp(choices, value, length))
			return true;
	}
	return false;
}

static int store_uint(const struct rx_option *option, const char *value, unsigned *slot,
		      struct rx_err *err)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || number > 0xffffffffUL)
		return rx_usage(err, "option-value", "--%s: \"%s\" is not a whole number",
				option->name, value);
	*slot = (unsigned)number;
	return 0;
}

static int store_seconds(const struct rx_option *option, const char *value, double *slot,
			 struct rx_err *err)
{
	char *end;
	double number = strtod(value, &end);

	if (end != value && !strcmp(end, "s"))
		end++;
	if (end == value || *end || !isfinite(number) || number <= 0)
		return rx_usage(err, "option-value",
				"--%s: \"%s\" is not a number of seconds above 0", option->name,
				value);
	*slot = number;
	return 0;
}

static int store(const struct rx_option *option, const char *value, char *options,
		 struct rx_err *err)
{
	void *slot = options + option->offset;
	struct rx_strings *list = slot;

	switch (option->type) {
	case RX_OPT_FLAG:
	case RX_OPT_REST:
		*(bool *)slot = true;
		return 0;
	case RX_OPT_JSON:
		*(const char **)slot = "json";
		return 0;
	case RX_OPT_STRING:
		*(const char **)slot = value;
		return 0;
	case RX_OPT_UINT:
		return store_uint(option, value, slot, err);
	case RX_OPT_SECONDS:
		return store_seconds(option, value, slot, err);
	case RX_OPT_CHOICE:
		if (!is_choice(option->choices, value))
			return rx_usage(err, "option-value", "--%s: \"%s\" is not one of %s",
					option->name, value, option->choices);
		*(const char **)slot = value;
		return 0;
	case RX_OPT_LIST:
		*(const char **)rx_array_add(&list->item, &list->n, sizeof(*list->item)) = value;
		return 0;
	}
	return 0;
}

/* argv[*at] is an option; moves *at past it and its value. */
static int parse_one(const struct rx_command *command, int argc, char **argv, int *at,
		     char *options, struct rx_err *err)
{
	const char *word = argv[(*at)++], *value = NULL;
	const struct rx_option *option;
	bool is_long = word[1] == '-';
	size_t length = is_long ? strcspn(word + 2, "=") : 1;

	option = is_long ? find_long(command, word + 2, length) : find_short(command, word[1]);
	if (!option || (!is_long && word[2] && !rx_option_takes_value(option)))
		return rx_guess_option(command, word, err);
	if (is_long && word[2 + length] == '=')
		value = word + 2 + length + 1;
	else if (!is_long && word[2])
		value = word + 2;
	if (value && !rx_option_takes_value(option))
		return rx_usage(err, "option-argument", "%s: option --%s takes no value",
				command->name, option->name);
	if (!value && rx_option_takes_value(option)) {
		if (*at >= argc)
			return rx_usage(err, "option-argument",
					"%s: option --%s needs a value (%s)", command->name,
					option->name,
					option->argument ? option->argument : option->choices);
		value = argv[(*at)++];
	}
	return store(option, value, options, err);
}

static int check_counts(const struct rx_command *command, const struct rx_invocation *inv,
			struct rx_err *err)
{
	if (inv->n_operands < command->min_operands)
		return rx_guess_missing(command, err);
	if (inv->n_operands > command->max_operands)
		return rx_guess_extra(command, inv->operands, err);
	if (inv->rest && !command->takes_rest)
		return rx_usage(err, "operand-extra",
				"%s: takes no command after \"--\"; see rxelab %s -h",
				command->name, command->name);
	return 0;
}

int rx_options_parse(const struct rx_command *command, int argc, char **argv,
		     struct rx_invocation *inv, struct rx_err *err)
{
	int at = 0, rc;

	memset(inv, 0, sizeof(*inv));
	inv->command = command;
	inv->options = rx_alloc(1, command->options_size + 1);
	inv->operands = rx_alloc((size_t)argc + 1, sizeof(*inv->operands));
	while (at < argc) {
		if (rx_options_end(command, argv[at])) {
			const struct rx_option *option = rest_option(command, argv[at]);

			if (option)
				*(bool *)((char *)inv->options + option->offset) = true;
			inv->rest = argv + at + 1;
			inv->n_rest = (size_t)(argc - at - 1);
			break;
		}
		if (argv[at][0] == '-' && argv[at][1]) {
			rc = parse_one(command, argc, argv, &at, inv->options, err);
			if (rc)
				return rc;
		} else {
			inv->operands[inv->n_operands++] = argv[at++];
		}
	}
	return check_counts(command, inv, err);
}

bool rx_wants_json(const struct rx_invocation *inv)
{
	for (const struct rx_option *o = inv->command->options; o && o->name; o++) {
		const char *const *format = (const void *)((char *)inv->options + o->offset);

		if (o->type == RX_OPT_JSON && *format && !strcmp(*format, "json"))
			return true;
	}
	return false;
}

void rx_invocation_free(struct rx_invocation *inv)
{
	for (const struct rx_option *o = inv->command->options; o && o->name; o++)
		if (o->type == RX_OPT_LIST)
			free(((struct rx_strings *)((char *)inv->options + o->offset))->item);
	free(inv->options);
	free(inv->operands);
	memset(inv, 0, sizeof(*inv));
}
