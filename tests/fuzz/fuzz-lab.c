/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a lab file: never a crash, always a sentence, and what is taken reads back as the
 * same lab. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/lab/routes.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static char *text_of(const struct rx_lab *lab)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out && !rx_lab_write(lab, out));
	fclose(out);
	return text;
}

static void judge_error(const struct rx_err *err)
{
	must(err->status == RX_USAGE && err->code && *err->text);
	for (const char *at = err->text; *at; at++)
		must(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f));
}

/* The same lab, when it is read back. */
static void judge_text(const struct rx_lab *lab)
{
	char *first = text_of(lab), *second;
	struct rx_err err;
	struct rx_lab again;

	must(!rx_lab_parse(first, strlen(first), "again", &again, &err));
	second = text_of(&again);
	must(!strcmp(first, second));
	free(first);
	free(second);
	rx_lab_free(&again);
}

static void judge_routes(const struct rx_lab *lab)
{
	struct rx_routes *routes = rx_routes_new(lab);
	size_t path[4], last = lab->n_endpoints - 1;

	if (lab->nodes[0].n_ifaces && lab->nodes[last].n_ifaces)
		rx_routes_path(routes, 0, 0, last, 0, AF_INET, path, 4);
	for (size_t i = 0; i < lab->n_nodes && i < 8; i++) {
		size_t n;

		free(rx_routes_of(routes, i, &n));
	}
	rx_routes_free(routes);
}

/* libfyaml 0.7.12 leaks the chunk list of a quoted word with dozens of doubled quotes
 * (fy_atom_iter_chunk_next). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_err err = {.text = ""};
	struct rx_lab lab;

	if (rx_lab_parse((const char *)data, size, "fuzz", &lab, &err)) {
		judge_error(&err);
		return 0;
	}
	judge_text(&lab);
	if (rx_lab_complete(&lab, &err)) {
		judge_error(&err);
	} else {
		judge_text(&lab);
		judge_routes(&lab);
	}
	rx_lab_free(&lab);
	return 0;
}
