/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any words as a command line: the first byte chooses the command, NUL bytes end words. It is taken
 * or refused with a sentence; what the command judges before it looks at the machine is judged
 * too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/command.h"

#define MAX_WORDS 40

static size_t n_commands(void)
{
	size_t n = 0;

	while (rx_commands[n])
		n++;
	return n;
}

static void judge_error(int rc, const struct rx_err *err)
{
	if (rc < 0 && (err->code != -rc || !*err->text))
		abort();
}

/* Files that a fuzzer names by chance are not opened, and up's lab lives on to run(), which is not
 * called here. */
static int judgeable(const struct rx_invocation *inv)
{
	for (size_t i = 0; i < inv->n_operands; i++)
		if (!access(inv->operands[i], F_OK))
			return 0;
	return inv->command->prepare && strcmp(inv->command->name, "up");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_err err = {.text = ""};
	struct rx_invocation inv;
	char *words[MAX_WORDS + 1], *text, *word;
	int n = 0, rc;

	if (!size)
		return 0;
	text = calloc(size + 1, 1);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	for (word = text; word < text + size - 1 && n < MAX_WORDS; word += strlen(word) + 1)
		words[n++] = word;
	words[n] = NULL;
	rx_command_find(n ? words[0] : "");
	rx_command_unknown(n ? words[0] : "", &err);
	rc = rx_options_parse(rx_commands[data[0] % n_commands()], n, words, &inv, &err);
	judge_error(rc, &err);
	if (!rc && judgeable(&inv))
		judge_error(inv.command->prepare(&inv, &err), &err);
	rx_invocation_free(&inv);
	free(text);
	return 0;
}
