/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab watch: what a lab does, as it does it. */
#include <string.h>
#include <unistd.h>

#include "tools/cli/guess.h"
#include "tools/cli/stop.h"
#include "tools/watch/watch.h"

struct options {
	const char *sort, *show, *filter, *format;
	double interval;
	unsigned count, rows;
	bool lines, reverse;
};

static const struct rx_option options[] = {
	RX_SECONDS("interval", 'i', interval, "seconds between readings (default 1)"),
	RX_UINT("count", 'c', count, "N", "end after N readings"),
	RX_CHOICE("sort", sort, "name|tx|rx|sent|rcvd|retries|errors|drops",
		  "by what: figures the largest first (default name: as in the lab)"),
	RX_FLAG("reverse", 'r', reverse, "the other way round"),
	RX_CHOICE("show", show, "all|busy|faulty|impaired", "which endpoints"),
	RX_STRING("filter", 0, filter, "TEXT",
		  "only those with TEXT in their name, network, netdev or address"),
	RX_UINT("rows", 0, rows, "N", "line mode: the first N of each reading"),
	RX_FLAG("lines", 'l', lines,
		"a line for each endpoint and reading, as where standard output is no terminal"),
	RX_FORMAT("table|json", "json: an object a line for each reading"),
	{NULL},
};

static int choice(const char *const names[], const char *name)
{
	int i;

	for (i = 0; name && names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	return 0;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;

	if (o->filter && strlen(o->filter) >= sizeof(((struct rx_watch_order *)0)->filter))
		return rx_usage(err, "option-value",
				"watch: --filter: \"%s\" is too long to be part of a name or an "
				"address",
				o->filter);
	if (o->interval && (o->interval < 0.1 || o->interval > 86400))
		return rx_usage(err, "option-value",
				"watch: --interval: %g s is not in 0.1 .. 86400", o->interval);
	return rx_guess_lab(inv->command, inv->operands[0], err);
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	bool json = o->format && !strcmp(o->format, "json");
	bool lines = json || o->lines || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO);
	struct rx_watch watch = {
		.interval = o->interval ? o->interval : 1,
		.limit = o->rows,
		.order = {.key = (enum rx_watch_key)choice(rx_watch_key_names, o->sort),
			  .reverse = o->reverse,
			  .show = (enum rx_watch_show)choice(rx_watch_show_names, o->show)},
	};
	int rc;

	snprintf(watch.lab, sizeof(watch.lab), "%.*s", RX_LAB_NAME_MAX, inv->operands[0]);
	snprintf(watch.order.filter, sizeof(watch.order.filter), "%s", o->filter ? o->filter : "");
	rx_stop_catch();
	rc = rx_watch_open(&watch, err);
	if (!rc && lines)
		rc = rx_watch_lines(&watch, o->count, json, &rx_stopped, err);
	else if (!rc)
		rc = rx_watch_screen(&watch, o->count, &rx_stopped, err);
	rx_watch_close(&watch);
	return rc;
}

const struct rx_command rx_command_watch = {
	.name = "watch",
	.synopsis = "NAME [--interval S] [--count N] [--sort KEY] [--show WHICH] [--filter TEXT] "
		    "[--lines|--json]",
	.summary = "show endpoints, rates, errors and impairments of a lab, live",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
