/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/impair.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"

#define IMPAIR_WAIT 30.0        /* seconds */
#define WITHOUT_LIMIT "100gbit" /* far more than RXE sends */

static int malformed(const char *text, struct rx_err *err)
{
	return rx_usage(err, "option-value",
			"--at: \"%s\" is not of the form \"impair ENDPOINT loss=5%%\"", text);
}

/* "loss=5%" to two words. */
static int add_pair(struct rx_event *event, char *pair, struct rx_impair *impair,
		    struct rx_err *err)
{
	char *equals = strchr(pair, '=');

	if (!equals || event->n_words + 2 > RX_ARRAY_SIZE(event->words))
		return malformed(event->text, err);
	*equals = '\0';
	if (strlen(pair) >= sizeof(event->words[0]) ||
	    strlen(equals + 1) >= sizeof(event->words[0]))
		return malformed(event->text, err);
	if (rx_impair_parse(pair, equals + 1, impair, err))
		return rx_wrap(err, "--at");
	snprintf(event->words[event->n_words++], sizeof(event->words[0]), "%s", pair);
	snprintf(event->words[event->n_words++], sizeof(event->words[0]), "%s", equals + 1);
	return 0;
}

int rx_event_read(double at, const char *text, struct rx_event *event, struct rx_err *err)
{
	rx_autofree char *copy = rx_strdup(text);
	struct rx_impair impair = {0};
	char *saved = NULL, *word = strtok_r(copy, " ", &saved);
	int rc = 0;

	memset(event, 0, sizeof(*event));
	if (strlen(text) >= sizeof(event->text) || !word || strcmp(word, "impair"))
		return malformed(text, err);
	event->at = at;
	snprintf(event->text, sizeof(event->text), "%s", text);
	word = strtok_r(NULL, " ", &saved);
	if (!word || strlen(word) >= sizeof(event->target) || strchr(word, '='))
		return malformed(text, err);
	snprintf(event->target, sizeof(event->target), "%s", word);
	while (!rc && (word = strtok_r(NULL, " ", &saved)))
		rc = add_pair(event, word, &impair, err);
	if (!rc && !event->n_words)
		rc = malformed(text, err);
	return rc ? rc : rx_impair_judge(&impair, "--at", err);
}

int rx_event_judge(const struct rx_event *event, const struct rx_view *view, struct rx_err *err)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;

	bool named = false;

	while (event->at > 0 && rx_view_next(view, &node, &iface)) {
		if (!rx_view_is_named(event->target, node, iface))
			continue;
		named = true;
		if (rx_impair_any(&iface->impair))
			return rx_fail(err, "impair-there", EBUSY,
				       "--at: %s of lab %s is impaired already; take that away "
				       "first: rxelab impair %s/%s --clear",
				       event->target, view->lab.name, view->lab.name,
				       event->target);
	}
	return named || event->at <= 0
		       ? 0
		       : rx_fail(err, "endpoint-unknown", ENOENT,
				 "--at: lab %s has no endpoint, router or network \"%s\"",
				 view->lab.name, event->target);
}

int rx_event_do(const struct rx_event *event, const char *lab, enum rx_event_step step,
		struct rx_err *err)
{
	rx_autofree char *operand = rx_format("%s/%s", lab, event->target);
	char options[RX_ARRAY_SIZE(event->words)][40];
	const char *argv[5 + RX_ARRAY_SIZE(event->words)] = {"/proc/self/exe", "impair", operand};
	rx_autoprocess ours = {.argv = argv, .seconds = IMPAIR_WAIT, .grace = IMPAIR_WAIT};

	if (step == RX_EVENT_UNDO) {
		argv[3] = "--clear";
	} else if (step == RX_EVENT_PREPARE) {
		argv[3] = "--rate";
		argv[4] = WITHOUT_LIMIT;
	}
	for (unsigned i = 0; step == RX_EVENT_DO && i < event->n_words; i++) {
		snprintf(options[i], sizeof(options[i]), "%s%s", i % 2 ? "" : "--",
			 event->words[i]);
		argv[3 + i] = options[i];
	}
	return rx_process_run(&ours, err) ? rx_wrap(err, "--at: %s", event->text) : 0;
}
