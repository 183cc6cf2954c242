/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/boundary.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/netem.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/lock.h"
#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/lab/steps.h"
#include "tools/report/table.h"

struct options {
	const char *delay, *jitter, *loss, *duplicate, *reorder, *corrupt, *rate, *format;
	bool clear, show;
	struct rx_impair wanted; /* prepare() makes it of the texts above */
};

/* Those of an impairment first: they take text. */
static const struct rx_option options[] = {
	RX_STRING("delay", 0, delay, "T", "delay what is sent, e.g. 2ms"),
	RX_STRING("jitter", 0, jitter, "T", "and vary the delay by so much"),
	RX_STRING("loss", 0, loss, "P", "lose so many packets, e.g. 1%"),
	RX_STRING("duplicate", 0, duplicate, "P", "send so many packets twice"),
	RX_STRING("reorder", 0, reorder, "P",
		  "send so many packets at once, past the delayed ones"),
	RX_STRING("corrupt", 0, corrupt, "P", "change a bit in so many packets"),
	RX_STRING("rate", 0, rate, "R", "send no faster, e.g. 100mbit"),
	RX_FLAG("clear", 0, clear, "take the impairment away"),
	RX_FLAG("show", 0, show, "what is impaired, and what the kernel counted"),
	RX_FORMAT("table|json", "how to print it"),
	{NULL},
};

static int parse_wanted(struct options *o, struct rx_err *err)
{
	const struct {
		const char *key, *value;
	} given[] = {{"delay", o->delay},     {"jitter", o->jitter},
		     {"loss", o->loss},       {"duplicate", o->duplicate},
		     {"reorder", o->reorder}, {"corrupt", o->corrupt},
		     {"rate", o->rate}};

	for (size_t i = 0; i < RX_ARRAY_SIZE(given); i++)
		if (given[i].value &&
		    rx_impair_parse(given[i].key, given[i].value, &o->wanted, err))
			return rx_wrap(err, "--%s", given[i].key);
	return rx_impair_judge(&o->wanted, "impair", err);
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	bool any;

	if (parse_wanted(o, err))
		return -err->code;
	any = rx_impair_any(&o->wanted);
	if (any + o->clear + o->show != 1)
		return rx_usage(err, "operand-missing",
				"impair: give an impairment such as --loss 1%%, or --clear, or "
				"--show");
	if (!o->show && !strchr(inv->operands[0], '/'))
		return rx_usage(err, "endpoint-name",
				"impair: \"%s\" names no endpoint or network; write LAB/ENDPOINT, "
				"LAB/NETWORK or LAB/ROUTER:NETWORK",
				inv->operands[0]);
	return 0;
}

/* One netdev that the operand names. */
struct target {
	const struct rx_node_view *node;
	const struct rx_iface_view *iface;
};

static int find_targets(const struct rx_view *view, const char *what, struct target **list,
			size_t *n, struct rx_err *err)
{
	struct target at = {NULL, NULL};

	*list = NULL;
	*n = 0;
	while (rx_view_next(view, &at.node, &at.iface))
		if (rx_view_is_named(what, at.node, at.iface))
			*(struct target *)rx_array_add(list, n, sizeof(**list)) = at;
	if (*n)
		return 0;
	return rx_fail(err, "endpoint-unknown", ENOENT,
		       "lab %s has no endpoint, router or network \"%s\"; \"rxelab inspect %s "
		       "--json\" shows them",
		       view->lab.name, what, view->lab.name);
}

/* The ledger knows of it before the kernel does; the qdisc goes with its netdev, so it has no undo
 * of its own. */
static int change_one(struct rx_ledger *ledger, const struct target *target,
		      const struct options *o, struct rx_err *err)
{
	struct rx_op op = {.kind = RX_OP_QDISC, .impair = o->wanted};
	const char *netns, *netdev = rx_view_wire(target->node, target->iface, &netns);
	struct rx_nl route;
	size_t id;
	int rc;

	snprintf(op.name, sizeof(op.name), "%s", netdev);
	snprintf(op.netns, sizeof(op.netns), "%s", netns);
	if (rx_nl_open(&route, NETLINK_ROUTE, netns, err))
		return -err->code;
	rx_boundary("before intent: qdisc");
	rc = rx_ledger_intent(ledger, &op, &id, err);
	rx_boundary("after intent: qdisc");
	if (!rc && o->clear)
		rc = rx_netem_clear(&route, target->iface->ifindex, op.name, err);
	else if (!rc)
		rc = rx_netem_set(&route, target->iface->ifindex, op.name, &o->wanted, err);
	rx_nl_close(&route);
	rx_boundary("before done: qdisc");
	if (!rc)
		rc = rx_ledger_done(ledger, id, &op, err);
	rx_boundary("after done: qdisc");
	return rc ? rx_wrap(err, "endpoint \"%s\"", target->node->want->name) : 0;
}

static int change(const struct rx_view *view, const struct target *list, size_t n,
		  const struct options *o, struct rx_err *err)
{
	int lock = rx_lock(view->lab.name, 60, NULL, err), rc;
	struct rx_ledger ledger;
	size_t i;

	if (lock < 0)
		return lock;
	/* first: a down may have had the lock, and the lab be gone */
	rc = rx_ledger_open(view->lab.name, true, &ledger, err);
	if (!rc) {
		rc = rx_lab_need_module("sch_netem", err);
		for (i = 0; i < n && !rc; i++)
			rc = change_one(&ledger, &list[i], o, err);
		rx_ledger_close(&ledger);
	}
	rx_unlock(view->lab.name, lock, rc == -ENOENT && !strcmp(err->id, "lab-unknown"));
	return rc;
}

static bool read_netem(const struct target *target, struct rx_netem_info *info)
{
	rx_autofree struct rx_netem_info *list = NULL;
	struct rx_err ignored;
	struct rx_nl route;
	const char *netns;
	size_t n = 0, i;
	bool found = false;

	rx_view_wire(target->node, target->iface, &netns);
	if (rx_nl_open(&route, NETLINK_ROUTE, netns, &ignored))
		return false;
	rx_netem_list(&route, &list, &n, &ignored);
	rx_nl_close(&route);
	for (i = 0; i < n && !found; i++) {
		found = list[i].ifindex == target->iface->ifindex;
		if (found)
			*info = list[i];
	}
	return found;
}

static const char *netdev_of(const struct target *target)
{
	const char *netns;

	return rx_view_wire(target->node, target->iface, &netns);
}

static json_t *target_json(const struct target *target, const struct rx_netem_info *info)
{
	char text[128];

	rx_impair_text(&info->impair, text, sizeof(text));
	return json_pack("{s:s,s:o,s:s,s:s,s:{s:I,s:I,s:f,s:f,s:f,s:f,s:I},s:I,s:I,s:I,s:I,s:I}",
			 "node", target->node->want->name, "network",
			 rx_json_string(target->iface->network), "netdev", netdev_of(target),
			 "text", text, "impair", "delay_us", (json_int_t)info->impair.delay_us,
			 "jitter_us", (json_int_t)info->impair.jitter_us, "loss", info->impair.loss,
			 "duplicate", info->impair.duplicate, "reorder", info->impair.reorder,
			 "corrupt", info->impair.corrupt, "rate_bps",
			 (json_int_t)info->impair.rate_bps, "limit", (json_int_t)info->limit,
			 "bytes", (json_int_t)info->bytes, "packets", (json_int_t)info->packets,
			 "dropped", (json_int_t)info->dropped, "backlog",
			 (json_int_t)info->backlog);
}

static void target_row(struct rx_table *table, const struct target *target,
		       const struct rx_netem_info *info)
{
	char text[128], packets[32], dropped[16], backlog[16];

	snprintf(packets, sizeof(packets), "%llu", (unsigned long long)info->packets);
	snprintf(dropped, sizeof(dropped), "%u", info->dropped);
	snprintf(backlog, sizeof(backlog), "%u", info->backlog);
	rx_table_row(table, (const char *[]){target->node->want->name, target->iface->network,
					     netdev_of(target),
					     rx_impair_text(&info->impair, text, sizeof(text)),
					     packets, dropped, backlog});
}

static void show(const struct target *list, size_t n, bool json)
{
	struct rx_table *table = json ? NULL
				      : rx_table_new(7, (const char *const[]){"node", "network",
									      "netdev",
									      "impairment", "sent",
									      "dropped", "held"});
	json_t *items = json ? json_array() : NULL;
	struct rx_netem_info info;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!read_netem(&list[i], &info))
			continue;
		if (json)
			json_array_append_new(items, target_json(&list[i], &info));
		else
			target_row(table, &list[i], &info);
	}
	if (json)
		rx_json_print(json_pack("{s:o}", "impairments", items), stdout);
	else
		rx_table_print(table, stdout);
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	const char *operand = inv->operands[0], *slash = strchr(operand, '/');
	struct target *list = NULL;
	struct rx_view view;
	char lab[64];
	size_t n;
	int rc;

	snprintf(lab, sizeof(lab), "%.*s", (int)strcspn(operand, "/"), operand);
	if (rx_view_open(lab, &view, err))
		return -err->code;
	rc = find_targets(&view, slash ? slash + 1 : "", &list, &n, err);
	if (!rc && o->show)
		show(list, n, o->format && !strcmp(o->format, "json"));
	else if (!rc)
		rc = change(&view, list, n, o, err);
	free(list);
	rx_view_close(&view);
	return rc;
}

const struct rx_command rx_command_impair = {
	.name = "impair",
	.synopsis = "NAME/ENDPOINT [OPTION...]\nNAME/NETWORK [OPTION...]\n"
		    "NAME/ROUTER:NETWORK [OPTION...]\nNAME --show",
	.summary = "delay, lose, duplicate, reorder, corrupt or slow down what endpoints send",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE | RX_DROPS_REST,
	.prepare = prepare,
	.run = run,
};
