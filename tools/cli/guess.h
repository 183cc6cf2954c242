/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody meant who wrote a command line that cannot be meant so. */
#ifndef RXELAB_TOOLS_CLI_GUESS_H
#define RXELAB_TOOLS_CLI_GUESS_H

#include "tools/cli/command.h"

/* An option that the command does not have: the nearest. word: as it was written, with its dashes.
 * RX_USAGE. */
int rx_guess_option(const struct rx_command *command, const char *word, struct rx_err *err);
/* The first word of each form of a command, where these are verbs ("build", "install"), with
 * between between them; "" for other commands. Returns buf. */
const char *rx_command_verbs(const struct rx_command *command, const char *between, char *buf,
			     size_t size);
/* An operand too few: the verbs of a command that has some, else its usage. RX_USAGE. */
int rx_guess_missing(const struct rx_command *command, struct rx_err *err);
/* The first operand too many. RX_USAGE. */
int rx_guess_extra(const struct rx_command *command, char *const *operands, struct rx_err *err);
/* 0 where the operand may be a lab's name; RX_USAGE, with what to write instead, where it is an
 * endpoint's or a lab file. */
int rx_guess_lab(const struct rx_command *command, const char *operand, struct rx_err *err);

#endif
