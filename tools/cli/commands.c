/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command, in the order that -h shows them. */
#include "netns/base/embed.h"
#include "tools/cli/command.h"

/* one line each, in the order of -h */
#define COMMANDS(X) \
	X(up) \
	X(down) \
	X(recreate) \
	X(gc) \
	X(list) \
	X(inspect) \
	X(save) \
	X(verify) \
	X(bench) \
	X(churn) \
	X(graph) \
	X(impair) \
	X(capture) \
	X(watch) \
	X(attach) \
	X(detach) \
	X(reattach) \
	X(exec) \
	X(shell) \
	X(env) \
	X(vm) \
	X(kernels) \
	X(module) \
	X(doctor) \
	/* end */

#define DECLARE(name) extern const struct rx_command rx_command_##name;
#define LIST(name) &rx_command_##name,
#define EMBED(name) RX_EMBED(rx_text_##name, "docs/man/" #name ".txt")
#define TEXT(name) rx_text_##name,
#define NAME(name) #name,

COMMANDS(DECLARE)
COMMANDS(EMBED)

const struct rx_command *const rx_commands[] = {COMMANDS(LIST) NULL};
const char *const rx_command_names[] = {COMMANDS(NAME) NULL};

const char *rx_command_text(const struct rx_command *command)
{
	static const char *const texts[] = {COMMANDS(TEXT)};
	size_t i = 0;

	while (rx_commands[i] != command)
		i++;
	return texts[i];
}
