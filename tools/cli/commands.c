/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command, in the order that -h shows them. */
#include "netns/base/embed.h"
#include "tools/cli/command.h"

/* one line each, in the order of -h; GROUP begins a group of them */
#define COMMANDS(GROUP, X) \
	GROUP("Make a lab and take it away") \
	X(up) \
	X(down) \
	X(recreate) \
	X(gc) \
	GROUP("Look at labs") \
	X(list) \
	X(inspect) \
	X(save) \
	X(graph) \
	X(watch) \
	GROUP("Prove, measure, disturb") \
	X(verify) \
	X(bench) \
	X(churn) \
	X(impair) \
	X(capture) \
	X(report) \
	GROUP("Work in endpoints and containers") \
	X(exec) \
	X(shell) \
	X(env) \
	X(attach) \
	X(detach) \
	X(reattach) \
	GROUP("This machine, kernels and modules") \
	X(doctor) \
	X(vm) \
	X(kernels) \
	X(module) \
	/* end */

#define NO_GROUP(title)
#define TITLE(title) {title, NULL},
#define MEMBER(name) {NULL, &rx_command_##name},
#define DECLARE(name) extern const struct rx_command rx_command_##name;
#define LIST(name) &rx_command_##name,
#define EMBED(name) RX_EMBED(rx_text_##name, "docs/man/" #name ".txt")
#define TEXT(name) rx_text_##name,
#define NAME(name) #name,

COMMANDS(NO_GROUP, DECLARE)
COMMANDS(NO_GROUP, EMBED)

const struct rx_command *const rx_commands[] = {COMMANDS(NO_GROUP, LIST) NULL};
const char *const rx_command_names[] = {COMMANDS(NO_GROUP, NAME) NULL};

const char *rx_command_text(const struct rx_command *command)
{
	static const char *const texts[] = {COMMANDS(NO_GROUP, TEXT)};
	size_t i = 0;

	while (rx_commands[i] != command)
		i++;
	return texts[i];
}

const char *rx_command_group(const struct rx_command *command)
{
	static const struct {
		const char *title;
		const struct rx_command *member;
	} listed[] = {COMMANDS(TITLE, MEMBER)};
	size_t i = 1; /* the first is a title */

	while (listed[i].member != command)
		i++;
	return listed[i - 1].title;
}
