/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the layer costs. Small labs of each kind stand beside the lab, on its parent, and are
 * measured in turn, so that a drift of the machine hits all of them. They are made and taken down
 * by this program's own up and down. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/bench/measure.h"
#include "tools/cli/output.h"

#define COMMAND_WAIT 120.0 /* seconds; then as many for its way back */

struct kind {
	const char *link; /* what the record says */
	const char *lab;  /* its name; NULL: the lab itself, the first endpoint with itself */
	const char *yaml; /* %s: the parent's line */
};

static const struct kind kinds[] = {
	{"one RXE, both ends", NULL, NULL},
	{"macvlan", "cmp-macvlan",
	 "name: cmp-macvlan\n%slink: macvlan\nsubnet: 10.241.1.0/24\n"
	 "endpoints: {count: 2}\n"},
	/* a bridge of our own: macvlans sit on the parent, which then cannot be a bridge's port,
	 * and between siblings no frame touches it */
	{"veth + bridge", "cmp-veth",
	 "name: cmp-veth\nparent: none\nlink: veth\n"
	 "subnet: 10.241.2.0/24\nendpoints: {count: 2}\n"},
	{"VLAN", "cmp-vlan",
	 "name: cmp-vlan\n%svlan: 3911\nsubnet: 10.241.3.0/24\n"
	 "endpoints: {count: 2}\n"},
	{"router", "cmp-router",
	 "name: cmp-router\n%snetworks:\n  left: {subnet: 10.241.4.0/24}\n"
	 "  right: {subnet: 10.241.5.0/24}\n"
	 "routers:\n  - {name: r, networks: [left, right]}\nendpoints:\n"
	 "  - {name: a, network: left}\n"
	 "  - {name: b, network: right}\n"},
};

#define STAGES RX_ARRAY_SIZE(kinds)

/* One of them, made. */
struct stage {
	const char *link, *lab;
	bool up;
	struct rx_view view;
	struct rx_fabric fabric;
};

/* Run this program with two words; its output is kept for the detail of a stage that cannot be. */
static int command(const char *name, const char *operand, char *said, size_t size)
{
	const char *const argv[] = {"/proc/self/exe", name, operand, NULL};
	rx_autoprocess ours = {.argv = argv, .seconds = COMMAND_WAIT, .grace = COMMAND_WAIT};
	struct rx_err err;
	int rc = rx_process_run(&ours, &err);

	snprintf(said, size, "%s", *ours.output ? ours.output : rc ? err.text : "");
	return rc;
}

static int raise_stage(struct stage *stage, const struct kind *kind, const struct rx_bench *bench,
		       char *why, size_t size)
{
	rx_autoclose int file = memfd_create("lab", 0);
	char parent[64], text[512], path[32];
	struct rx_err err;

	stage->link = kind->link;
	stage->lab = kind->lab;
	if (!stage->lab) {
		stage->view = *bench->view;
		stage->fabric = bench->fabric;
		stage->up = true;
		return 0;
	}
	snprintf(parent, sizeof(parent), "parent: %s\n",
		 bench->view->lab.parent[0] ? bench->view->lab.parent : "none");
	snprintf(text, sizeof(text), kind->yaml, parent);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text)) {
		snprintf(why, size, "its lab file could not be written: %s", strerror(errno));
		return -1;
	}
	if (command("up", path, why, size))
		return -1;
	stage->up = true;
	if (rx_view_open_to(stage->lab, RX_VIEW_WITHOUT_GIDS, &stage->view, &err)) {
		snprintf(why, size, "%s", err.text);
		return -1;
	}
	rx_fabric_open(&stage->view, &stage->fabric);
	return 0;
}

static void lower_stage(struct stage *stage)
{
	char said[256];

	if (!stage->lab || !stage->up)
		return;
	rx_fabric_close(&stage->fabric);
	rx_view_close(&stage->view);
	if (command("down", stage->lab, said, sizeof(said)))
		rx_warn("lab %s, made for the comparison, could not be taken down; try: rxelab "
			"down %s",
			stage->lab, stage->lab);
	stage->up = false;
}

static void cannot(struct rx_bench *bench, const struct stage *stage, const char *why)
{
	struct rx_bench_record *record = rx_bench_add(bench);

	record->test = &rx_bench_tests[0];
	while (record->test->verb != RX_VERB_WRITE)
		record->test++;
	record->size = bench->p.sizes[0];
	record->repeat = 1;
	record->to = 1;
	record->link = stage->link;
	record->status = "skip";
	rx_bench_detail(record, "it could not be made: %s", why);
}

static void measure(struct rx_bench *bench, struct stage *stage, const struct rx_bench_test *test,
		    uint32_t size, unsigned repeat)
{
	struct rx_flow *flow;

	/* TCP within one endpoint is lo, which is no link */
	if (!stage->up || (!stage->lab && test->verb == RX_VERB_TCP))
		return;
	rx_progress("bench %s: %s over %s, repeat %u", bench->view->lab.name, test->name,
		    stage->link, repeat);
	flow = rx_flow_new(bench, &stage->fabric, test, 0, stage->lab ? 1 : 0, size);
	flow->link = stage->link;
	rx_flows_run(bench, &flow, 1, repeat);
	rx_flow_free(flow);
}

/* Disjoint pairs of the lab itself: the first with the second, the third with the fourth, ... */
static void crowd(struct rx_bench *bench, unsigned pairs, unsigned repeat)
{
	char *name = bench->crowd[pairs];
	struct rx_flow *flow[RX_BENCH_CROWD + 1];
	unsigned test, i;

	snprintf(name, sizeof(bench->crowd[0]), pairs == 1 ? "1 pair" : "%u pairs at once", pairs);
	for (test = 0; test < rx_n_bench_tests; test++) {
		if (!bench->p.selected[test] || rx_bench_tests[test].figure != RX_BANDWIDTH)
			continue;
		rx_progress("bench %s: %s, %u pairs at once", bench->view->lab.name,
			    rx_bench_tests[test].name, pairs);
		for (i = 0; i < pairs; i++) {
			flow[i] = rx_flow_new(bench, &bench->fabric, &rx_bench_tests[test], 2 * i,
					      2 * i + 1, bench->p.sizes[bench->p.n_sizes - 1]);
			flow[i]->link = name;
			flow[i]->slot = i;
		}
		rx_flows_run(bench, flow, pairs, repeat);
		for (i = 0; i < pairs; i++)
			rx_flow_free(flow[i]);
	}
}

static void interleave(struct rx_bench *bench, struct stage stages[STAGES])
{
	unsigned pairs = (unsigned)bench->view->n_endpoints / 2, repeat, size, test, stage, n;

	for (repeat = 1; repeat <= bench->p.repeats; repeat++) {
		for (size = 0; size < bench->p.n_sizes; size++)
			for (test = 0; test < rx_n_bench_tests; test++)
				for (stage = 0; stage < STAGES; stage++)
					if (bench->p.selected[test] && !rx_bench_stopped(bench))
						measure(bench, &stages[stage],
							&rx_bench_tests[test], bench->p.sizes[size],
							repeat);
		for (n = 1; n <= pairs && n <= RX_BENCH_CROWD && !rx_bench_stopped(bench); n++)
			crowd(bench, n, repeat);
	}
}

int rx_bench_links(struct rx_bench *bench)
{
	struct stage *stages = rx_alloc(STAGES, sizeof(*stages));
	char why[512];
	unsigned i;

	for (i = 0; i < STAGES && !rx_bench_stopped(bench); i++) {
		rx_progress("bench %s: making %s", bench->view->lab.name, kinds[i].link);
		if (raise_stage(&stages[i], &kinds[i], bench, why, sizeof(why))) {
			cannot(bench, &stages[i], why);
			lower_stage(&stages[i]);
		}
	}
	interleave(bench, stages);
	for (i = 0; i < STAGES; i++)
		lower_stage(&stages[i]);
	free(stages);
	return 0;
}
