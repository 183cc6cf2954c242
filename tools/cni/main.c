/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxe-cni: environment and standard input in, one JSON document on standard output, status 0 or 1.
 * The only place here that prints and ends the process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "tools/cli/output.h"
#include "tools/cli/version.h"
#include "tools/cni/state.h"

/* bytes; a result with hundreds of addresses takes some ten thousand */
#define INPUT_MAX_SIZE (4u << 20)

static rx_cni_run *const answers[] = {
	[RX_CNI_ADD] = rx_cni_add,       [RX_CNI_DEL] = rx_cni_del,
	[RX_CNI_CHECK] = rx_cni_check,   [RX_CNI_GC] = rx_cni_gc,
	[RX_CNI_STATUS] = rx_cni_status, [RX_CNI_VERSION] = rx_cni_version,
};

static void log_to_stderr(const char *line)
{
	fprintf(stderr, "rxe-cni: %s\n", line);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Takes the value. */
static int print(json_t *value)
{
	if (!rx_json_print(value, stdout) && !fflush(stdout))
		return EXIT_SUCCESS;
	log_to_stderr("standard output: cannot be written");
	return EXIT_FAILURE;
}

static int usage(bool asked)
{
	fprintf(asked ? stdout : stderr,
		"rxe-cni %s: CNI plugin that puts an RXE device on a pod's interface; versions "
		"0.4.0, 1.0.0, 1.1.0 of the protocol.\n"
		"It is run by a container runtime, with CNI_COMMAND and its companions in the "
		"environment and a network configuration on standard input; see rxe-cni(8).\n",
		RX_VERSION);
	return asked ? EXIT_SUCCESS : RX_USAGE;
}

static int answer(const struct rx_cni_environment *env)
{
	struct rx_cni_error error = {0};
	struct rx_cni_request request;
	json_t *result = NULL;
	size_t length = 0;
	rx_autofree char *text = rx_fd_text(STDIN_FILENO, INPUT_MAX_SIZE, &length);
	int failed = text ? 0 : errno;
	int code = rx_cni_request_parse(env, text ? text : "", length, &request, &error);

	if (failed)
		code = rx_cni_fail(&error, RX_CNI_IO, strerror(failed),
				   "reading the network configuration failed");
	if (!code)
		code = answers[request.command](&request, &result, &error);
	if (code)
		print(rx_cni_error_json(&request, &error));
	else if (result && print(result))
		code = RX_CNI_IO;
	rx_cni_request_free(&request);
	return code ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct rx_cni_environment env = {
		.command = variable("CNI_COMMAND"),
		.container = variable("CNI_CONTAINERID"),
		.netns = variable("CNI_NETNS"),
		.ifname = variable("CNI_IFNAME"),
		.args = variable("CNI_ARGS"),
		.state_dir = RX_CNI_STATE_DIR,
		.log = log_to_stderr,
	};

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("rxe-cni %s\n", RX_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1)
		return usage(!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	if (!*env.command && isatty(STDIN_FILENO))
		return usage(false);
	return answer(&env);
}
