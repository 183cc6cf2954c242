/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that prints an error and exits. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/describe.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/cli/version.h"
#include "tools/vm/vm.h"

static void trace_to_stderr(const char *line)
{
	fprintf(stderr, "rxelab: %s\n", line);
}

static int fail(const struct rx_err *err)
{
	char id[64] = "";

	rx_progress_clear();
	if (rx_tracing() && strcmp(err->id, RX_SEVERAL))
		snprintf(id, sizeof(id), " [%s]", err->id);
	/* a bad lab file gives several lines, each a sentence of its own */
	for (const char *line = err->text; line;) {
		size_t length = strcspn(line, "\n");
		bool last = !line[length];

		fprintf(stderr, "rxelab: %.*s%s\n", (int)length, line, last ? id : "");
		line = last ? NULL : line + length + 1;
	}
	return err->status;
}

/* Results that could not be written are not results. */
static int written(int rc)
{
	if (!fflush(stdout) && !ferror(stdout))
		return rc;
	fprintf(stderr, "rxelab: standard output: %s (the command itself %s)\n", strerror(errno),
		rc ? "failed" : "succeeded");
	return RX_FAILED;
}

/* The lab that the first operand names, also as NAME/ENDPOINT; NULL: none. Caller frees. */
static char *lab_of(const struct rx_invocation *inv)
{
	const char *synopsis = inv->command->synopsis;

	if (!synopsis || strncmp(synopsis, "NAME", 4) || !inv->n_operands)
		return NULL;
	return rx_strndup(inv->operands[0], strcspn(inv->operands[0], "/"));
}

static int run_command(const struct rx_command *command, int argc, char **argv)
{
	struct rx_err err = {.id = "failed", .status = RX_FAILED};
	struct rx_invocation inv;
	int rc = rx_options_parse(command, argc, argv, &inv, &err);

	if (!rc && command->prepare)
		rc = command->prepare(&inv, &err);
	if (!rc)
		rc = rx_require(command->needs, command->name, &err);
	rx_debug_kill_install();
	if (!rc)
		rc = command->run(&inv, &err);
	rx_progress_clear();
	if (rc < 0 && rx_wants_json(&inv)) {
		rx_autofree char *lab = lab_of(&inv);

		rx_json_failure(lab, &err);
	}
	rx_invocation_free(&inv);
	if (rc < 0)
		return fail(&err);
	return written(rc);
}

static int unknown_command(const char *word)
{
	struct rx_err err;

	rx_command_unknown(word, &err);
	return fail(&err);
}

/* Forms for our own files: the Makefile makes man pages and completion from them, a guest's first
 * process wants one. */
static int internal(int argc, char **argv)
{
	if (!strcmp(argv[0], "__completion")) {
		return rx_completion_print(argc > 1 ? argv[1] : "bash") ? RX_OK : -1;
	} else if (!strcmp(argv[0], "__commands")) {
		for (const struct rx_command *const *c = rx_commands; *c; c++)
			printf("%s\n", (*c)->name);
	} else if (!strcmp(argv[0], "__scdoc") && argc == 1) {
		rx_help_scdoc_commands();
	} else if (!strcmp(argv[0], "__scdoc")) {
		const struct rx_command *command = rx_command_find(argv[1]);

		if (!command)
			return unknown_command(argv[1]);
		rx_help_scdoc(command);
	} else if (!strcmp(argv[0], "__keys") && argc > 1) {
		rx_help_scdoc_keys(argv[1]);
	} else if (!strcmp(argv[0], "__schema")) {
		rx_json_print(rx_lab_schema(), stdout);
	} else if (!strcmp(argv[0], "__hold-udp-encap")) {
		return rx_vm_hold_udp_encap();
	} else {
		return -1;
	}
	return RX_OK;
}

/* -v and -h may stand anywhere before what is passed on ("--", or --rsh of exec). Removes them;
 * returns whether help was asked for. */
static bool take_common(int *argc, char **argv)
{
	const struct rx_command *command = NULL;
	bool help = false;
	int kept = 0, i;

	for (i = 0; i < *argc && !rx_options_end(command, argv[i]); i++) {
		if (!command)
			command = rx_command_find(argv[i]);
		if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "--verbose"))
			rx_set_trace(trace_to_stderr);
		else if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			help = true;
		else
			argv[kept++] = argv[i];
	}
	for (; i < *argc; i++)
		argv[kept++] = argv[i];
	*argc = kept;
	argv[kept] = NULL;
	return help;
}

int main(int argc, char **argv)
{
	const struct rx_command *command;
	bool help;
	int rc;

	argc--, argv++;
	help = take_common(&argc, argv);
	if (argc && !strcmp(argv[0], "--version")) {
		rx_version_print();
		return written(RX_OK);
	}
	if (!argc || !strcmp(argv[0], "help")) {
		if (argc > 1 && (command = rx_command_find(argv[1])))
			rx_help_command(command);
		else if (argc > 1)
			return unknown_command(argv[1]);
		else
			rx_help_overview();
		return written(argc || help ? RX_OK : RX_USAGE);
	}
	rc = internal(argc, argv);
	if (rc >= 0)
		return written(rc);
	command = rx_command_find(argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	if (help) {
		rx_help_command(command);
		return written(RX_OK);
	}
	return run_command(command, argc - 1, argv + 1);
}
