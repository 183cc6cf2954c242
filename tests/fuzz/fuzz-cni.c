/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what a runtime hands to rxe-cni: five lines of environment, then the configuration;
 * and as a state file. Never a crash; a code and its error object, or a request whose parts can be
 * used. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cni/pod.h"
#include "tools/cni/state.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Cut off a line, as a string of its own. */
static char *take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t length = end ? (size_t)(end - *data) : *size;
	char *line = calloc(1, length + 1);

	must(line);
	memcpy(line, *data, length);
	*data += length + (end != NULL);
	*size -= length + (end != NULL);
	return line;
}

static void judge_error(const struct rx_cni_request *request, const struct rx_cni_error *error,
			int code)
{
	json_t *object = rx_cni_error_json(request, error);

	must(code == error->code && code > 0 && *error->msg && object &&
	     json_object_size(object) == 5);
	json_decref(object);
}

static void judge_name(const char *name)
{
	must(*name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."));
}

static void judge_cdi(const struct rx_cni_request *request,
		      const struct rx_cni_interface *interface)
{
	char name[512];
	json_t *document = rx_cni_cdi_json(rx_cni_cdi_name(request, name, sizeof(name)), "rxc.0",
					   "uverbs0", 1, 2, 3, interface);
	char *text = json_dumps(document, 0);

	judge_name(name);
	must(document && text);
	free(text);
	json_decref(document);
}

static void judge_request(const struct rx_cni_request *request)
{
	struct rx_cni_interface interface;
	struct rx_cni_error error;
	struct rx_cni_state state;
	int code;

	if (request->command == RX_CNI_VERSION)
		return;
	judge_name(request->network);
	must(!strcmp(request->version, "0.4.0") || !strcmp(request->version, "1.0.0") ||
	     !strcmp(request->version, "1.1.0"));
	if (request->command != RX_CNI_ADD && request->command != RX_CNI_CHECK)
		return;
	judge_name(request->env.container);
	judge_name(request->env.ifname);
	must(json_is_object(request->prev) && request->timeout);
	rx_cni_state_key(request->network, request->env.container, request->env.ifname, &state);
	rx_cni_cdi_path(request, &state);
	code = rx_cni_interface_of(request, &interface, &error);
	if (code)
		judge_error(request, &error, code);
	else
		judge_cdi(request, &interface);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	struct rx_cni_state state;
	char *line[5];
	size_t i;
	int code;

	rx_cni_state_parse((const char *)data, size, &state);
	for (i = 0; i < RX_ARRAY_SIZE(line); i++)
		line[i] = take_line(&data, &size);
	const struct rx_cni_environment env = {line[0], line[1], line[2], line[3],
					       line[4], NULL,    NULL};

	code = rx_cni_request_parse(&env, (const char *)data, size, &request, &error);
	if (code)
		judge_error(&request, &error, code);
	else
		judge_request(&request);
	rx_cni_request_free(&request);
	for (i = 0; i < RX_ARRAY_SIZE(line); i++)
		free(line[i]);
	return 0;
}
