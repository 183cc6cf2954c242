/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cycles [-v] [-n N] [-l SECONDS] [-p PARTS] PARENT: N times two namespaces with a macvlan on
 * PARENT and an RXE device, moved in unless born there, traffic, and deletion in every order, as
 * TAP. PARTS: of "move,traffic,cm", those that this module can (all). One program, since a cycle by
 * ip(8), rdma(8) and rping takes fifteen times as long under emulation.
 *
 * A cycle goes on only when everything of the one before is gone. Every third time the users of the
 * devices (contexts, QPs, mappings) stay until after the deletion; every fourth time the devices
 * move out and in again before the traffic. */
#include <string.h>
#include <net/if.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tests/module/cycles/cycles.h"
#include "tools/cli/output.h"

#define LOOK_EVERY 25u
#define ENOUGH 10u      /* cycles that failed: the rest would tell no more */

enum stage { MAKING, TALKING, DELETING, GOING, STAGES };
static const char *const stage_names[STAGES] = {"making", "traffic", "deleting",
						"until all was gone"};

struct run {
	struct lab lab;
	struct parts parts;
	unsigned cycles;
	double limit;
	unsigned left, without_qp1, without_traffic;   /* cycles */
	unsigned long taint;
	unsigned long long namespaces;
	struct memory *memory;
	bool verbose;
	double seconds[STAGES], began;
};

/* Orders of deleting one endpoint (end_delete). The namespace takes whatever is left in it. */
static const char *const orders[] = {"LDN", "DN", "N", "LN", "HLDN", "HDN", "HN"};
#define ORDERS RX_ARRAY_SIZE(orders)
#define ORDERS_WITHOUT_MOVE 4
#define LONGEST 4       /* steps */

static void complain(unsigned cycle, const char *what, const struct rx_err *err)
{
	printf("# cycle %u: %s: %s\n", cycle, what, err->text);
}

static unsigned long taint(void)
{
	rx_autofile FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long bits = 0;

	return file && fscanf(file, "%lu", &bits) == 1 ? bits : 0;
}

static bool make_both(struct run *run, unsigned cycle)
{
	struct rx_err err;
	unsigned end;

	for (end = 0; end < 2; end++)
		if (end_make(&run->lab, end, &run->parts, &err)) {
			complain(cycle, "making", &err);
			return false;
		}
	for (end = 0; end < 2 && run->parts.move && cycle % 4 == 3; end++)
		if (end_trip(&run->lab, end, &err)) {
			complain(cycle, "moving out and in", &err);
			return false;
		}
	return true;
}

static bool both_have_qp1(struct run *run, unsigned cycle)
{
	struct rx_err err = {.text = "it is not there"};
	unsigned end;

	for (end = 0; end < 2; end++)
		if (end_has_qp1(&run->lab, end, &err) != 1) {
			complain(cycle, "QP1", &err);
			return false;
		}
	return true;
}

/* One step of order; whatever it ends with, the later ones are tried, too. */
static bool delete_step(struct run *run, unsigned cycle, unsigned end, const char *order,
			size_t step)
{
	struct rx_err err;

	if (step >= strlen(order) || !end_delete(&run->lab, end, order[step], &err))
		return true;
	complain(cycle, order, &err);
	return false;
}

/* The second endpoint's order is another one in every round of all orders. Odd cycles: the second
 * endpoint first, and whole; even ones: step by step in turn. */
static bool delete_both(struct run *run, unsigned cycle)
{
	const unsigned n = run->parts.move ? ORDERS : ORDERS_WITHOUT_MOVE;
	const char *order[2] = {orders[cycle % n], orders[(cycle + cycle / n) % n]};
	bool good = true;
	size_t i;

	for (i = 0; i < 2 * LONGEST; i++) {
		unsigned end = cycle % 2 ? i < LONGEST : i % 2;
		size_t step = cycle % 2 ? i % LONGEST : i / 2;

		good &= delete_step(run, cycle, end, order[end], step);
	}
	return good;
}

/* After a failure: whatever was made so far goes with its namespace. */
static void delete_rest(struct run *run)
{
	struct rx_err ignored;
	unsigned end;

	for (end = 0; end < 2; end++)
		end_delete(&run->lab, end, 'N', &ignored);
}

/* A namespace whose last reference went late is still there when both of this cycle have gone; the
 * next death frees it. */
static bool wait_gone(const struct run *run, unsigned cycle)
{
	double began = rx_now(), next_death = began + 2;
	const char *left;

	while ((left = ends_left(run->namespaces))) {
		if (rx_now() > began + (strstr(left, "namespace") ? LONG_PATIENCE : PATIENCE)) {
			printf("# cycle %u: left: %s (%llu namespaces)\n", cycle, left,
			       live_namespaces());
			return false;
		}
		if (rx_now() > next_death) {
			namespace_dies();
			next_death += 2;
		}
		rx_wait_ms(20);
	}
	return true;
}

static void stage_done(struct run *run, unsigned cycle, enum stage stage)
{
	double now = rx_now(), took = now - run->began;

	run->began = now;
	run->seconds[stage] += took;
	if (run->verbose)
		printf("# cycle %u: %s %.2f s\n", cycle, stage_names[stage], took);
}

/* The users end before the devices go, or (late) after. */
static void one_cycle(struct run *run, unsigned cycle)
{
	bool late = cycle % 3 == 2, good, open = false;
	struct users users;
	struct rx_err err;

	run->began = rx_now();
	lab_name_devices(&run->lab, cycle);
	good = make_both(run, cycle);
	stage_done(run, cycle, MAKING);
	if (good && run->parts.cm && !both_have_qp1(run, cycle))
		run->without_qp1++;
	if (good && run->parts.traffic) {
		users_begin(&users, &run->lab);
		open = true;
		if (users_talk(&users, &run->parts, cycle, &err)) {
			complain(cycle, "traffic", &err);
			run->without_traffic++;
		}
	}
	if (open && !late)
		users_end(&users);
	stage_done(run, cycle, TALKING);
	if (good)
		good = delete_both(run, cycle);
	if (!good)
		delete_rest(run);
	if (open && late)
		users_end(&users);
	stage_done(run, cycle, DELETING);
	run->left += !(wait_gone(run, cycle) && good);
	stage_done(run, cycle, GOING);
}

static bool goes_on(const struct run *run, unsigned cycle, double began)
{
	if (run->left + run->without_qp1 + run->without_traffic > ENOUGH) {
		printf("# given up after cycle %u\n", cycle);
		return false;
	}
	if (taint() != run->taint) {
		printf("# cycle %u: the kernel is tainted %lu instead of %lu\n", cycle, taint(),
		       run->taint);
		return false;
	}
	if (rx_now() - began > run->limit) {
		printf("# the limit of %.0f s passed after %u cycles\n", run->limit, cycle);
		return false;
	}
	return true;
}

static void verdict(const char *what, unsigned cycles, bool good)
{
	printf("%s %u cycles: %s\n", good ? "ok" : "not ok", cycles, what);
}

/* Cycle 0 does not count: it allocates what is allocated once. */
static int run_all(struct run *run)
{
	unsigned cycle = 0, done = 0;
	double began = rx_now();
	bool good, stay;

	do {
		one_cycle(run, cycle);
		if (!cycle)
			began = rx_now();
		done = cycle;
		memory_cycle(run->memory, cycle);
		if (cycle % LOOK_EVERY == 0 || cycle == run->cycles) {
			memory_look(run->memory, cycle);
			print_objects();
		}
	} while (goes_on(run, cycle, began) && cycle++ < run->cycles);
	printf("# %u cycles in %.0f s\n", done, rx_now() - began);
	printf("# seconds a cycle:");
	for (int stage = 0; stage < STAGES; stage++)
		printf(" %s %.2f", stage_names[stage], run->seconds[stage] / (done + 1));
	printf("\n");
	memory_report(run->memory, done);
	verdict("all made and gone", done, !run->left);
	stay = namespaces_stay(run->namespaces);
	printf("# network namespaces %llu before, %llu after, the last of which goes with the "
	       "next\n",
	       run->namespaces, live_namespaces());
	print_objects();
	verdict("no namespace stays", done, !stay);
	if (run->parts.cm)
		verdict("QP1 each time", done, !run->without_qp1);
	if (run->parts.traffic)
		verdict(run->parts.cm ? "RC and rdma_cm each time" : "RC each time", done,
			!run->without_traffic);
	good = !run->left && !stay && !run->without_qp1 && !run->without_traffic &&
	       taint() == run->taint;
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct run run = {.parts = {true, true, true}, .cycles = 100, .limit = 86400};
	unsigned parent;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* a device that is gone refuses to destroy what was made on it: libibverbs shall unmap and
	 * free it all the same */
	setenv("RDMAV_ALLOW_DISASSOCIATE_DESTROY", "1", 1);
	while ((option = getopt(argc, argv, "vn:l:p:")) != -1) {
		if (option == 'n')
			run.cycles = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'l')
			run.limit = strtod(optarg, NULL);
		else if (option == 'p')
			run.parts = (struct parts){strstr(optarg, "move"),
						   strstr(optarg, "traffic"), strstr(optarg, "cm")};
		else if (option == 'v')
			run.verbose = true;
		else
			optind = argc;
	}
	parent = optind + 1 == argc ? if_nametoindex(argv[optind]) : 0;
	if (!parent) {
		fprintf(stderr,
			"usage: cycles [-v] [-n N] [-l SECONDS] [-p move,traffic,cm] PARENT\n");
		return 2;
	}
	lab_fill(&run.lab, parent);
	run.taint = taint();
	run.namespaces = live_namespaces();
	run.memory = memory_new(run.cycles);
	return run_all(&run);
}
