/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/guess.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/nearest.h"
#include "netns/ledger/list.h"

int rx_guess_option(const struct rx_command *command, const char *word, struct rx_err *err)
{
	rx_autofree const char **names = NULL;
	rx_autofree char *name = rx_strdup(word + strspn(word, "-"));
	char near[64];
	size_t n = 0;

	name[strcspn(name, "=")] = '\0';
	for (const struct rx_option *o = command->options; o && o->name; o++)
		*(const char **)rx_array_add(&names, &n, sizeof(*names)) = o->name;
	*(const char **)rx_array_add(&names, &n, sizeof(*names)) = NULL;
	return rx_usage(err, "option-unknown", "%s: unknown option \"%s\"%s; see rxelab %s -h",
			command->name, word, rx_did_you_mean(name, names, near, sizeof(near)),
			command->name);
}

const char *rx_command_verbs(const struct rx_command *command, const char *between, char *buf,
			     size_t size)
{
	const char *form = command->synopsis;
	size_t used = 0;

	buf[0] = '\0';
	for (; islower((unsigned char)*form); form += !!*form) {
		int length = (int)strcspn(form, " \n");

		used += (size_t)snprintf(buf + used, size - used, "%s%.*s", used ? between : "",
					 length, form);
		if (used >= size)
			break;
		form += strcspn(form, "\n");
	}
	return buf;
}

int rx_guess_missing(const struct rx_command *command, struct rx_err *err)
{
	char verbs[128];

	if (*rx_command_verbs(command, ", ", verbs, sizeof(verbs)))
		return rx_usage(err, "operand-missing",
				"%s: what to do? One of %s; see rxelab %s -h", command->name, verbs,
				command->name);
	return rx_usage(err, "operand-missing", "%s: something is missing; usage: rxelab %s %.*s",
			command->name, command->name, (int)strcspn(command->synopsis, "\n"),
			command->synopsis);
}

int rx_guess_extra(const struct rx_command *command, char *const *operands, struct rx_err *err)
{
	const char *extra = operands[command->max_operands];

	if (command->takes_rest && command->max_operands)
		return rx_usage(err, "operand-extra",
				"%s: unexpected \"%s\"; a command goes behind \"--\": rxelab %s %s "
				"-- "
				"%s ...",
				command->name, extra, command->name, operands[0], extra);
	return rx_usage(err, "operand-extra", "%s: unexpected \"%s\"; see rxelab %s -h",
			command->name, extra, command->name);
}

static bool is_file_name(const char *word)
{
	const char *dot = strrchr(word, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static bool has_option(const struct rx_command *command, const char *name)
{
	for (const struct rx_option *o = command->options; o && o->name; o++)
		if (!strcmp(o->name, name))
			return true;
	return false;
}

int rx_guess_lab(const struct rx_command *command, const char *operand, struct rx_err *err)
{
	const char *slash = strchr(operand, '/');

	if (is_file_name(operand))
		return rx_usage(
			err, "lab-name",
			"%s: \"%s\" is a lab file; %s %s, or give the name of a lab that is up "
			"(rxelab list)",
			command->name, operand,
			has_option(command, "file") ? "write -f" : "its lab is made by rxelab up",
			operand);
	if (slash && slash != operand && slash[1])
		return rx_usage(
			err, "lab-name",
			"%s: \"%s\" is an endpoint; this command takes a lab: rxelab %s %.*s",
			command->name, operand, command->name, (int)(slash - operand), operand);
	return rx_ledger_check_name(operand, err);
}
