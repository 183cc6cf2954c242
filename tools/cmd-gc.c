/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/lab/gc.h"

struct options {
	bool dry_run;
	const char *format;
};

static const struct rx_option options[] = {
	RX_FLAG("dry-run", 'n', dry_run, "only say what would be removed"),
	RX_FORMAT("table|json", "how to print it"),
	{NULL},
};

static const char *outcome(const struct rx_leftover *item, bool dry_run)
{
	if (item->foreign)
		return "left alone";
	return dry_run ? "would be removed" : item->removed ? "removed" : "not removed";
}

static void print_json(const struct rx_leftovers *list, bool dry_run)
{
	json_t *items = json_array();
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct rx_leftover *item = &list->item[i];

		json_array_append_new(items,
				      json_pack("{s:s,s:s,s:s,s:s,s:s?,s:o}", "kind", item->kind,
						"name", item->name, "reason", item->reason,
						"outcome", outcome(item, dry_run), "id", item->id,
						"error", rx_json_string(item->problem)));
	}
	rx_json_print(json_pack("{s:b,s:o}", "dry_run", dry_run, "leftovers", items), stdout);
}

static void print_lines(const struct rx_leftovers *list, bool dry_run)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		printf("%s %s: %s: %s%s%s\n", list->item[i].kind, list->item[i].name,
		       outcome(&list->item[i], dry_run), list->item[i].reason,
		       list->item[i].problem[0] ? "; " : "", list->item[i].problem);
	if (!list->n)
		printf("nothing is left over\n");
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	struct rx_leftovers list;
	size_t failed = 0;

	if (rx_gc_find(&list, err))
		return -err->code;
	if (!o->dry_run)
		failed = rx_gc_remove(&list);
	if (o->format && !strcmp(o->format, "json"))
		print_json(&list, o->dry_run);
	else
		print_lines(&list, o->dry_run);
	free(list.item);
	return failed ? RX_FAILED : RX_OK;
}

const struct rx_command rx_command_gc = {
	.name = "gc",
	.synopsis = "[OPTION...]",
	.summary = "remove what killed commands left behind",
	.options = options,
	.options_size = sizeof(struct options),
	.needs = RX_NEEDS_ROOT | RX_DROPS_REST,
	.run = run,
};
