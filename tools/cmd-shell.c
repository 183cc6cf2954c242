/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/cli/command.h"
#include "tools/endpoint/enter.h"
#include "tools/endpoint/env.h"

struct options {
	const char *user;
};

static const struct rx_option options[] = {
	RX_STRING("user", 'u', user, "U",
		  "become this user (name or number) first, with that user's shell"),
	{NULL},
};

static int shell_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	if (!strchr(inv->operands[0], '/'))
		return rx_usage(err, "endpoint-name", "shell: \"%s\" is not NAME/ENDPOINT",
				inv->operands[0]);
	return 0;
}

/* bash takes its prompt from ~/.bashrc, whatever the environment says: give it a file that reads
 * that one first and then names the endpoint. The file has no name; its descriptor is closed by its
 * own last line. */
static int bash_rcfile(const char *operand, char *path, size_t size)
{
	rx_autofree char *quoted = rx_shell_quote(operand);
	int fd = memfd_create("rxelab-shell", 0);

	if (fd < 0)
		return -1;
	dprintf(fd,
		"[ -f /etc/bash.bashrc ] && . /etc/bash.bashrc\n"
		"[ -f ~/.bashrc ] && . ~/.bashrc\n"
		"PS1='['%s'] '\"$PS1\"\nexec %d<&-\n",
		quoted, fd);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return 0;
}

static int run_shell(const char *shell, const char *operand, struct rx_err *err)
{
	const char *base = strrchr(shell, '/') ? strrchr(shell, '/') + 1 : shell;
	char rcfile[64], prompt[256];
	char *with_rcfile[] = {(char *)shell, "--rcfile", rcfile, "-i", NULL},
	     *plain[] = {(char *)shell, NULL};

	snprintf(prompt, sizeof(prompt), "[%s] \\$ ", operand);
	/* dash and its like expand neither \$ nor \w */
	if (strcmp(base, "bash") && strcmp(base, "zsh"))
		snprintf(prompt, sizeof(prompt), "[%s] %c ", operand, geteuid() ? '$' : '#');
	setenv("PS1", prompt, 1);
	if (!strcmp(base, "bash") && isatty(STDIN_FILENO) &&
	    !bash_rcfile(operand, rcfile, sizeof(rcfile)))
		return rx_exec(with_rcfile, err);
	return rx_exec(plain, err);
}

static int shell_run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	rx_autofree struct passwd *user = opt->user ? rx_user_find(opt->user, err) : NULL;
	struct rx_enter enter = {.user = user};
	struct rx_view view;
	const char *shell;
	int rc;

	if (opt->user && !user)
		return -err->code;
	rc = rx_view_open_endpoint(inv->operands[0], &view, &enter.node, err);
	if (rc)
		return rc;
	enter.view = &view;
	rc = rx_enter(&enter, err);
	shell = getenv("SHELL");
	if (!rc)
		rc = run_shell(shell && *shell ? shell : "/bin/sh", inv->operands[0], err);
	rx_view_close(&view);
	return rc;
}

const struct rx_command rx_command_shell = {
	.name = "shell",
	.synopsis = "NAME/ENDPOINT [--user U]",
	.summary = "start a shell in an endpoint",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = shell_prepare,
	.run = shell_run,
};
