/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "netns/ledger/ledger.h"
#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/lab/up.h"
#include "tools/lab/view-output.h"

struct options {
	struct rx_lab_spec spec;
	bool dry_run, replace;
	const char *format, *host;
	double timeout;
};

/* The lab is judged before the machine is looked at, so it lives from prepare() to run(). */
static struct rx_lab lab;
static const char *dry_run_format;

static const struct rx_option options[] = {
#define SPEC(name_, member, argument_, help_) \
	{name_, 0, RX_OPT_STRING, offsetof(struct options, spec.member), argument_, NULL, help_}
	SPEC("name", name, "NAME", "name of the lab"),
	SPEC("parent", parent, "IF",
	     "the network card, or a bond, VLAN or bridge; none: a private bridge"),
	SPEC("count", count, "K", "number of endpoints, ep1 to epK"),
	SPEC("link", link, "macvlan|veth", "how an endpoint hangs on the parent (default macvlan)"),
	SPEC("bridge", bridge, "BR",
	     "a bridge that exists, for --link veth or instead of a parent"),
	SPEC("vlan", vlan, "ID", "put the endpoints on this VLAN of the parent"),
	SPEC("subnet", subnet, "CIDR", "IPv4 subnet (default 10.77.0.0/24, grown to fit)"),
	SPEC("subnet6", subnet6, "CIDR", "IPv6 subnet, e.g. fd77::/64"),
	SPEC("mtu", mtu, "M", "MTU of the endpoints' netdevs, in bytes (default: the parent's)"),
	{"raise-parent-mtu", 0, RX_OPT_FLAG, offsetof(struct options, spec.raise_parent_mtu), NULL,
	 NULL, "raise the parent's MTU where it is smaller, and put it back"},
	SPEC("topology", topology, "flat|ring|dumbbell|leaf-spine:L,S", "a ready shape"),
	SPEC("plane", plane, "auto|netns|hosted",
	     "how endpoints carry traffic (default auto: found by probing)"),
	SPEC("control", control, "netns|none",
	     "hosted plane: a control namespace for each endpoint, or none"),
	SPEC("rdma-netns", rdma_netns, "auto|shared|exclusive", "RDMA namespace mode"),
	{"expedite", 0, RX_OPT_FLAG, offsetof(struct options, spec.expedite), NULL, NULL,
	 "set the host-wide rcu_expedited for the time of this command"},
	{"host", 0, RX_OPT_STRING, offsetof(struct options, host), "I/N", NULL,
	 "make this host's share of a lab on N hosts: endpoint k belongs to host (k-1) mod N + 1"},
	{"dry-run", 'n', RX_OPT_FLAG, offsetof(struct options, dry_run), NULL, NULL,
	 "print the operations and make nothing; --format yaml prints the lab file"},
	{"replace", 0, RX_OPT_FLAG, offsetof(struct options, replace), NULL, NULL,
	 "take down a lab of this name first"},
	{"timeout", 't', RX_OPT_SECONDS, offsetof(struct options, timeout), "S", NULL,
	 "give up, undo everything and exit 124 after S seconds"},
	{"format", 0, RX_OPT_CHOICE, offsetof(struct options, format), NULL, "table|json|text|yaml",
	 "table or json; with --dry-run text, json or yaml"},
	RX_OPTION_JSON(struct options, format),
	{NULL},
};

static bool any_spec(const struct rx_lab_spec *spec)
{
	static const struct rx_lab_spec none;

	return memcmp(spec, &none, sizeof(none));
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	const char *format = o->format ? o->format : o->dry_run ? "text" : "table";
	int rc;

	dry_run_format = format;
	if (o->dry_run != (!strcmp(format, "text") || !strcmp(format, "yaml")) &&
	    strcmp(format, "json"))
		return rx_usage(err, "up: --format %s %s --dry-run", format,
				o->dry_run ? "does not go with" : "needs");
	if (inv->n_operands && any_spec(&o->spec))
		return rx_usage(err,
				"up: give a lab file or options that describe the lab, not both");
	if (!inv->n_operands && !any_spec(&o->spec))
		return rx_usage(err,
				"up: which lab? give a lab file, or --name, --parent and --count");
	rc = inv->n_operands ? rx_lab_parse_file(inv->operands[0], &lab, err)
			     : rx_lab_from_spec(&o->spec, &lab, err);
	if (!rc && o->host)
		rc = rx_lab_set_host(o->host, &lab, err);
	return rc ? rc : rx_lab_complete(&lab, err);
}

static int show_json(const struct rx_lab *shown, const struct rx_plan *plan)
{
	json_t *ops = json_array(), *json;
	size_t i;

	for (i = 0; i < plan->n; i++)
		json_array_append_new(ops, rx_op_to_json(&plan->ops[i]));
	json = json_pack("{s:s,s:s,s:s,s:s,s:I,s:o}", "lab", shown->name, "plane",
			 rx_plane_name(plan->plane), "plane_reason", plan->plane_reason,
			 "rdma_netns", rx_rdma_mode_name(plan->rdma_mode), "memory_bytes",
			 (json_int_t)plan->memory, "operations", ops);
	return rx_json_print(json, stdout);
}

static int show_plan(const struct rx_lab *shown, const struct rx_plan *plan)
{
	char text[400];
	size_t i;

	if (!strcmp(dry_run_format, "json"))
		return show_json(shown, plan);
	printf("# lab %s: plane %s (%s)\n# RDMA namespace mode %s (%s), about %.0f MiB\n",
	       shown->name, rx_plane_name(plan->plane), plan->plane_reason,
	       rx_rdma_mode_name(plan->rdma_mode), plan->rdma_reason,
	       (double)plan->memory / (1 << 20));
	for (i = 0; i < plan->n; i++)
		printf("%s\n", rx_op_text(&plan->ops[i], text, sizeof(text)));
	return 0;
}

static int print_failure(const struct rx_err *err)
{
	return rx_json_print(json_pack("{s:s,s:s,s:s}", "lab", lab.name, "status", "fail", "error",
				       err->text),
			     stdout);
}

static int run_up(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	bool json = o->format && !strcmp(o->format, "json");
	struct rx_view view;
	struct rx_up_request request = {.lab = &lab,
					.replace = o->replace,
					.dry_run = o->dry_run,
					.timeout = o->timeout,
					.show = show_plan,
					.view = &view};
	bool drifts;

	if (o->dry_run && !strcmp(dry_run_format, "yaml"))
		/* follows from the words alone; any machine will do */
		return rx_lab_write(&lab, stdout);
	if (rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE | RX_DROPS_REST, "up", err) ||
	    rx_lab_up(&request, err)) {
		if (json)
			print_failure(err);
		return -err->code;
	}
	if (o->dry_run)
		return RX_OK;
	drifts = rx_view_drifts(&view);
	if (json)
		rx_json_print(rx_view_json(&view), stdout);
	else
		rx_view_table(&view, stdout);
	rx_view_close(&view);
	if (drifts)
		return rx_fail(err, EIO,
			       "lab %s is up, but differs from what was asked for (above); rxelab "
			       "recreate %s",
			       lab.name, lab.name);
	return RX_OK;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	int rc = run_up(inv, err);

	rx_lab_free(&lab);
	return rc;
}

const struct rx_command rx_command_up = {
	.name = "up",
	.synopsis = "LAB.yaml [OPTION...]\n--name NAME --parent IF --count K [OPTION...]",
	.summary = "make a lab of independent RDMA endpoints on one network card",
	.description = "Makes the lab that a file or the options describe: for each endpoint a "
		       "network namespace, a netdev on the\n"
		       "parent and an RXE device of its own. Whatever fails half-way is undone. On "
		       "a lab that is up from the same\n"
		       "file, up makes what is missing; from another file it says what differs "
		       "(see --replace).\n\n"
		       "The plane is found by trying: netns where the kernel's RXE carries traffic "
		       "inside a namespace (7.1 and\n"
		       "later, or with the rebuilt module), else hosted, where netdev and RXE stay "
		       "in init_net.",
	.examples = "rxelab up --name quad --parent eth0 --count 4\tfour endpoints on eth0\n"
		    "rxelab up lab.yaml --dry-run\tthe operations, nothing made\n"
		    "rxelab up --name q --parent none --count 2\ton a private bridge, no network "
		    "card needed",
	.options = options,
	.options_size = sizeof(struct options),
	.max_operands = 1,
	.prepare = prepare,
	.run = run,
};
