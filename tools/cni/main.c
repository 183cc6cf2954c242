/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxe-cni: environment and standard input in, one JSON document on standard output, status 0 or 1.
 * The only place here that prints and ends the process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/cli/version.h"
#include "tools/cni/cni.h"

/* bytes; a result with hundreds of addresses takes some ten thousand */
#define MAX_INPUT (4u << 20)

static rx_cni_run *const answers[] = {
	[RX_CNI_ADD] = rx_cni_add,
	[RX_CNI_DEL] = rx_cni_del,
	[RX_CNI_CHECK] = rx_cni_check,
	[RX_CNI_GC] = rx_cni_gc,
	[RX_CNI_STATUS] = rx_cni_status,
	[RX_CNI_VERSION] = rx_cni_version,
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

/* All of standard input; NULL with errno: it failed or is longer than anything that makes sense. */
static char *read_input(size_t *length)
{
	char *text = malloc(MAX_INPUT + 1);
	ssize_t got;

	*length = 0;
	while (text && *length <= MAX_INPUT) {
		got = read(STDIN_FILENO, text + *length, MAX_INPUT + 1 - *length);
		if (!got)
			return text;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		*length += (size_t)got;
	}
	errno = *length > MAX_INPUT ? EFBIG : errno;
	free(text);
	return NULL;
}

/* Takes the value. */
static int print(json_t *value)
{
	if (json_dumpf(value, stdout, JSON_INDENT(2)) || putchar('\n') == EOF || fflush(stdout)) {
		log_to_stderr("standard output: cannot be written");
		return EXIT_FAILURE;
	}
	json_decref(value);
	return EXIT_SUCCESS;
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
	rx_autofree char *text = read_input(&length);
	int code = rx_cni_request_parse(env, text ? text : "", length, &request, &error);

	if (!text)
		code = rx_cni_fail(&error, RX_CNI_IO, strerror(errno),
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
	struct rx_cni_environment env = {variable("CNI_COMMAND"), variable("CNI_CONTAINERID"),
					 variable("CNI_NETNS"), variable("CNI_IFNAME"),
					 variable("CNI_ARGS")};

	rx_cni_log = log_to_stderr;
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
